import fc from 'fast-check';
import { evenPieces } from './even-pieces.js';

async function piecesOf(given: readonly string[]): Promise<string[]> {
  async function* text() {
    yield* given;
  }
  const pieces = [];
  for await (const piece of evenPieces(text())) pieces.push(piece);
  return pieces;
}

describe('A text in even pieces', () => {
  it('is whole, and cut alike however it came', async () => {
    const texts = fc.array(fc.string({ unit: fc.constantFrom('a', '🦄', '\ud83e', '\ufeff', '\n') }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(texts, fc.nat(5_000), fc.integer({ min: 1, max: 40_000 }), async (parts, times, size) => {
        const text = `>${parts.join('').repeat(times)}`;
        const given = text.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? [];
        const pieces = await piecesOf(given);
        expect(pieces).toEqual(await piecesOf([text]));
        expect(pieces.join('')).toBe(text);
        expect(pieces).not.toContain('');
        for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(16_385);
      }),
      { numRuns: 50 },
    );
  });

  it('keeps the halves of a character together', async () => {
    const text = `a${'🦄'.repeat(20_000)}`;
    const pieces = await piecesOf(Array.from({ length: text.length }, (_, index) => text.charAt(index)));
    expect(pieces.join('')).toBe(text);
    for (const piece of pieces) expect(piece).not.toMatch(/\p{Surrogate}/u);
  });

  it('begins without a byte order mark', async () => {
    expect(await piecesOf(['', '\ufeff', 'a\ufeff'])).toEqual(['a\ufeff']);
    expect(await piecesOf(['\ufeff'])).toEqual([]);
    expect(await piecesOf(['', ''])).toEqual([]);
  });
});
