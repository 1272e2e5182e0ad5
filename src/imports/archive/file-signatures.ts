/** Kinds of archives and packed files. */
export type PackedKind = 'zip' | 'gzip' | 'bzip2' | 'xz' | 'zstd' | 'tar' | 'rar' | '7z';

/** How many bytes of a file its kind shows in. */
export const SIGNATURE_BYTES = 262;

const SIGNATURES: readonly (readonly [PackedKind, string, number?])[] = [
  ['zip', 'PK\x03\x04'],
  // Without entries, and in several parts.
  ['zip', 'PK\x05\x06'],
  ['zip', 'PK\x07\x08'],
  ['gzip', '\x1f\x8b\x08'],
  ['bzip2', '1AY&SY', 4],
  ['xz', '\xfd7zXZ\x00'],
  ['zstd', '\x28\xb5\x2f\xfd'],
  ['tar', 'ustar', 257],
  ['rar', 'Rar!\x1a\x07'],
  ['7z', '7z\xbc\xaf\x27\x1c'],
];

/** The kind of archive or packed file that begins with these bytes; names say nothing. */
export function packedKind(bytes: Uint8Array): PackedKind | undefined {
  const text = Buffer.from(bytes.subarray(0, SIGNATURE_BYTES)).toString('latin1');
  return SIGNATURES.find(([, signature, at = 0]) => text.startsWith(signature, at))?.[0];
}
