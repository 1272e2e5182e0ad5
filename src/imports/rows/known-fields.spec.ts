import { fieldComparer } from './known-fields.js';

const compare = fieldComparer({ expected: ['a', 'b'], others: ['c'] });

describe('The fields of a row', () => {
  it('are as known, also where they are null or left out on purpose', () => {
    expect(compare({ a: null, b: 1 })).toEqual({});
    expect(compare({ a: 1, b: 1, c: 1 })).toEqual({});
  });

  it('are named where they are new, and where they are gone', () => {
    expect(compare({ a: 1, d: 1 })).toEqual({ unknown: ['d'], missing: ['b'] });
  });

  it('are named in part where there are very many, or very long names', () => {
    const row = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`${n}`.padEnd(5_000, '_'), n]));
    const { unknown } = compare(row);
    expect(unknown).toHaveLength(20);
    expect(Math.max(...unknown!.map((name) => name.length))).toBe(60);
  });
});
