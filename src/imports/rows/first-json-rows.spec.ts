import { firstJsonRows } from './first-json-rows.js';

const firstOf = (text: string) => firstJsonRows(text).next().value;

describe('The first rows of a file of which only the beginning is known', () => {
  it('are those of an array, however it is printed and wherever the beginning ends', () => {
    const rows = [{ a: '[{"\\' }, { b: [1] }];
    for (const space of [undefined, 2, '\t']) {
      const text = JSON.stringify(rows, null, space);
      expect([...firstJsonRows(text)].map((row) => 'value' in row && row.value)).toEqual(rows);
      expect(firstOf(text.slice(0, -3))).toEqual({ value: rows[0], list: undefined });
    }
  });

  it('are those of the lists in an object, by their names', () => {
    expect([...firstJsonRows('{"v":1,"x":[],"y":["z",{"a":1}],"u')]).toEqual([
      { value: 'z', list: 'y' },
      { value: { a: 1 }, list: 'y' },
    ]);
  });

  it.each(['', '[]', '{}', '[{"a":1', 'a,b\n1,2', '\0[{}]', '5', '"[{}]"', '<html>', '[nonsense', '[', '{"a":[{'])(
    'are none in %j',
    (text) => {
      expect([...firstJsonRows(text)]).toEqual([]);
    },
  );

  it('are known though the text breaks off later', () => {
    expect(firstOf(`[{"a":1}${' '.repeat(600)}nonsense`)).toEqual({ value: { a: 1 }, list: undefined });
  });
});
