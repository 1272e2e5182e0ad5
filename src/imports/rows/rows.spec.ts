import fc from 'fast-check';
import { csvRows, jsonLines, jsonRows, type Row } from './rows.js';

async function* textOf(text: string, cuts: readonly number[] = []): AsyncGenerator<string> {
  let at = 0;
  for (const cut of [...cuts].map((each) => each % (text.length + 1)).sort((one, other) => one - other)) {
    yield text.slice(at, cut);
    at = cut;
  }
  yield text.slice(at);
}

/** A text of many pieces, made while it is read. */
async function* many(first: string, piece: string, times: number, last = ''): AsyncGenerator<string> {
  yield first;
  for (let index = 0; index < times; index += 1) yield piece;
  yield last;
}

async function rowsOf<Value>(rows: AsyncIterable<Row<Value>>): Promise<Row<Value>[]> {
  const all = [];
  for await (const row of rows) all.push(row);
  return all;
}

const json = (text: string, cuts?: readonly number[]) => rowsOf(jsonRows(textOf(text, cuts)));
const lines = (text: string, cuts?: readonly number[]) => rowsOf(jsonLines(textOf(text, cuts)));
const csv = (text: string, cuts?: readonly number[]) => rowsOf(csvRows(textOf(text, cuts)));

const values = (rows: readonly Row[]) => rows.map((row) => ('value' in row ? row.value : row.unread));
const cells = async (text: string) =>
  (await csv(text)).map((row) => ('value' in row ? row.value.cells.join('|') : row.unread));

/** An object in an object in an object … */
const nested = (levels: number) => '{"a":'.repeat(levels - 1) + '{}' + '}'.repeat(levels - 1);

/** Whatever is read, and wherever it is cut: the same rows as in one piece. */
async function sameHoweverCut(read: typeof json, texts: fc.Arbitrary<string>) {
  await fc.assert(
    fc.asyncProperty(texts, fc.array(fc.nat(), { maxLength: 12 }), async (text, cuts) => {
      expect(await read(text, cuts)).toEqual(await read(text));
    }),
    { numRuns: 150 },
  );
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      expect(
        await read(
          text,
          Array.from({ length: text.length }, (_, index) => index),
        ),
      ).toEqual(await read(text));
    }),
    { numRuns: 15 },
  );
}

/** A file of which something may be missing, be there twice or not belong there. */
function damaged(texts: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const junk = fc.constantFrom('', '"', '}', ']', ',', '\\', '\n', '\r', '\0', '\ufeff', '🦄', '\ud83e', '[[', 'tru');
  const damage = fc.record({ at: fc.nat(), junk, removed: fc.nat(5), ended: fc.boolean() });
  return fc.tuple(texts, fc.option(damage)).map(([text, done]) => {
    if (!done) return text;
    const at = done.at % (text.length + 1);
    return text.slice(0, at) + done.junk + (done.ended ? '' : text.slice(at + done.removed));
  });
}

const objects = fc.array(
  fc.record({ ts: fc.string(), n: fc.double({ noNaN: true, min: -1e15, max: 1e15 }), more: fc.jsonValue() }),
  {
    maxLength: 60,
  },
);
const spaces = fc.constantFrom(undefined, 2, '\t');

describe('The rows of a JSON file', () => {
  it('are the elements of an array, however it is printed', async () => {
    await fc.assert(
      fc.asyncProperty(objects, spaces, async (rows, space) => {
        const shallow = rows.map(({ ts, n }) => ({ ts, n }));
        const text = JSON.stringify(shallow, null, space);
        expect(values(await json(text))).toEqual(JSON.parse(text));
      }),
    );
  });

  it('are those of the arrays in the fields of an object, and objects in its fields', async () => {
    expect(await json('{"v":1,"a":[{"x":1},"s",[2]],"b":{"y":2},"c":[]}')).toEqual([
      { list: 'a', value: { x: 1 } },
      { list: 'a', value: 's' },
      { list: 'a', value: [2] },
      { list: 'b', value: { y: 2 } },
    ]);
  });

  it('may be scalars, and whole numbers that are too large are text', async () => {
    expect(values(await json('[1,-2.5e3,"a",null,true,false,""]'))).toEqual([1, -2500, 'a', null, true, false, '']);
    expect(values(await json('[{"id":12345678901234567890,"n":1234567890123456}]'))).toEqual([
      { id: '12345678901234567890', n: 1234567890123456 },
    ]);
  });

  it('keep what is escaped, zero characters, and names that are special elsewhere', async () => {
    const [row] = values(await json('[{"__proto__":{"x":1},"constructor":"\\u0000\\ud83e\\udd84\\n\\/"}]'));
    expect(Object.entries(row as object)).toEqual([
      ['__proto__', { x: 1 }],
      ['constructor', '\0🦄\n/'],
    ]);
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
  });

  it('are none in a file that is empty or blank', async () => {
    for (const text of ['', ' \r\n\t', '\ufeff', '[]', '{}', '\ufeff[]\r\n']) expect(await json(text)).toEqual([]);
  });

  it.each(['5', '"text"', 'null', 'true', 'nonsense', '<html>', '\0', ']', '{"a"}', '[', '{"a":[', '[{'])(
    'are one that is cut short in %j',
    async (text) => {
      expect(await json(text)).toEqual([{ unread: 'CUT_SHORT' }]);
    },
  );

  it('before a fault are read, and the rest is one that is cut short', async () => {
    const rows = ['{"a":1}', '{"a":"]}"}'].join();
    const read = [{ a: 1 }, { a: ']}' }, 'CUT_SHORT'];
    for (const rest of [
      '',
      ',',
      ',{"a',
      ',{"a":3',
      ',{"a":"\\ud8',
      ',,{"a":3}]',
      '}]',
      '][{"a":4}]',
      ']]',
      ']\0\0',
      '] x',
    ]) {
      expect(values(await json(`[${rows}${rest}`))).toEqual(read);
    }
  });

  it('are too long beyond 64 Ki characters and too deep beyond 8 levels, and the next is read', async () => {
    const long = (length: number) => `{"a":"${'x'.repeat(length)}"}`;
    const short = values(await json(`[${long(65_500)},${long(65_536)},{"b":[${'[],'.repeat(40_000)}1]},{"c":1}]`));
    expect(short.slice(1)).toEqual(['ROW_TOO_LONG', 'ROW_TOO_LONG', { c: 1 }]);
    expect(short[0]).toHaveProperty('a');
    expect(values(await json(`[${nested(8)},${nested(9)},${nested(500)},{"c":1}]`)).slice(1)).toEqual([
      'ROW_TOO_DEEP',
      'ROW_TOO_DEEP',
      { c: 1 },
    ]);
    expect(values(await json(`["${'x'.repeat(65_537)}",1]`))).toEqual(['ROW_TOO_LONG', 1]);
  });

  it.each([
    ['a string', '[{"a":"', 'x'],
    ['a name', '[{"', 'x'],
    ['a number', '[', '1'],
    ['levels of arrays', '', '['],
    ['levels of objects', '', '{"a":'],
    ['empty arrays in a row', '[[', '[],'],
  ])(
    'are too long where %s never ends, and no more of that is read than 1 Mi characters',
    async (_name, first, unit) => {
      let pieces = 0;
      async function* counted() {
        for await (const piece of many(first, unit.repeat(10_000), 1_000)) {
          pieces += 1;
          yield piece;
        }
      }
      expect(await rowsOf(jsonRows(counted()))).toEqual([{ unread: 'ROW_TOO_LONG' }]);
      expect(pieces).toBeLessThan(120);
    },
  );

  it('are known up to the place where the file is cut short', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(3_000), { maxLength: 40 }), fc.nat(), async (lengths, cut) => {
        let text = '[ ';
        const ends: number[] = [];
        for (const length of lengths) {
          text += `{"a":"${'}'.repeat(length)}"} `;
          ends.push(text.length - 1);
          text += ', ';
        }
        const end = cut % (text.length + 1);
        const whole = ends.filter((each) => each <= end).length;
        const rows = values(await json(text.slice(0, end)));
        expect(rows).toHaveLength(end === 0 ? 0 : whole + 1);
        expect(rows.filter((row) => row === 'CUT_SHORT')).toHaveLength(end === 0 ? 0 : 1);
      }),
      { numRuns: 200 },
    );
  });

  it('may be far apart', async () => {
    const fields = many('{', `"name":"${'x'.repeat(1_000)}",`, 3_000, '"a":[1]}');
    expect(values(await rowsOf(jsonRows(fields)))).toEqual([1]);
  });

  it('are the same wherever the text is cut', async () => {
    const files = fc.tuple(objects, spaces).map(([rows, space]) => JSON.stringify(rows, null, space));
    const lists = fc.dictionary(fc.string(), objects).map((fields) => JSON.stringify(fields));
    await sameHoweverCut(json, damaged(fc.oneof(files, lists)));
    const long = fc.nat(70_000).map((length) => `[{"a":"${'x}'.repeat(length)}"},{"b":2},{"c"`);
    await fc.assert(
      fc.asyncProperty(long, fc.array(fc.nat()), async (text, cuts) => {
        expect(await json(text, cuts)).toEqual(await json(text));
      }),
      { numRuns: 20 },
    );
  });
});

describe('The rows of a file with a JSON document a line', () => {
  it('are its lines but for empty ones, with any ends', async () => {
    expect(values(await lines('\ufeff{"a":1}\r\n\n  \n[2]\n3'))).toEqual([{ a: 1 }, [2], 3]);
    expect(await lines('')).toEqual([]);
    expect(await lines('\n\r\n')).toEqual([]);
  });

  it('are bad one by one; the last is cut short if its line has no end', async () => {
    expect(values(await lines('{"a":\n{"a":1}\n{"a":2'))).toEqual(['BAD_ROW', { a: 1 }, 'CUT_SHORT']);
    expect(values(await lines('{"a":1}\n\0\n{"a":2}{"a":3}\n'))).toEqual([{ a: 1 }, 'BAD_ROW', 'BAD_ROW']);
  });

  it('are too long or too deep one by one', async () => {
    const long = `"${'x'.repeat(65_534)}"`;
    expect(values(await lines(`${long}\n${long} \n{"a":1}\n ${long}`)).slice(1)).toEqual([
      'ROW_TOO_LONG',
      { a: 1 },
      'ROW_TOO_LONG',
    ]);
    const deep = `${'['.repeat(32_000)}${']'.repeat(32_000)}`;
    expect(values(await lines(`${nested(8)}\n${nested(9)}\n${deep}\n1`)).slice(1)).toEqual([
      'ROW_TOO_DEEP',
      'ROW_TOO_DEEP',
      1,
    ]);
  });

  it('are read behind a line of any length, which is not kept', async () => {
    expect(values(await rowsOf(jsonLines(many('1\n', 'x'.repeat(50_000), 2_000, '\n2'))))).toEqual([
      1,
      'ROW_TOO_LONG',
      2,
    ]);
  });

  it('are the same wherever the text is cut', async () => {
    const files = objects.map((rows) => rows.map((row) => JSON.stringify(row)).join('\n'));
    await sameHoweverCut(lines, damaged(files));
  });
});

describe('The rows of a CSV file', () => {
  it('are its records after the header, with quotes and any number of cells', async () => {
    expect(await csv('\ufeffTitle , Date\r\n"a ""b"", c\r\nd",2020\r\n\r\nx\r\n1,2,3')).toEqual([
      { value: { header: ['Title', 'Date'], cells: ['a "b", c\r\nd', '2020'] } },
      { value: { header: ['Title', 'Date'], cells: ['x'] } },
      { value: { header: ['Title', 'Date'], cells: ['1', '2', '3'] } },
    ]);
    expect(await cells('a,b\n="0439",x "y" z\n\0,🦄')).toEqual(['="0439"|x "y" z', '\0|🦄']);
  });

  it('may end in any way, and in several', async () => {
    for (const end of ['\n', '\r\n', '\r']) {
      expect(await cells(['a,b', '1,2', '3,4', ''].join(end))).toEqual(['1|2', '3|4']);
    }
    expect(await cells('a,b\r\n1,2\n3,4\r5,6')).toEqual(['1|2', '3|4', '5|6']);
  });

  it('are none where there is a header only, or nothing', async () => {
    for (const text of ['', '\ufeff', '\r\n', 'a,b', 'a,b\n', '"a', 'a,b\n\n']) {
      expect(await cells(text)).toEqual(text === '"a' ? ['CUT_SHORT'] : []);
    }
  });

  it('may be separated by semicolons or tabs, as the first line shows', async () => {
    expect(await cells('a;b;"c,d,e,f"\n1;2,5;3')).toEqual(['1|2,5|3']);
    expect(await cells('\r\na\tb, c\td\n1\t2\t3')).toEqual(['1|2|3']);
    expect(await cells('a,b;c\n1,2')).toEqual(['1|2']);
    expect(await cells('alone\n1;2\t3')).toEqual(['1;2\t3']);
  });

  it('may be separated as a first line for spreadsheets says', async () => {
    for (const line of ['sep=;\r\n', '"sep=;"\n', 'SEP=;\r']) {
      expect(await cells(`${line}a,b,c;d\n1,5;2`)).toEqual(['1,5|2']);
    }
    expect(await cells('sep=\t\na\tb,c,d\n1\t2')).toEqual(['1|2']);
    expect(await cells('sep=|\na,b\n1,2')).toEqual(['a|b', '1|2']);
    for (const text of ['sep=;', 'sep=;\n', 'sep=;\na;b']) expect(await cells(text)).toEqual([]);
  });

  it('have the delimiter and the header that a format names', async () => {
    const rows = await rowsOf(csvRows(textOf('a,b;c\n1;2'), { delimiter: ';', headless: true }));
    expect(rows.map((row) => 'value' in row && row.value)).toEqual([
      { header: [], cells: ['a,b', 'c'] },
      { header: [], cells: ['1', '2'] },
    ]);
  });

  it('before a quote that is never closed are read, and the rest is one', async () => {
    expect(await cells('a,b\n1,2\n3,"4\n5,6\n')).toEqual(['1|2', 'CUT_SHORT']);
    const endless = csvRows(many('a,b\n1,2\n"', 'x,y\n'.repeat(10_000), 1_000));
    expect(values(await rowsOf(endless)).slice(1)).toEqual(['ROW_TOO_LONG']);
  });

  it('are too long beyond 64 Ki characters, also where these are commas', async () => {
    for (const long of ['x', ',', 'é', 'x"', '"\n"']) {
      expect(await cells(`a,b\n1,2\n${long.repeat(70_000)}\n3,4`)).toEqual(['1|2', 'ROW_TOO_LONG', '3|4']);
    }
    expect(await cells(`a,b\n${'日'.repeat(65_000)}\n3,4`)).toEqual(['日'.repeat(65_000), '3|4']);
  });

  it('are too long where a record never ends, and no more of that is read than 1 Mi characters', async () => {
    let pieces = 0;
    async function* counted() {
      for await (const piece of many('a,b\n', ','.repeat(10_000), 1_000)) {
        pieces += 1;
        yield piece;
      }
    }
    expect(await rowsOf(csvRows(counted()))).toEqual([{ unread: 'ROW_TOO_LONG' }]);
    expect(pieces).toBeLessThan(120);
  });

  it('are the same wherever the text is cut', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', '"', ',', ';', '\n', '\r', '\r\n', ' ', '🦄', 'é', '\0') });
    const written = fc.oneof(
      cell,
      cell.map((each) => `"${each.replace(/"/g, '""')}"`),
    );
    const files = fc.array(fc.array(written, { minLength: 1, maxLength: 4 }), { maxLength: 30 });
    await sameHoweverCut(csv, damaged(files.map((records) => records.map((record) => record.join()).join('\n'))));
  });
});
