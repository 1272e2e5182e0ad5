import type { FileHandle } from 'node:fs/promises';

/** How much is read at once. Bytes. */
const CHUNK = 65_536;

/** The bytes of an open file from `start` to `end`, or to where it ends. Several may be read at once. */
export async function* fileBytes(
  handle: FileHandle,
  start: number,
  end: number,
): AsyncGenerator<Uint8Array, void, undefined> {
  for (let at = start; at < end;) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK, end - at));
    const { bytesRead } = await handle.read(buffer, 0, buffer.length, at);
    if (bytesRead === 0) return;
    at += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}
