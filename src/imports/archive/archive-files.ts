import { type FileHandle, open } from 'node:fs/promises';
import { ARCHIVE_BOUNDS, type ArchiveBounds, type ArchiveFile } from './archive.js';
import { displayName } from './display-name.js';
import { fileBytes } from './file-bytes.js';
import { packedKind, SIGNATURE_BYTES } from './file-signatures.js';
import { nestedArchive } from './nested-archives.js';
import { zipFiles } from './zip-archive.js';

/** An uploaded file that is open on this machine's disk. */
export interface OpenArchive {
  /** The files in a ZIP archive, in its order; of any other upload itself. */
  readonly files: readonly ArchiveFile[];
  /** Whether it is an archive. */
  readonly packed: boolean;
  /** Afterwards no file can be read. */
  close(): Promise<void>;
}

/**
 * Opens an uploaded file: a ZIP archive, told by its content, or a loose file, whose size whoever received it has
 * bounded.
 *
 * @param path where it lies on the disk
 * @param name what its sender calls it
 * @throws ArchiveError here if the archive is refused as a whole, and while a file is read that is refused alone: nothing
 * is then given of one that is encrypted, too large or itself an archive.
 */
export async function openArchive(
  path: string,
  name: string,
  bounds: ArchiveBounds = ARCHIVE_BOUNDS,
): Promise<OpenArchive> {
  const handle = await open(path);
  try {
    const kind = packedKind(await headOf(handle));
    if (kind && kind !== 'zip') throw nestedArchive(kind, displayName(name));
    const files = kind ? await zipFiles(handle, bounds) : [await looseFile(handle, name)];
    return { files, packed: kind === 'zip', close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function headOf(handle: FileHandle): Promise<Uint8Array> {
  const head = Buffer.alloc(SIGNATURE_BYTES);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  return head.subarray(0, bytesRead);
}

async function looseFile(handle: FileHandle, name: string): Promise<ArchiveFile> {
  const { size } = await handle.stat();
  return { name: displayName(name), bytes: size, open: () => fileBytes(handle, 0, size) };
}
