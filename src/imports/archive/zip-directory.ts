import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, RandomAccessReader } from 'yauzl';
import { type ArchiveBounds, ArchiveError, type ArchiveErrorCode } from './archive.js';
import { displayName } from './display-name.js';

/** A file within a ZIP archive, as the archive's directory announces it. */
export interface ZipEntry {
  /** For people to read; see `displayName`. */
  readonly name: string;
  /** Where its packed bytes begin in the archive, and how many they are. */
  readonly start: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly crc32: number;
  readonly deflated: boolean;
  /** Why it cannot be read, though the others can. */
  readonly refusal?: ArchiveError | undefined;
}

/** An entry may unpack to so much whatever its ratio: a short file of zeros is no bomb. Bytes. */
const RATIO_FREE = 2 ** 20;

const STORED = 0;
const DEFLATED = 8;

/**
 * The files in a ZIP archive, in the order of its directory; folders and what macOS adds are left out.
 *
 * @throws ArchiveError if the directory is broken, has too many entries, or tells of any that overlap. What it announces
 * is only believed so far: whoever reads a file has to see that it keeps to it.
 */
export async function zipDirectory(handle: FileHandle, bounds: ArchiveBounds): Promise<readonly ZipEntry[]> {
  const { size } = await handle.stat();
  const zip = await fromRandomAccessReaderPromise(new HandleReader(handle), size, {
    autoClose: false,
    decodeStrings: false,
    validateEntrySizes: false,
  });
  if (zip.entryCount > bounds.entries) {
    throw new ArchiveError('ARCHIVE_TOO_LARGE', `The archive has more than ${bounds.entries} files.`);
  }
  const entries: ZipEntry[] = [];
  const regions: Region[] = [];
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    regions.push({ start: entry.relativeOffsetOfLocalHeader, end: fileDataStart + entry.compressedSize });
    if (isNoFile(name)) continue;
    const shown = displayName(name);
    entries.push({
      name: shown,
      start: fileDataStart,
      packedBytes: entry.compressedSize,
      bytes: entry.uncompressedSize,
      crc32: entry.crc32,
      deflated: entry.compressionMethod === DEFLATED,
      refusal: unreadable(entry, shown) ?? tooLarge(entry, shown, bounds),
    });
  }
  refuseOverlaps(regions);
  return entries;
}

/** Where an entry lies in the archive. Bytes. */
interface Region {
  readonly start: number;
  readonly end: number;
}

function refuseOverlaps(regions: Region[]): void {
  let end = 0;
  for (const region of regions.sort((one, other) => one.start - other.start)) {
    if (region.start < end) throw new ArchiveError('ARCHIVE_BROKEN', 'Files in the archive overlap.');
    end = region.end;
  }
}

/** Entries whose name is not marked as UTF-8 often are UTF-8 all the same; else they are in the alphabet of DOS. */
function nameOf(entry: Entry): string {
  const utf8 = 0x800;
  const flags = entry.generalPurposeBitFlag | (isUtf8(entry.fileNameRaw) ? utf8 : 0);
  return getFileNameLowLevel(flags, entry.fileNameRaw, entry.extraFields, false);
}

function isUtf8(bytes: Buffer): boolean {
  return Buffer.from(bytes.toString()).equals(bytes);
}

function isNoFile(name: string): boolean {
  return /\/$|(?:^|\/)(?:__MACOSX\/|\.DS_Store$)/.test(name);
}

function unreadable(entry: Entry, name: string): ArchiveError | undefined {
  const refused = (code: ArchiveErrorCode, why: string) => new ArchiveError(code, `“${name}” in the archive ${why}.`);
  if (entry.isEncrypted()) {
    return refused('ARCHIVE_ENCRYPTED', 'is encrypted: send the archive without a password');
  }
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) {
    return refused('ARCHIVE_BROKEN', 'is a link or a device, not a file');
  }
  const method = entry.compressionMethod;
  if (method !== STORED && method !== DEFLATED) {
    return refused('ARCHIVE_BROKEN', 'is packed in a rare way: unpack it and send the files');
  }
  return method === STORED && entry.compressedSize !== entry.uncompressedSize
    ? refused('ARCHIVE_BROKEN', 'announces two different sizes')
    : undefined;
}

function tooLarge(entry: Entry, name: string, { entryBytes, ratio }: ArchiveBounds): ArchiveError | undefined {
  const { uncompressedSize: bytes, compressedSize: packed } = entry;
  if (bytes > entryBytes) return new ArchiveError('ARCHIVE_TOO_LARGE', `“${name}” has more than ${entryBytes} bytes.`);
  return bytes > RATIO_FREE && bytes > packed * ratio
    ? new ArchiveError('ARCHIVE_BOMB', `“${name}” unpacks to more than ${ratio} times its size.`)
    : undefined;
}

/** Reads an open file. Positions come from the archive, so they may be none; yauzl's own reader would throw where nobody catches. */
class HandleReader extends RandomAccessReader {
  constructor(private readonly handle: FileHandle) {
    super();
  }

  override read(buffer: Buffer, offset: number, length: number, position: number, done: (error: Error | null) => void) {
    const broken = () => new ArchiveError('ARCHIVE_BROKEN', 'The archive is broken or was cut short.');
    if (!Number.isSafeInteger(position + length)) return void setImmediate(done, broken());
    this.handle.read(buffer, offset, length, position).then(
      ({ bytesRead }) => done(bytesRead < length ? broken() : null),
      (error: unknown) => done(error as Error),
    );
  }
}
