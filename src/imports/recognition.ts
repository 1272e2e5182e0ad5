import { ApiError } from '../http/api-error.js';
import { ARCHIVE_BOUNDS, ArchiveError, type ArchiveBounds, type ArchiveFile } from './archive/archive.js';
import { openArchive, type OpenArchive } from './archive/archive-files.js';
import { beginningOf, decodedText } from './archive/decoded-text.js';
import type { Beginning } from './format.js';
import { formatOf, refusalOf } from './formats.js';
import type { ReadableEntry } from './import-reading.js';
import type { ImportEntry } from './import-rows.js';
import type { Upload } from './uploads.js';

/** A recognised file. */
type Recognised = ReadableEntry & { readonly file: number; readonly content: ArchiveFile };

/** Why a file is not read, for people. */
interface Refusal {
  readonly code: string;
  readonly message: string;
}

/** What is in an upload: which of its files are read, by which format, and why the others are not. */
export class Recognition {
  readonly entries: ImportEntry[] = [];
  readonly readable: Recognised[] = [];
  private readonly refusals: Refusal[] = [];
  private readonly open: OpenArchive[] = [];
  private unpackedBytes = 0;

  private constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly bounds: ArchiveBounds,
  ) {}

  /**
   * Looks into the files of an upload. The result is closed when its files were read.
   * @param signal ends it, and `each`
   * @param bounds of all archives of the upload together
   * @throws ApiError 413 or 422 when nothing of it can be read, or when a profile has to be chosen (`PROFILE_NEEDED`)
   */
  static async of(upload: Upload, signal?: AbortSignal, bounds = ARCHIVE_BOUNDS): Promise<Recognition> {
    const recognition = new Recognition(signal, bounds);
    try {
      for (const [file, { path, name }] of upload.files.entries()) await recognition.look(file, path, name);
      if (recognition.readable.length === 0) throw recognition.nothing();
      await recognition.checkProfile(upload.profile);
      return recognition;
    } catch (error) {
      await recognition.close();
      throw error;
    }
  }

  /** The formats that were recognised, with how many files and bytes. */
  detected(): { readonly format: string; readonly entries: number; readonly bytes: number }[] {
    const formats = new Map<string, { format: string; entries: number; bytes: number }>();
    for (const { format, bytes } of this.readable) {
      const known = formats.get(format.name) ?? { format: format.name, entries: 0, bytes: 0 };
      formats.set(format.name, { ...known, entries: known.entries + 1, bytes: known.bytes + bytes });
    }
    return [...formats.values()];
  }

  /**
   * Does work with each file that is read. One that turns out to be damaged then is not read any more, and has the reason
   * beside its name.
   * @throws ApiError 413 or 422 when none is left
   */
  async each(work: (file: Recognised) => Promise<void>): Promise<void> {
    for (const readable of [...this.readable]) {
      this.signal?.throwIfAborted();
      try {
        await work(readable);
      } catch (error) {
        if (!(error instanceof ArchiveError)) throw error;
        this.setAside(readable, error);
      }
    }
    if (this.readable.length === 0) throw this.nothing();
  }

  async close(): Promise<void> {
    for (const archive of this.open) await archive.close();
  }

  /** One bad file among several is a reason beside its name; the others are read. */
  private async look(file: number, path: string, name: string): Promise<void> {
    const archive = await openArchive(path, name, this.boundsLeft).catch((error: unknown) =>
      this.refuseFor(error, file, name, 0),
    );
    if (!archive) return;
    this.open.push(archive);
    for (const content of archive.files) {
      this.signal?.throwIfAborted();
      const { name, bytes } = content;
      const known = this.readable.length;
      const beginning = await beginningOf(content).catch((error: unknown) => this.refuseFor(error, file, name, bytes));
      if (beginning) this.add(file, content, beginning);
      if (archive.packed && this.readable.length > known) this.unpackedBytes += bytes;
    }
  }

  private get boundsLeft(): ArchiveBounds {
    const { entries, unpackedBytes } = this.bounds;
    return {
      ...this.bounds,
      entries: entries - this.entries.length,
      unpackedBytes: unpackedBytes - this.unpackedBytes,
    };
  }

  private refuseFor(error: unknown, file: number, name: string, bytes: number): undefined {
    if (!(error instanceof ArchiveError)) throw error;
    this.refuse(file, name, bytes, { code: error.code, message: error.message });
  }

  private add(file: number, content: ArchiveFile, beginning: Beginning): void {
    const { name, bytes } = content;
    const format = bytes > 0 ? formatOf(beginning) : undefined;
    if (!format) {
      this.refuse(file, name, bytes, bytes === 0 ? EMPTY : (refusalOf(beginning) ?? NOT_RECOGNIZED));
      return;
    }
    const entry = this.entries.length;
    this.entries.push({ entry, file, name, bytes, format: format.name, reason: null });
    this.readable.push({ entry, file, name, bytes, format, content, open: () => decodedText(content.open()) });
  }

  private refuse(file: number, name: string, bytes: number, refusal: Refusal): void {
    this.entries.push({ entry: this.entries.length, file, name, bytes, format: null, reason: refusal.code });
    if (refusal !== NOT_RECOGNIZED) this.refusals.push(refusal);
  }

  private setAside(readable: Recognised, { code, message }: ArchiveError): void {
    const { entry, file, name, bytes } = readable;
    this.readable.splice(this.readable.indexOf(readable), 1);
    this.entries[entry] = { entry, file, name, bytes, format: null, reason: code };
    // It tells more than what was not recognised.
    this.refusals.unshift({ code, message });
  }

  private nothing(): ApiError {
    const [known] = this.refusals.toSorted((one, other) => helpOf(one) - helpOf(other));
    const details = { entries: this.entries.slice(0, 100).map(({ name, reason }) => ({ name, reason })) };
    const { code, message } = known ?? {
      code: 'NOTHING_RECOGNIZED',
      message: 'None of the files is one that this version can read. docs/archives.md says which to ask for.',
    };
    return new ApiError(...statusAndCode(code), message, { details });
  }

  private async checkProfile(profile: string | undefined): Promise<void> {
    const profiles = new Set<string>();
    await this.each(async (readable) => {
      for (const each of (await readable.format.profiles?.(readable.open())) ?? []) profiles.add(each);
    });
    const isClear = profile === undefined ? profiles.size < 2 : profiles.size === 0 || profiles.has(profile);
    if (isClear) return;
    throw new ApiError(
      422,
      'PROFILE_NEEDED',
      'The file has the rows of several profiles. Choose one in the field "profile".',
      {
        details: { profiles: [...profiles] },
      },
    );
  }
}

const EMPTY: Refusal = { code: 'EMPTY', message: 'The file is empty. Download it again.' };
const NOT_RECOGNIZED: Refusal = { code: 'NOT_RECOGNIZED', message: 'No format recognises the file.' };

/** Of several reasons the first helps most: it is the wrong export, it cannot be opened, it is empty. */
function helpOf(refusal: Refusal): number {
  if (refusal === EMPTY) return 2;
  return refusal.code.startsWith('ARCHIVE_') ? 1 : 0;
}

/** How an upload is refused of which nothing can be read. */
function statusAndCode(code: string): [status: number, code: string] {
  if (code === 'ARCHIVE_TOO_LARGE') return [413, code];
  return [422, code.startsWith('ARCHIVE_') ? code : 'NOTHING_RECOGNIZED'];
}
