/** Characters of a text that are looked at before it is read. */
const MOST_CHARACTERS = 65_536;

/** The beginning of a text, and the text as a whole. */
export interface Peeked {
  readonly beginning: string;
  readonly text: AsyncIterable<string>;
}

/** Looks into a text until what was seen matches, for formats that come in several forms. */
export async function peek(text: AsyncIterable<string>, enough: RegExp): Promise<Peeked> {
  const pieces = text[Symbol.asyncIterator]();
  let beginning = '';
  while (beginning.length < MOST_CHARACTERS && !enough.test(beginning)) {
    const piece = await pieces.next();
    if (piece.done) break;
    beginning += piece.value;
  }
  return { beginning, text: again(beginning, pieces) };
}

async function* again(beginning: string, pieces: AsyncIterator<string>): AsyncGenerator<string, void, undefined> {
  try {
    yield beginning;
    for (let piece = await pieces.next(); !piece.done; piece = await pieces.next()) yield piece.value;
  } finally {
    await pieces.return?.();
  }
}
