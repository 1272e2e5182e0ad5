import type { FileHandle } from 'node:fs/promises';
import { type Entry, fromRandomAccessReaderPromise, getFileNameLowLevel, RandomAccessReader } from 'yauzl';
import { type ArchiveBounds, ArchiveError } from './archive.js';
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
}

/** An entry may unpack to so much whatever its ratio: a short file of zeros is no bomb. Bytes. */
const RATIO_FREE = 2 ** 20;

const STORED = 0;
const DEFLATED = 8;

/**
 * The files in a ZIP archive, in the order of its directory; folders and what macOS adds are left out.
 *
 * @throws ArchiveError if the directory tells of anything that is refused. What it announces is only believed so far:
 * whoever reads a file has to see that it keeps to it.
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
  let unpacked = 0;
  for await (const entry of zip.eachEntry()) {
    const name = nameOf(entry);
    refuseUnreadable(entry, name);
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    regions.push({ start: entry.relativeOffsetOfLocalHeader, end: fileDataStart + entry.compressedSize });
    if (isNoFile(name)) continue;
    refuseLarge(entry, name, bounds);
    unpacked += entry.uncompressedSize;
    if (unpacked > bounds.unpackedBytes) {
      throw new ArchiveError('ARCHIVE_TOO_LARGE', `The archive unpacks to more than ${bounds.unpackedBytes} bytes.`);
    }
    entries.push({
      name: displayName(name),
      start: fileDataStart,
      packedBytes: entry.compressedSize,
      bytes: entry.uncompressedSize,
      crc32: entry.crc32,
      deflated: entry.compressionMethod === DEFLATED,
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

function refuseUnreadable(entry: Entry, name: string): void {
  const refused = (why: string) => `“${displayName(name)}” in the archive ${why}.`;
  if (entry.isEncrypted()) {
    throw new ArchiveError('ARCHIVE_ENCRYPTED', refused('is encrypted: send the archive without a password'));
  }
  const kind = (entry.externalFileAttributes >>> 16) & 0o170000;
  if (kind !== 0 && kind !== 0o100000 && kind !== 0o040000) {
    throw new ArchiveError('ARCHIVE_BROKEN', refused('is a link or a device, not a file'));
  }
  const method = entry.compressionMethod;
  if (method !== STORED && method !== DEFLATED) {
    throw new ArchiveError('ARCHIVE_BROKEN', refused('is packed in a rare way: unpack it and send the files'));
  }
  if (method === STORED && entry.compressedSize !== entry.uncompressedSize) {
    throw new ArchiveError('ARCHIVE_BROKEN', refused('announces two different sizes'));
  }
}

function refuseLarge(entry: Entry, name: string, { entryBytes, ratio }: ArchiveBounds): void {
  const { uncompressedSize: bytes, compressedSize: packed } = entry;
  if (bytes > entryBytes) {
    throw new ArchiveError('ARCHIVE_TOO_LARGE', `“${displayName(name)}” has more than ${entryBytes} bytes.`);
  }
  if (bytes > RATIO_FREE && bytes > packed * ratio) {
    throw new ArchiveError('ARCHIVE_BOMB', `“${displayName(name)}” unpacks to more than ${ratio} times its size.`);
  }
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
