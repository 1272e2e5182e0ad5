import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { Readable } from 'node:stream';
import { FormData, Response } from 'undici';
import { ServerRefusal, type StreamedBody } from './server-api.js';

/** The most files that the server takes at once. */
const MOST_FILES = 64;

/** The files to send, and their size together in bytes. */
export interface FilesToSend {
  readonly paths: readonly string[];
  readonly bytes: number;
}

/**
 * Files as they are named, and of folders all files in them and below, without hidden ones.
 * @throws ServerRefusal when there are none, or more than the server takes
 */
export async function filesIn(paths: readonly string[]): Promise<FilesToSend> {
  const found: string[] = [];
  for (const path of paths) found.push(...((await stat(path)).isDirectory() ? await filesOf(path) : [path]));
  if (found.length === 0) throw new ServerRefusal('FILE_MISSING', 'There is no file in the folder.');
  if (found.length > MOST_FILES) {
    throw new ServerRefusal(
      'TOO_MANY_FILES',
      `There are ${found.length} files, and ${MOST_FILES} can be sent at once. Pack them into one ZIP archive.`,
    );
  }
  let bytes = 0;
  for (const path of found) bytes += (await stat(path)).size;
  return { paths: found, bytes };
}

/**
 * The files as multipart/form-data. They are read from the disk while they are sent; none is ever in memory as a whole.
 * @param sent is told how many bytes have gone, each time from the start
 */
export async function uploadOf(
  { paths }: FilesToSend,
  profile: string | undefined,
  sent: (bytes: number) => void,
): Promise<() => StreamedBody> {
  const form = new FormData();
  if (profile !== undefined) form.append('profile', profile);
  for (const path of paths) form.append('file', await openAsBlob(path), basename(path));
  return () => {
    const { headers, body } = new Response(form);
    return { contentType: headers.get('content-type') ?? '', bytes: Readable.from(counted(body ?? [], sent)) };
  };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  sent: (bytes: number) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    sent(bytes);
  }
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
