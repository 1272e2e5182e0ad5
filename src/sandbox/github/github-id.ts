import { createHash } from 'node:crypto';

const digest = (kind: string, key: string): string =>
  createHash('sha256').update(`github/${kind}/${key}`).digest('hex');

/** A numeric id, always the same for a thing; larger than any real one and than 32 bits, as GitHub's may become. */
export function numericId(kind: string, key: string): number {
  return 9_000_000_000 + Number.parseInt(digest(kind, key).slice(0, 10), 16);
}

/** A hexadecimal id of 40 (commits, trees) or 32 (gists) characters. */
export function hexId(kind: string, key: string, length: 32 | 40 = 40): string {
  return digest(kind, key).slice(0, length);
}

/** GitHub's opaque `node_id`. */
export function nodeId(type: string, id: number | string): string {
  return Buffer.from(`0:${type}${id}`).toString('base64');
}
