import { ArchiveError } from './archive.js';
import { type PackedKind, packedKind, SIGNATURE_BYTES } from './file-signatures.js';

const NAMES: Readonly<Record<PackedKind, string>> = {
  zip: 'a ZIP archive',
  gzip: 'packed with gzip (.gz, .tgz)',
  bzip2: 'packed with bzip2',
  xz: 'packed with xz',
  zstd: 'packed with zstd',
  tar: 'a TAR archive',
  rar: 'a RAR archive',
  '7z': 'a 7z archive',
};

/** What is said of an archive where a file is needed, and how to go on. */
export function nestedArchive(kind: PackedKind, name: string): ArchiveError {
  return new ArchiveError(
    'ARCHIVE_NESTED',
    `“${name}” is ${NAMES[kind]}, and is not opened here: unpack it and send the files, or a ZIP archive of them.`,
  );
}

/**
 * The same bytes, unless they begin like an archive or a packed file.
 *
 * @throws ArchiveError before the first bytes are given
 */
export async function* withoutArchives(
  bytes: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let head: Uint8Array | undefined = new Uint8Array();
  for await (const chunk of bytes) {
    if (!head) {
      yield chunk;
      continue;
    }
    head = head.length === 0 ? chunk : Buffer.concat([head, chunk]);
    if (head.length < SIGNATURE_BYTES) continue;
    yield fileHead(head, name);
    head = undefined;
  }
  if (head && head.length > 0) yield fileHead(head, name);
}

function fileHead(head: Uint8Array, name: string): Uint8Array {
  const kind = packedKind(head);
  if (kind) throw nestedArchive(kind, name);
  return head;
}
