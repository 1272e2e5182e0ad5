import { openAsBlob } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** The file, or all files in the folder and below it, without hidden ones. */
export async function filesAt(path) {
  if (!(await stat(path)).isDirectory()) return [path];
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

/** Sends files to be imported, as the page's form does. They are read from the disk while they are sent. */
export async function upload(api, paths) {
  const form = new FormData();
  for (const path of paths) form.append('file', await openAsBlob(path), basename(path));
  return api.call('POST', '/imports', form);
}
