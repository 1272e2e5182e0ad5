import { z } from 'zod';

/** The lists in the order in which they are read: what says most about a person first. `end` has nothing left to read. */
export const SECTION_NAMES = [
  'recently-played',
  'top-artists-short',
  'top-artists-medium',
  'top-artists-long',
  'top-tracks-short',
  'top-tracks-medium',
  'top-tracks-long',
  'saved-tracks',
  'followed-artists',
  'saved-albums',
  'saved-shows',
  'saved-episodes',
  'playlists',
  'end',
] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

const count = z.number().int().nonnegative();
/** Relative to the API's base, because the configured server may change between runs; the client checks it again. */
export const pathSchema = z.string().startsWith('/v1/').max(4_000);

/**
 * All there is to know for going on after a page: the generator is a function of this and of Spotify's answers, so a
 * run resumed anywhere yields the pages that an unbroken one would have yielded.
 */
export const spotifyCheckpointSchema = z.object({
  section: z.enum(SECTION_NAMES),
  /** The section's next page; null is its first. */
  next: pathSchema.nullable(),
  /** Pages and entries read of the section's list. */
  pages: count,
  read: count,
  /** Whether the list was begun anew because Spotify refused to go on from where we were; it is done once. */
  anew: z.boolean(),
  /** The newest time in the list, and how many entries came after what was known. */
  newest: z.iso.datetime().nullable(),
  fresh: count,
  /** How long Spotify says the list is, and whether it always said so: one that changes meanwhile may hide entries. */
  length: count.nullable(),
  steady: z.boolean(),
  /** Share of the whole that is done, 0 to 1; kept here because it must not fall. */
  done: z.number().min(0).max(1),
  /** The account's ids, to tell own playlists and own additions from those of others. */
  profileIds: z.array(z.string()).min(1),
  /** When the run began. */
  startedAt: z.iso.datetime(),
  /** The UTC day of all top lists of this run, even if it ends on the next. */
  snapshotDay: z.string().regex(/^\d{4}-\d\d-\d\d$/),
  /** Where the `playlists` section stands: it reads a page of playlists, then the items of those in the queue. */
  playlists: z.object({
    /** Ids and versions of the playlists whose items are still to be read; the first may be begun. */
    queue: z
      .array(z.object({ id: z.string().max(200), version: z.string().max(500).nullable(), empty: z.boolean() }))
      .max(1_000),
    /** The next page of the first one's items; null is its first page. */
    items: pathSchema.nullable(),
    itemPages: count,
    /** Whether all pages of playlists were read. */
    listed: z.boolean(),
    /** How many playlists there are, where Spotify tells it. */
    total: count.nullable(),
    /** How many playlists' items Spotify refused. */
    refused: count,
  }),
});
export type SpotifyCheckpoint = z.infer<typeof spotifyCheckpointSchema>;

/** The beginning of a list. */
export const LIST = {
  next: null,
  pages: 0,
  read: 0,
  anew: false,
  newest: null,
  fresh: 0,
  length: null,
  steady: true,
} as const;

/** The checkpoint after the profile, before all lists. */
export function firstCheckpoint(profileIds: string[], startedAt: string, done: number): SpotifyCheckpoint {
  const snapshotDay = startedAt.slice(0, 10);
  const playlists = { queue: [], items: null, itemPages: 0, listed: false, total: null, refused: 0 };
  return { section: SECTION_NAMES[0], ...LIST, done, profileIds, startedAt, snapshotDay, playlists };
}

/** Whether a list is as long as it was on its earlier pages. */
export function isSteady({ next, length, steady }: SpotifyCheckpoint, total: number | null): boolean {
  return next === null || (steady && total === length);
}

/** The checkpoint at the beginning of the next section. */
export function nextSection(at: SpotifyCheckpoint, done: number): SpotifyCheckpoint {
  const section = SECTION_NAMES[SECTION_NAMES.indexOf(at.section) + 1] ?? 'end';
  return { ...firstCheckpoint(at.profileIds, at.startedAt, done), section };
}
