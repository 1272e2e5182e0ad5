import { z } from 'zod';
import { boundedArray } from '../bounded-array.js';
import { optionalField } from '../optional-field.js';
import { type PageEntry, pageEntries } from '../page-entries.js';

/*
 * What we use of Spotify's answers, as tolerant as the recorded ones demand: apps in development mode lost genres,
 * popularity and followers in 2026, entries of playlists moved from `track` to `item`, and anything that became
 * unavailable arrives as null or as an object of nulls. Only what identifies a thing has to be of its type. Fields not
 * named here are dropped.
 */

/** Ids and times become parts of keys, whose length a database limits. */
const identity = z.string().max(200).nullish();
const identifyingTime = z.string().max(64).nullish();
const text = optionalField(z.string());
const id = optionalField(z.string().max(200));
const time = optionalField(z.string().max(64));
const number = optionalField(z.number());
const length = optionalField(z.number().int().min(0).max(1e9));
const links = optionalField(z.object({ spotify: text }));
const credits = optionalField(boundedArray(z.object({ id, name: text }), 1_000));
const words = optionalField(boundedArray(z.string(), 200));

/** `GET /v1/me`. `account_id` came in May 2026 and never changes; older answers have only `id`. */
export const profileSchema = z
  .object({
    account_id: identity,
    id: identity,
    display_name: text,
    country: text,
    product: text,
    external_urls: links,
  })
  .refine((profile) => Boolean(profile.account_id || profile.id), { message: 'neither account_id nor id' });
export type SpotifyProfile = z.infer<typeof profileSchema>;

const artist = z.object({ id: identity, name: text, genres: words, popularity: number, external_urls: links });
export type SpotifyArtist = z.infer<typeof artist>;

const show = z.object({ id: identity, name: text, publisher: text, languages: words, external_urls: links });
export type SpotifyShow = z.infer<typeof show>;

/**
 * A track or an episode, which playlists mix; `type` distinguishes them. Local files have a uri but no id: of them the
 * uri has to be one.
 */
const playable = z
  .object({
    type: text,
    id: identity,
    uri: z.unknown().optional(),
    name: text,
    artists: credits,
    album: optionalField(z.object({ id, name: text, release_date: text })),
    show: optionalField(z.object({ id, name: text, languages: words })),
    duration_ms: number,
    popularity: number,
    release_date: text,
    external_urls: links,
  })
  .refine(({ id, uri }) => Boolean(id) || uri == null || typeof uri === 'string', { message: 'neither id nor uri' })
  .transform(({ uri, ...rest }) => ({ ...rest, uri: typeof uri === 'string' ? uri : undefined }));
export type SpotifyPlayable = z.infer<typeof playable>;

const album = z.object({
  id: identity,
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

const play = z.object({
  track: playable.nullish(),
  played_at: identifyingTime,
  context: optionalField(z.object({ uri: text })),
});
export type SpotifyPlay = z.infer<typeof play>;

const playlistLength = optionalField(z.object({ total: length }));
const playlist = z.object({
  id: identity,
  name: text,
  description: text,
  collaborative: optionalField(z.boolean()),
  public: optionalField(z.boolean()),
  snapshot_id: optionalField(z.string().max(500)),
  owner: optionalField(z.object({ id, display_name: text })),
  items: playlistLength,
  tracks: playlistLength,
  external_urls: links,
});
export type SpotifyPlaylist = z.infer<typeof playlist>;

/** The same thing may be in a playlist several times: when it was added tells the entries apart. */
const playlistEntry = z.object({
  added_at: identifyingTime,
  added_by: optionalField(z.object({ id })),
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
  readonly items: readonly PageEntry<Entry>[];
  readonly next?: string | null | undefined;
  readonly total?: number | null | undefined;
}

/** `next` has to be an address where there is one: taken for absent it would end the list. */
function pageOf<Entry>(entry: z.ZodType<Entry>): z.ZodType<SpotifyPage<Entry>> {
  return z.object({ items: pageEntries(entry), next: z.string().nullish(), total: length });
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
