/** A file of an upload: a loose one, or one inside an archive. */
export interface ArchiveFile {
  /** Its name, or its path within the archive; never a path of this machine. */
  readonly name: string;
  /** Unpacked, as announced. */
  readonly bytes: number;
  /** Its bytes, unpacked, from the start. What is read is counted: more than announced or allowed is an error. */
  open(): AsyncIterable<Uint8Array>;
}

/** How much an archive may hold. Bytes, and numbers of entries. A loose file is bounded where it is received. */
export interface ArchiveBounds {
  readonly entries: number;
  readonly entryBytes: number;
  /** Of all that is read of it. */
  readonly unpackedBytes: number;
  /** Unpacked bytes for each packed one. */
  readonly ratio: number;
}

export const ARCHIVE_BOUNDS: ArchiveBounds = {
  entries: 20_000,
  entryBytes: 256 * 2 ** 20,
  unpackedBytes: 2 * 2 ** 30,
  ratio: 200,
};

/**
 * Why a file cannot be read. An archive is nested if it lies within another; the code is also that of an archive of
 * another kind than ZIP. A broken one has also links, overlaps, or more or other bytes than it announces.
 */
export type ArchiveErrorCode =
  'ARCHIVE_TOO_LARGE' | 'ARCHIVE_ENCRYPTED' | 'ARCHIVE_NESTED' | 'ARCHIVE_BROKEN' | 'ARCHIVE_BOMB';

export class ArchiveError extends Error {
  constructor(
    readonly code: ArchiveErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
