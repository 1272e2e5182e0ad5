import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Injectable } from '@nestjs/common';
import busboy from 'busboy';
import type { Request } from 'express';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Housekeeping } from '../database/housekeeping.js';
import { storableText } from '../database/storable.js';
import { ApiError } from '../http/api-error.js';
import { displayName } from './archive/display-name.js';

/** How many files an upload may have. */
const MOST_FILES = 64;

/** How long no byte may come, and how long an upload may take in all. */
const SILENT_MS = 60_000;
const UPLOAD_MS = 60 * 60_000;

/** How long a client may go on sending what is refused. */
const LINGER_MS = 5_000;

/** How the folders of uploads are called. Others in `UPLOADS_DIR` are somebody else's. */
const FOLDER = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** What an upload was broken off with is deleted after this time. */
export const LEFT_BEHIND_MS = 3_600_000;

/** A file of an upload, on the disk of this process. */
interface UploadedFile {
  /** As it was sent; a hint, never a path of this machine. */
  readonly name: string;
  readonly path: string;
  readonly bytes: number;
  /** Of its content. */
  readonly sha256: string;
}

/** The files and fields of an upload. */
export interface Upload {
  readonly files: readonly UploadedFile[];
  readonly profile: string | undefined;
  /** Deletes the files. */
  forget(): Promise<void>;
}

/** Receives uploads (RFC 7578) on the disk. They are read there, because an archive's directory is at its end. */
@Injectable()
export class Uploads {
  private readonly folder: string;

  constructor(
    @InjectConfig() private readonly config: Config,
    housekeeping: Housekeeping,
  ) {
    this.folder = config.imports.folder;
    housekeeping.also(() => this.clean(new Date()));
  }

  /**
   * Receives the files of a request.
   * @throws ApiError 413 `ARCHIVE_TOO_LARGE`, 415, 400, 408 `UPLOAD_BROKEN_OFF`, 507 `STORAGE_FULL`; nothing is kept then
   */
  async receive(request: Request): Promise<Upload> {
    const folder = join(this.folder, randomUUID());
    const forget = () => rm(folder, { recursive: true, force: true });
    try {
      await mkdir(folder, { recursive: true });
      const { files, profile } = await this.files(request, folder);
      if (files.length === 0) {
        throw new ApiError(400, 'FILE_MISSING', 'Send at least one file in the field "file" (multipart/form-data).');
      }
      return { files, profile, forget };
    } catch (error) {
      linger(request);
      await forget();
      throw isDiskFull(error)
        ? new ApiError(507, 'STORAGE_FULL', 'The server has no room for the upload. Nothing was kept; try again later.')
        : error;
    }
  }

  /** Deletes what processes that died have left, an hour after it was last written. */
  async clean(now: Date): Promise<void> {
    const folders = await readdir(this.folder).catch(() => []);
    for (const name of folders.filter((name) => FOLDER.test(name))) {
      const path = join(this.folder, name);
      const changed = await stat(path).catch(() => undefined);
      if (changed && changed.mtimeMs < now.getTime() - LEFT_BEHIND_MS) await rm(path, { recursive: true, force: true });
    }
  }

  private async files(request: Request, folder: string): Promise<Pick<Upload, 'files' | 'profile'>> {
    const { fileBytes, uploadBytes } = this.config.imports;
    const parser = parserFor(request, fileBytes);
    const saved: Promise<UploadedFile>[] = [];
    let profile: string | undefined;
    let received = 0;
    const tooLarge = () =>
      new ApiError(413, 'ARCHIVE_TOO_LARGE', 'The upload is too large. Send fewer or smaller files.', {
        details: { fileBytes, uploadBytes },
      });
    const refusals: Error[] = [];
    // Not at once: the parser may be in the midst of a piece, and would go on with what is gone. It may be the last one.
    const refuse = (error: Error) => {
      refusals.push(error);
      setImmediate(() => parser.destroy(error));
    };
    parser.on('file', (field, content, { filename }) => {
      if (field !== 'file') {
        content.on('error', () => undefined).resume();
        refuse(new ApiError(400, 'UNKNOWN_FIELD', `Send files in the field "file", not "${field.slice(0, 50)}".`));
        return;
      }
      content.on('limit', () => refuse(tooLarge()));
      content.on('data', (chunk: Buffer) => {
        received += chunk.length;
        if (received > uploadBytes) refuse(tooLarge());
      });
      const file = save(content, join(folder, String(saved.length)), filename);
      file.catch(refuse);
      saved.push(file);
    });
    parser.on('field', (field, value) => {
      if (field === 'profile') profile = storableText(value);
      else refuse(new ApiError(400, 'UNKNOWN_FIELD', `There is no field "${field.slice(0, 50)}".`));
    });
    parser.on('filesLimit', () =>
      refuse(new ApiError(413, 'TOO_MANY_FILES', `Send at most ${MOST_FILES} files at once.`)),
    );
    await pipeline(withoutEnd(request), parser);
    const [refusal] = refusals;
    if (refusal) throw refusal;
    return { files: await Promise.all(saved), profile };
  }
}

/** The client has left before it had its answer. */
export function uploadBrokenOff(): ApiError {
  return new ApiError(400, 'UPLOAD_BROKEN_OFF', 'The upload was broken off.');
}

function parserFor({ headers }: Request, fileSize: number): busboy.Busboy {
  try {
    return busboy({
      headers,
      // Names are UTF-8 (RFC 7578, section 5.1), and hints only: a path in one is cut off.
      defParamCharset: 'utf8',
      limits: { files: MOST_FILES, fileSize, fields: 10, fieldSize: 1_000, parts: MOST_FILES + 10 },
    });
  } catch (error) {
    throw new ApiError(
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'Send the files as multipart/form-data, in the field "file".',
      {},
      { cause: error },
    );
  }
}

async function save(content: AsyncIterable<Buffer>, path: string, filename: string | undefined): Promise<UploadedFile> {
  const hash = createHash('sha256');
  let bytes = 0;
  await pipeline(
    content,
    async function* (chunks: AsyncIterable<Buffer>) {
      for await (const chunk of chunks) {
        hash.update(chunk);
        bytes += chunk.length;
        yield chunk;
      }
    },
    createWriteStream(path, { flags: 'wx', mode: 0o600 }),
  );
  return { name: displayName(filename ?? 'file'), path, bytes, sha256: hash.digest('hex') };
}

/** The body of a request. It may be left unread without closing the connection, on which the answer has to go. */
function withoutEnd(request: Request): Transform {
  const body = patience();
  const brokenOff = () => body.destroy(uploadBrokenOff());
  request.once('error', brokenOff).once('close', () => {
    if (!request.complete) brokenOff();
  });
  return request.pipe(body);
}

/**
 * Lets a client that is still sending read why its upload is refused: a connection that is closed on it takes the answer
 * along. What comes is thrown away, and one that does not stop is cut off.
 */
function linger(request: Request): void {
  request.res?.removeHeader('Connection');
  request.unpipe();
  request.resume();
  // A request that is whole sends nothing more, and the next one may come on its connection.
  if (request.complete) return;
  const timer = setTimeout(() => request.socket.destroy(), LINGER_MS).unref();
  for (const event of ['end', 'close']) request.once(event, () => clearTimeout(timer));
}

/** Passes on what comes, and breaks off when nothing comes for too long. */
function patience(): Transform {
  const late = () => {
    passing.destroy(
      new ApiError(408, 'UPLOAD_BROKEN_OFF', 'The upload took too long. Nothing was kept; send it again.'),
    );
  };
  const silent = setTimeout(late, SILENT_MS);
  const overdue = setTimeout(late, UPLOAD_MS);
  const passing = new Transform({
    transform(chunk, _encoding, done) {
      silent.refresh();
      done(null, chunk);
    },
    destroy(error, done) {
      clearTimeout(silent);
      clearTimeout(overdue);
      done(error);
    },
  });
  return passing;
}

function isDiskFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
}
