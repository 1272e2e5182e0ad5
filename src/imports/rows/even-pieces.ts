/** How many characters are read at once. */
const PIECE = 16_384;

/**
 * The same text, cut by length alone. However the text arrived, from a disk, an archive or a database, a reader of these
 * pieces meets the same ones, so that it counts the same rows. A byte order mark is left out; surrogates stay in pairs.
 */
export async function* evenPieces(text: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  let held = '';
  let begun = false;
  for await (const piece of text) {
    held += piece;
    let start = 0;
    if (!begun && held !== '') {
      begun = true;
      if (held.charCodeAt(0) === 0xfeff) start = 1;
    }
    // One more than a piece, so that whether a pair is cut is known.
    while (held.length - start > PIECE) {
      const end = start + PIECE + (isHighSurrogate(held.charCodeAt(start + PIECE - 1)) ? 1 : 0);
      yield held.slice(start, end);
      start = end;
    }
    if (start > 0) held = held.slice(start);
  }
  if (held !== '') yield held;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
