import fc from 'fast-check';
import { repairedText } from './repaired-text.js';

/** As Meta writes it. */
const broken = (text: string) => Buffer.from(text).toString('latin1');

describe('A text whose UTF-8 was written byte by byte', () => {
  it('is read as it was meant', () => {
    expect(repairedText('Beyonc\u00c3\u00a9')).toBe('Beyoncé');
    expect(repairedText('\u00f0\u009f\u00a6\u0084 \u00e2\u009d\u00a4')).toBe('🦄 ❤');
  });

  it('comes back whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(repairedText(broken(text))).toBe(text);
      }),
    );
  });

  it.each([
    ['plain letters', 'Beyonce'],
    ['nothing', ''],
    ['Latin-1 letters that are no UTF-8', 'Beyoncé'],
    ['a broken and a whole character beside each other', 'Ã©é'],
    ['a character that is no byte', 'Ã© ❤'],
    ['a sequence that is cut short', '\u00e2\u009d'],
    ['an overlong sequence', '\u00c0\u0080'],
    ['a surrogate written as bytes', '\u00ed\u00a0\u0080'],
  ])('is left alone if it is %s', (_name, text) => {
    expect(repairedText(text)).toBe(text);
  });
});
