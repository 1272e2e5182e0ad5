import { z } from 'zod';

/** The lists in the order in which they are read. `end` has nothing left to read. */
export const SECTION_NAMES = ['subscriptions', 'likes', 'uploads', 'playlists', 'playlist-items', 'end'] as const;
export type SectionName = (typeof SECTION_NAMES)[number];

const count = z.number().int().nonnegative();
const id = z.string().min(1).max(200);

/** All there is to know for going on after a page: the run that is resumed here yields the pages that follow. */
export const youtubeCheckpointSchema = z.object({
  section: z.enum(SECTION_NAMES),
  /** YouTube's token of the next page; null is the first. */
  next: z.string().max(2_000).nullable(),
  /** Pages and entries read of the list. */
  pages: count,
  read: count,
  /** Whether the list was begun anew because YouTube no longer knew the token; it is done once. */
  restarted: z.boolean(),
  /** The newest time in the list, and how many entries came after what was known. */
  newest: z.iso.datetime().nullable(),
  fresh: count,
  /** When the run began. */
  startedAt: z.iso.datetime(),
  /** Share of the whole that is done, 0 to 1; kept here because it must not fall. */
  done: z.number().min(0).max(1),
  /** Playlists that YouTube keeps for the channel; null where there is none. */
  likes: id.nullable(),
  uploads: id.nullable(),
  /** Own playlists whose items are still to be read; the first may be begun. */
  queue: z.array(id).max(1_000),
  /** How many playlists there were, and of how many YouTube refused the items. */
  playlists: count,
  refused: count,
});
export type YoutubeCheckpoint = z.infer<typeof youtubeCheckpointSchema>;

/** The beginning of a list. */
export const LIST = { next: null, pages: 0, read: 0, restarted: false, newest: null, fresh: 0 } as const;

/** The checkpoint after the channel, before all lists. */
export function firstCheckpoint(
  lists: Pick<YoutubeCheckpoint, 'likes' | 'uploads' | 'startedAt'>,
  done: number,
): YoutubeCheckpoint {
  return {
    section: SECTION_NAMES[0],
    ...LIST,
    done,
    ...lists,
    queue: [],
    playlists: 0,
    refused: 0,
  };
}

/** The checkpoint at the beginning of the next section. */
export function nextSection(at: YoutubeCheckpoint, done: number): YoutubeCheckpoint {
  const section = SECTION_NAMES[SECTION_NAMES.indexOf(at.section) + 1] ?? 'end';
  return { ...at, section, ...LIST, done };
}
