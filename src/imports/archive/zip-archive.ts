import type { FileHandle } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { type ArchiveBounds, ArchiveError, type ArchiveFile } from './archive.js';
import { fileBytes } from './file-bytes.js';
import { withoutArchives } from './nested-archives.js';
import { zipDirectory, type ZipEntry } from './zip-directory.js';

/** How much is unpacked at once, at most and at least. Bytes. */
const CHUNK = 65_536;
const LEAST = 1_024;

/**
 * The files in the ZIP archive that is open at this handle. Each can be opened at any time, several at once, and again,
 * until the handle is closed.
 *
 * @throws ArchiveError here or while a file is read, as early as it shows
 */
export async function zipFiles(handle: FileHandle, bounds: ArchiveBounds): Promise<readonly ArchiveFile[]> {
  try {
    const entries = await zipDirectory(handle, bounds);
    const unpacked = new UnpackedBytes(bounds.unpackedBytes);
    return entries.map((entry) => ({
      name: entry.name,
      bytes: entry.bytes,
      open: () => withoutArchives(checkedBytes(handle, entry, unpacked), entry.name),
    }));
  } catch (error) {
    throw archiveError(error, 'The archive is broken or was cut short.');
  }
}

/** How much of an archive was unpacked. What is read again counts once. */
class UnpackedBytes {
  private readonly counted = new Map<ZipEntry, number>();
  private all = 0;

  constructor(private readonly most: number) {}

  /** @param bytes how far an entry was read */
  count(entry: ZipEntry, bytes: number): void {
    const before = this.counted.get(entry) ?? 0;
    if (bytes <= before) return;
    this.counted.set(entry, bytes);
    this.all += bytes - before;
    if (this.all > this.most) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `The archive unpacks to more than ${this.most} bytes.`);
    }
  }
}

/** The bytes of an entry, if it can be read, they are as many as announced, and have the sum that was announced. */
async function* checkedBytes(
  handle: FileHandle,
  entry: ZipEntry,
  unpacked: UnpackedBytes,
): AsyncGenerator<Uint8Array, void, undefined> {
  if (entry.refusal) throw entry.refusal;
  const broken = (how: string) => new ArchiveError('ARCHIVE_BROKEN', `“${entry.name}” in the archive ${how}.`);
  let bytes = 0;
  let sum = 0;
  const packed = fileBytes(handle, entry.start, entry.start + entry.packedBytes);
  try {
    for await (const chunk of entry.deflated ? inflated(packed, entry.bytes) : packed) {
      bytes += chunk.length;
      if (bytes > entry.bytes) throw broken('unpacks to more than it announces');
      unpacked.count(entry, bytes);
      sum = crc32(chunk, sum);
      yield chunk;
    }
  } catch (error) {
    throw archiveError(error, broken('is damaged').message);
  }
  if (bytes < entry.bytes) throw broken('unpacks to less than it announces');
  if (sum !== entry.crc32) throw broken('is damaged');
}

/** @param announced how many bytes it should be; of many short files none shall take the memory of a long one */
async function* inflated(
  packed: AsyncIterable<Uint8Array>,
  announced: number,
): AsyncGenerator<Buffer, void, undefined> {
  // Its errors are told to whoever reads from it.
  const inflate = pipeline(
    packed,
    createInflateRaw({ chunkSize: Math.min(Math.max(announced + 1, LEAST), CHUNK) }),
    () => undefined,
  );
  try {
    for await (const chunk of inflate as AsyncIterable<Buffer>) yield chunk;
  } finally {
    inflate.destroy();
  }
}

/** An error of the archive, with its code; one of the disk stays as it is. */
function archiveError(error: unknown, message: string): unknown {
  if (error instanceof ArchiveError || (error as NodeJS.ErrnoException).syscall !== undefined) return error;
  // yauzl's own, of archives whose directory is encrypted too.
  if (/encryption/.test(String(error))) {
    return new ArchiveError('ARCHIVE_ENCRYPTED', 'The archive is encrypted: send it without a password.');
  }
  return new ArchiveError('ARCHIVE_BROKEN', message, { cause: error });
}
