import fc from 'fast-check';
import { storableJson, storableText } from './storable.js';

/** Any code units, also such as form no text. */
const wild = fc.string({
  unit: fc.constantFrom('a', '\\', 'u', '0', '"', '\0', '\uD83E', '\uDD84', '🦄', 'é', '\n', '\u2028'),
});

describe('What PostgreSQL can hold', () => {
  it('of a text: everything but NUL, with unpaired surrogates replaced', () => {
    expect(storableText('a\0b\uD800c🦄')).toBe('ab\uFFFDc🦄');
  });

  it('of JSON: the same, in values and names, and a backslash before a "u" is only a backslash', () => {
    const value = { 'k\0': 'v\0\uDC00', text: '\\u0000 \\\\ud800', list: ['\\', '\\\\u0000'] };
    expect(JSON.parse(storableJson(value))).toEqual({
      k: 'v\uFFFD',
      text: '\\u0000 \\\\ud800',
      list: ['\\', '\\\\u0000'],
    });
  });

  it('is the same for a text and for that text in JSON', () => {
    fc.assert(
      fc.property(wild, (text) => {
        expect(JSON.parse(storableJson({ text }))).toEqual({ text: storableText(text) });
        expect(storableText(text)).not.toMatch(/\p{Surrogate}|\0/u);
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves well-formed values as they are', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const json = JSON.stringify(value);
        fc.pre(!/\\u(0000|d[89a-f])/.test(json));
        expect(storableJson(value)).toBe(json);
      }),
    );
  });
});
