import fc from 'fast-check';
import { parseLinks } from './link-header.js';

test.each<[string | undefined, [string, string][]]>([
  [undefined, []],
  ['', []],
  ['<https://a/x?page=2>; rel="next"', [['next', 'https://a/x?page=2']]],
  [
    '<https://a/x?page=2>; rel="next", <https://a/x?page=9>; rel="last"',
    [
      ['next', 'https://a/x?page=2'],
      ['last', 'https://a/x?page=9'],
    ],
  ],
  // Commas and semicolons in the address, other parameters, no quotes, two relations, capitals.
  ['<https://a/x?f=b,c;d>; title="e, f"; rel=next', [['next', 'https://a/x?f=b,c;d']]],
  [
    '</x>;REL="Next last"',
    [
      ['next', '/x'],
      ['last', '/x'],
    ],
  ],
  ['<https://a/1>; rel="next", <https://a/2>; rel="next"', [['next', 'https://a/1']]],
  ['<https://a/1>, https://a/2; rel="next"', []],
])('%j is read as %j', (header, links) => {
  expect([...parseLinks(header)]).toEqual(links);
});

test('any text is read in time and without a crash', () => {
  fc.assert(fc.property(fc.string({ maxLength: 500 }), (text) => parseLinks(`<${text}>; rel="next"`).size <= 500));
  const start = Date.now();
  for (const part of ['<', '>;', '; rel=', '<>; rel="', ' ;']) parseLinks(part.repeat(8_000));
  expect(Date.now() - start).toBeLessThan(1_000);
});
