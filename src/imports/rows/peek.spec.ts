import { peek } from './peek.js';

async function* pieces(all: readonly string[], log: string[] = []) {
  try {
    for (const piece of all) {
      log.push(piece);
      yield piece;
    }
  } finally {
    log.push('closed');
  }
}

async function joined(text: AsyncIterable<string>): Promise<string> {
  let all = '';
  for await (const piece of text) all += piece;
  return all;
}

describe('A look into a text', () => {
  it('goes as far as is needed, and the text is read as a whole after it', async () => {
    const log: string[] = [];
    const { beginning, text } = await peek(pieces([' ', '\n', 'a', 'b', 'c'], log), /\S/);
    expect(beginning).toBe(' \na');
    expect(log).toEqual([' ', '\n', 'a']);
    expect(await joined(text)).toBe(' \nabc');
    expect(log.at(-1)).toBe('closed');
  });

  it('ends with the text, and with 64 Ki characters', async () => {
    const short = await peek(pieces(['a', 'b']), /never/);
    expect(short.beginning).toBe('ab');
    expect(await joined(short.text)).toBe('ab');
    const long = await peek(pieces(Array.from({ length: 100 }, () => 'x'.repeat(1_024))), /never/);
    expect(long.beginning).toHaveLength(65_536);
    expect(await joined(long.text)).toHaveLength(102_400);
  });

  it('closes the text when its reader stops', async () => {
    const log: string[] = [];
    const { text } = await peek(pieces(['a', 'b', 'c'], log), /a/);
    for await (const piece of text) if (piece === 'b') break;
    expect(log).toEqual(['a', 'b', 'closed']);
  });
});
