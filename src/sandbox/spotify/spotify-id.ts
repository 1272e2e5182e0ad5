import { createHash } from 'node:crypto';

/** A 22-character base62 id like Spotify's, always the same for a thing. */
export function spotifyId(kind: string, key: string): string {
  const digest = createHash('sha256').update(`spotify/${kind}/${key}`).digest('base64url');
  return digest.replace(/[-_]/g, '').slice(0, 22);
}
