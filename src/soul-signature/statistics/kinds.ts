/*
 * Kinds of items that readers count and claims rest on, whichever platform gives them.
 */

/** Items that describe an artist. */
export const ARTIST_KINDS: readonly string[] = ['followed-artist', 'top-artist'];

/** Items that the person saved, each with the time of saving. */
export const SAVED_KINDS: readonly string[] = ['saved-track', 'saved-album', 'saved-show', 'saved-episode'];

/**
 * Items that stand for a source of interest, by its key: repositories and stars, artists, channels, communities that are
 * followed or written in. Plays and commits are left to the facets that count days. What was watched is no source: a list
 * of all that was ever seen once would drown what the person follows.
 */
export const SOURCE_KINDS: readonly string[] = [
  'repository',
  'star',
  'top-artist',
  'followed-artist',
  'subscription',
  'liked-video',
  'upload',
  'community',
  'server',
  'comment',
  'post',
  'followed-channel',
];

/** Items with a title that the person chose, wrote or liked; mail, calendars and what was watched are never read for words. */
export const TITLED_KINDS: readonly string[] = ['liked-video', 'upload', 'issue', 'pull-request', 'commit', 'post'];

/** Acts by which something comes into the world. */
export const MAKING_KINDS: readonly string[] = ['commit', 'post', 'upload'];

/** What the payload of a repository holds that is not a fork. */
export const NO_FORK = { fork: false } as const;
