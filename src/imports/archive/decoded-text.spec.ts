import fc from 'fast-check';
import type { ArchiveFile } from './archive.js';
import { beginningOf, decodedText } from './decoded-text.js';

const ENCODINGS = {
  'UTF-8': (text: string) => Buffer.from(text),
  'UTF-8 with a mark': (text: string) => Buffer.from(`\ufeff${text}`),
  'UTF-16 with a mark': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16 without a mark': (text: string) => Buffer.from(text, 'utf16le'),
  'UTF-16 the other way round': (text: string) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
  'UTF-16 the other way round without a mark': (text: string) => Buffer.from(text, 'utf16le').swap16(),
};

async function* chunksOf(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = sizes[index % sizes.length] ?? bytes.length;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function decoded(bytes: Buffer, sizes: readonly number[] = []): Promise<string> {
  let text = '';
  for await (const piece of decodedText(chunksOf(bytes, sizes))) {
    expect(piece).not.toBe('');
    text += piece;
  }
  return text;
}

describe('The text of a file', () => {
  const text = `[{"track":"Größe 🦄 日本語","note":"a\r\nb"}]\r\n`;

  it.each(Object.entries(ENCODINGS))('in %s is read, wherever its bytes are cut', async (_name, encoded) => {
    expect(await decoded(encoded(text))).toBe(text);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 700 }), { minLength: 1 }), async (sizes) => {
        expect(await decoded(encoded(text.repeat(20)), sizes)).toBe(text.repeat(20));
      }),
      { numRuns: 30 },
    );
  });

  it('has a replacement for each byte that is no character, and goes on behind it', async () => {
    expect(await decoded(Buffer.from('a\xffb\xc3', 'latin1'))).toBe('a\ufffdb\ufffd');
    expect(await decoded(Buffer.from('a\xffb\xc3', 'latin1'), [1])).toBe('a\ufffdb\ufffd');
    expect(await decoded(Buffer.from('\xff\xfea\0b', 'latin1'))).toBe('a\ufffd');
  });

  it('may hold zero bytes and still be UTF-8', async () => {
    expect(await decoded(Buffer.from('a,b\n1,\0\n'.repeat(200)))).toBe('a,b\n1,\0\n'.repeat(200));
    expect(await decoded(Buffer.alloc(600))).toBe('\0'.repeat(600));
  });

  it('of nothing, or of a mark alone, is nothing', async () => {
    expect(await decoded(Buffer.alloc(0))).toBe('');
    expect(await decoded(Buffer.from('\ufeff'))).toBe('');
    expect(await decoded(Buffer.from('\ufeff', 'utf16le'))).toBe('');
  });

  it('keeps a mark that is not at its beginning', async () => {
    expect(await decoded(Buffer.from('a\ufeffb'))).toBe('a\ufeffb');
  });
});

describe('The beginning of a file', () => {
  /** A file that counts what is read of it, and whether it was let go. */
  function fileOf(bytes: Buffer, size: number) {
    const seen = { chunks: 0, released: false };
    const file: ArchiveFile = {
      name: 'a.json',
      bytes: bytes.length,
      async *open() {
        try {
          for await (const chunk of chunksOf(bytes, [size])) {
            seen.chunks += 1;
            yield chunk;
          }
        } finally {
          seen.released = true;
        }
      },
    };
    return { file, seen };
  }

  it('is the whole file up to 64 KiB', async () => {
    for (const length of [0, 3, 65_536]) {
      const { file, seen } = fileOf(Buffer.alloc(length, 'x'), 1_000);
      expect(await beginningOf(file)).toEqual({ text: 'x'.repeat(length), whole: true });
      expect(seen.released).toBe(true);
    }
  });

  it('of a longer file is its first 64 KiB; no more is read, and the file is let go', async () => {
    const { file, seen } = fileOf(Buffer.alloc(200_000, 'x'), 10_000);
    expect(await beginningOf(file)).toEqual({ text: 'x'.repeat(65_536), whole: false });
    expect(seen).toEqual({ chunks: 7, released: true });
    expect(await beginningOf(fileOf(Buffer.alloc(65_537, 'x'), 65_537).file)).toMatchObject({ whole: false });
  });

  it('ends before a character that is not whole', async () => {
    const { file } = fileOf(Buffer.from(`x${'é'.repeat(50_000)}`), 4_096);
    expect(await beginningOf(file)).toEqual({ text: `x${'é'.repeat(32_767)}`, whole: false });
  });

  it('has no mark', async () => {
    const { file } = fileOf(ENCODINGS['UTF-16 the other way round']('[]'), 3);
    expect(await beginningOf(file)).toEqual({ text: '[]', whole: true });
  });
});
