import { z } from 'zod';
import { boundedArray } from '../bounded-array.js';

/*
 * What we use of Spotify's answers, as tolerant as the recorded ones demand: apps in development mode lost genres,
 * popularity and followers in 2026, entries of playlists moved from `track` to `item`, and anything that became
 * unavailable arrives as null or as an object of nulls. Fields not named here are dropped.
 */

const text = z.string().nullish();
/** Ids and times become parts of keys, whose length a database limits. */
const id = z.string().max(200).nullish();
const time = z.string().max(64).nullish();
const number = z.number().nullish();
const position = z.number().int().min(0).max(1e9).nullish();
const links = z.object({ spotify: text }).nullish();
const named = z.object({ id, name: text });
const credits = boundedArray(named.nullable(), 1_000).nullish();
const words = boundedArray(z.string(), 1_000).nullish();

/** `GET /v1/me`. `account_id` came in May 2026 and never changes; older answers have only `id`. */
export const profileSchema = z
  .object({ account_id: id, id, display_name: text, country: text, product: text, external_urls: links })
  .refine((profile) => Boolean(profile.account_id || profile.id), { message: 'neither account_id nor id' });
export type SpotifyProfile = z.infer<typeof profileSchema>;

const artist = z.object({ id, name: text, genres: words, popularity: number, external_urls: links });
export type SpotifyArtist = z.infer<typeof artist>;

const show = z.object({ id, name: text, publisher: text, languages: words, external_urls: links });
export type SpotifyShow = z.infer<typeof show>;

/** A track or an episode, which playlists mix; `type` distinguishes them. Local files have a uri but no id. */
const playable = z.object({
  type: text,
  id,
  uri: text,
  name: text,
  artists: credits,
  album: z.object({ id, name: text, release_date: text }).nullish(),
  show: show.nullish(),
  duration_ms: number,
  popularity: number,
  release_date: text,
  external_urls: links,
});
export type SpotifyPlayable = z.infer<typeof playable>;

const album = z.object({
  id,
  name: text,
  artists: credits,
  album_type: text,
  genres: words,
  popularity: number,
  release_date: text,
  total_tracks: number,
  external_urls: links,
});
export type SpotifyAlbum = z.infer<typeof album>;

const play = z.object({ track: playable.nullish(), played_at: time, context: z.object({ uri: text }).nullish() });
export type SpotifyPlay = z.infer<typeof play>;

const playlistLength = z.object({ total: position }).nullish();
const playlist = z.object({
  id,
  name: text,
  description: text,
  collaborative: z.boolean().nullish(),
  public: z.boolean().nullish(),
  snapshot_id: z.string().max(500).nullish(),
  owner: z.object({ id, display_name: text }).nullish(),
  items: playlistLength,
  tracks: playlistLength,
  external_urls: links,
});
export type SpotifyPlaylist = z.infer<typeof playlist>;

const playlistEntry = z.object({
  added_at: time,
  added_by: z.object({ id }).nullish(),
  item: playable.nullish(),
  track: playable.nullish(),
});
export type SpotifyPlaylistEntry = z.infer<typeof playlistEntry>;

/** Something in the library and when it was put there. */
export interface Saved<T> {
  readonly added_at?: string | null | undefined;
  readonly saved?: T | null | undefined;
}

/** One page of any list. Pages hold at most 50 entries; cursor paging gives no offset and often no total. */
export interface SpotifyPage<Entry> {
  readonly items: readonly (Entry | null)[];
  readonly next?: string | null | undefined;
  readonly offset?: number | null | undefined;
  readonly total?: number | null | undefined;
}

function pageOf<Entry>(entry: z.ZodType<Entry>): z.ZodType<SpotifyPage<Entry>> {
  return z.object({ items: boundedArray(entry.nullable(), 1_000), next: text, offset: position, total: position });
}

export const playPage = pageOf(play);
export const artistPage = pageOf(artist);
export const trackPage = pageOf(playable);
export const playlistPage = pageOf(playlist);
export const playlistEntryPage = pageOf(playlistEntry);
export const followedArtistPage = z.object({ artists: artistPage }).transform((answer) => answer.artists);
export const savedTrackPage = pageOf<Saved<SpotifyPlayable>>(
  z
    .object({ added_at: time, track: playable.nullish() })
    .transform((entry) => ({ added_at: entry.added_at, saved: entry.track })),
);
export const savedEpisodePage = pageOf<Saved<SpotifyPlayable>>(
  z
    .object({ added_at: time, episode: playable.nullish() })
    .transform((entry) => ({ added_at: entry.added_at, saved: entry.episode })),
);
export const savedAlbumPage = pageOf<Saved<SpotifyAlbum>>(
  z
    .object({ added_at: time, album: album.nullish() })
    .transform((entry) => ({ added_at: entry.added_at, saved: entry.album })),
);
export const savedShowPage = pageOf<Saved<SpotifyShow>>(
  z
    .object({ added_at: time, show: show.nullish() })
    .transform((entry) => ({ added_at: entry.added_at, saved: entry.show })),
);
