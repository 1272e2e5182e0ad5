import type { Track } from './catalog.js';
import type { Episode } from './podcasts.js';

/**
 * What a row of an archive is. Of these, `play` and `offline-in-ms` are the plays of the API; all others are told by
 * archives only.
 */
export const ROW_KINDS = [
  'play',
  /** A play whose `offline_timestamp` is in milliseconds. */
  'offline-in-ms',
  'podcast',
  /** Under 30 seconds. */
  'skip',
  /** 0 ms. */
  'nothing-played',
  'incognito',
  /** A track that Spotify no longer has: no names. */
  'removed-track',
  'audiobook',
  /** In a file of its own. */
  'video',
  /** A file of the listener's own device, which the export does not name. */
  'local-file',
  /** A play offline on a device whose clock was ten years ahead. */
  'future',
  /** A play of somebody else on the same account: another `username`. */
  'other-account',
  /** The last play of the file before, in the same words. */
  'duplicate',
] as const;

export type RowKind = (typeof ROW_KINDS)[number];

/** Rows that a reader of archives must take note of; each can be left out or planted. */
export type Anomaly = Exclude<RowKind, 'play' | 'podcast'>;

/** One act of listening as an archive tells it. Times are in ms since the epoch. */
export interface Listened {
  readonly is: RowKind;
  /** When it ended. */
  readonly at: number;
  readonly msPlayed: number;
  /** A title of a book or a video stands for all that is told of it. */
  readonly what:
    | { readonly track: Track }
    | { readonly episode: Episode }
    | { readonly book: string; readonly chapter: string }
    | { readonly video: string };
  readonly why: { readonly start: string; readonly end: string };
  readonly shuffle: boolean;
  readonly offline: boolean;
  readonly device: { readonly platform: string; readonly address: string };
}
