import { TextDecoder } from 'node:util';
import type { ArchiveFile } from './archive.js';
import type { Beginning } from '../format.js';

/** How much of a file its format is recognised by. Bytes. */
const BEGINNING = 65_536;

/** How much is looked at for the encoding. Bytes. */
const SAMPLE = 512;

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/**
 * The text of a file in UTF-8 or UTF-16, as its byte order mark or its zero bytes tell. The mark is left out, ends of
 * lines stay, bytes that are no character become U+FFFD, and a character may be cut anywhere.
 */
export async function* decodedText(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, undefined> {
  const decoder = new FileDecoder();
  for await (const chunk of bytes) {
    const text = decoder.decode(chunk);
    if (text !== '') yield text;
  }
  const rest = decoder.end();
  if (rest !== '') yield rest;
}

/** The first 64 KiB of a file as text. No more is read. */
export async function beginningOf(file: ArchiveFile): Promise<Beginning> {
  const decoder = new FileDecoder();
  let text = '';
  let left = BEGINNING;
  for await (const chunk of file.open()) {
    text += decoder.decode(chunk.subarray(0, left));
    if (chunk.length > left) return { text: text + decoder.unfinished(), whole: false };
    left -= chunk.length;
  }
  return { text: text + decoder.end(), whole: true };
}

/** Decodes a file in the encoding that its first bytes show. */
class FileDecoder {
  private held: Uint8Array[] = [];
  private heldBytes = 0;
  private decoder: TextDecoder | undefined;

  decode(chunk: Uint8Array): string {
    if (this.decoder) return this.decoder.decode(chunk, { stream: true });
    this.held.push(chunk);
    this.heldBytes += chunk.length;
    return this.heldBytes < SAMPLE ? '' : this.unfinished();
  }

  /** What was held back to learn the encoding, without the beginning of a character that is not whole yet. */
  unfinished(): string {
    if (this.decoder) return '';
    const first = Buffer.concat(this.held);
    this.held = [];
    this.decoder = new TextDecoder(encodingOf(first.subarray(0, SAMPLE)));
    return this.decoder.decode(first, { stream: true });
  }

  end(): string {
    return this.unfinished() + (this.decoder?.decode() ?? '');
  }
}

function encodingOf(sample: Uint8Array): Encoding {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  const zeros = [0, 0] as [number, number];
  for (const [index, byte] of sample.entries()) if (byte === 0) zeros[index % 2 === 0 ? 0 : 1] += 1;
  const [even, odd] = zeros;
  // Letters of English, and the signs of JSON and CSV, have a zero byte each in UTF-16, and always the same one of two.
  const many = sample.length / 4;
  const few = sample.length / 40;
  if (odd >= many && odd > 0 && even <= few) return 'utf-16le';
  if (even >= many && even > 0 && odd <= few) return 'utf-16be';
  return 'utf-8';
}
