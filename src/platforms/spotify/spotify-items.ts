import { createHash } from 'node:crypto';
import { type Fields, instant, meaningOf, trimmed } from '../item-fields.js';
import type { ExtractedItem, Json } from '../platform.js';
import { keyByName, listeningOfPlay } from './spotify-keys.js';
import type {
  Saved,
  SpotifyAlbum,
  SpotifyArtist,
  SpotifyPlay,
  SpotifyPlayable,
  SpotifyPlaylist,
  SpotifyPlaylistEntry,
  SpotifyProfile,
  SpotifyShow,
} from './spotify-schemas.js';

/** Old playlists have dates of 1970; Spotify began in 2006. */
const BEGINNING = Date.UTC(2006, 0);

/** Spotify's names for the periods of its top lists: about 4 weeks, 6 months and a year. */
export type TopRange = 'short_term' | 'medium_term' | 'long_term';

/** Where in a dateless list an entry stands. */
export interface TopPlace {
  readonly range: TopRange;
  /** From 1. */
  readonly rank: number;
  /** `YYYY-MM-DD`, UTC. */
  readonly snapshotDay: string;
}

/*
 * Each mapper returns null for an entry without the ids that identify it: Spotify lists what has become unavailable
 * as null or as an object of nulls.
 */

export function profileItem(profile: SpotifyProfile): ExtractedItem | null {
  return snapshot('profile', profile.account_id || profile.id, null, {
    displayName: profile.display_name,
    country: profile.country,
    product: profile.product,
    url: profile.external_urls?.spotify,
  });
}

export function playItem(play: SpotifyPlay): ExtractedItem | null {
  const playedAt = instant(play.played_at, BEGINNING);
  const id = play.track?.id ?? shortUri(play.track?.uri);
  if (!play.track || !id || !playedAt) return null;
  const told = counted('play', playableId(play.track), {
    ...playablePayload(play.track),
    contextUri: play.context?.uri,
  });
  return {
    kind: 'play',
    externalId: `${id}@${playedAt.getTime()}`,
    ...told,
    occurredAt: playedAt,
    timeMeaning: 'user_act',
    listening: listeningOfPlay(told.payload, playedAt.getTime()),
  };
}

export function topArtistItem(artist: SpotifyArtist, place: TopPlace): ExtractedItem | null {
  return snapshot('top-artist', topId(artist.id, place), typedId('artist', artist.id), {
    ...artistPayload(artist),
    ...place,
  });
}

export function topTrackItem(track: SpotifyPlayable, place: TopPlace): ExtractedItem | null {
  return snapshot('top-track', topId(track.id ?? shortUri(track.uri), place), playableId(track), {
    ...playablePayload(track),
    ...place,
  });
}

export function savedTrackItem({ saved, added_at }: Saved<SpotifyPlayable>): ExtractedItem | null {
  return saved
    ? savedItem('saved-track', saved.id ?? shortUri(saved.uri), playableId(saved), added_at, playablePayload(saved))
    : null;
}

export function savedAlbumItem({ saved, added_at }: Saved<SpotifyAlbum>): ExtractedItem | null {
  if (!saved) return null;
  return savedItem('saved-album', saved.id, typedId('artist', saved.artists?.[0]?.id), added_at, {
    name: saved.name,
    artists: references(saved.artists),
    albumType: saved.album_type,
    releaseDate: saved.release_date,
    trackCount: saved.total_tracks,
    genres: saved.genres,
    popularity: saved.popularity,
    url: saved.external_urls?.spotify,
  });
}

export function savedShowItem({ saved, added_at }: Saved<SpotifyShow>): ExtractedItem | null {
  return saved
    ? savedItem('saved-show', saved.id, typedId('show', saved.id), added_at, {
        name: saved.name,
        publisher: saved.publisher,
        languages: saved.languages,
        url: saved.external_urls?.spotify,
      })
    : null;
}

export function savedEpisodeItem({ saved, added_at }: Saved<SpotifyPlayable>): ExtractedItem | null {
  return saved
    ? savedItem('saved-episode', saved.id, typedId('show', saved.show?.id), added_at, playablePayload(saved))
    : null;
}

export function playlistItem(playlist: SpotifyPlaylist): ExtractedItem | null {
  return snapshot('playlist', playlist.id, null, {
    name: playlist.name,
    description: playlist.description === '' ? null : playlist.description,
    ownerId: playlist.owner?.id,
    ownerName: playlist.owner?.display_name,
    collaborative: playlist.collaborative,
    public: playlist.public,
    snapshotId: playlist.snapshot_id,
    itemCount: playlistLength(playlist),
    url: playlist.external_urls?.spotify,
  });
}

/** How many entries a playlist has; the field was renamed in 2026. */
export function playlistLength(playlist: SpotifyPlaylist): number | undefined {
  return playlist.items?.total ?? playlist.tracks?.total ?? undefined;
}

/** The time of an addition by someone else is that of the content, not of an act. `added_at` is absent in old playlists. */
export function playlistEntryItem(
  entry: SpotifyPlaylistEntry,
  playlistId: string,
  profileIds: readonly string[],
): ExtractedItem | null {
  const item = entry.item ?? entry.track;
  const uri = shortUri(item?.uri) ?? (item?.id ? `spotify:${item.type ?? 'track'}:${item.id}` : null);
  if (!item || !uri) return null;
  const addedAt = instant(entry.added_at, BEGINNING);
  const addedBy = entry.added_by?.id;
  const own = addedBy ? profileIds.includes(addedBy) : false;
  return {
    kind: 'playlist-item',
    externalId: `${playlistId}:${uri}@${entry.added_at ?? 'null'}`,
    ...counted('playlist-item', playableId(item), { ...playablePayload(item), playlistId, addedById: addedBy }),
    occurredAt: addedAt,
    timeMeaning: meaningOf(addedAt, own),
  };
}

export function followedArtistItem(artist: SpotifyArtist): ExtractedItem | null {
  return snapshot('followed-artist', artist.id, typedId('artist', artist.id), artistPayload(artist));
}

function snapshot(
  kind: string,
  externalId: string | null | undefined,
  id: string | null,
  fields: Fields,
): ExtractedItem | null {
  if (!externalId) return null;
  return { kind, externalId, ...counted(kind, id, fields), occurredAt: null, timeMeaning: 'snapshot' };
}

function savedItem(
  kind: string,
  externalId: string | null | undefined,
  id: string | null,
  addedAt: string | null | undefined,
  fields: Fields,
): ExtractedItem | null {
  if (!externalId) return null;
  const occurredAt = instant(addedAt, BEGINNING);
  const timeMeaning = meaningOf(occurredAt, true);
  return { kind, externalId, ...counted(kind, id, fields), occurredAt, timeMeaning };
}

/** The payload, and the key: by the name in it, or by the id where there is no name. */
function counted(kind: string, id: string | null, fields: Fields): Pick<ExtractedItem, 'key' | 'payload'> {
  const payload = trimmed(fields);
  return { key: keyByName(kind, payload) ?? id, payload };
}

/** Uris of local files spell out artist, album and title: too long ones become a hash, as keys are limited in length. */
function shortUri(uri: string | null | undefined): string | null {
  if (!uri) return null;
  return uri.length <= 500 ? uri : `sha256:${createHash('sha256').update(uri).digest('hex')}`;
}

function topId(id: string | null | undefined, place: TopPlace): string | null {
  return id ? `${place.range}:${id}:${place.snapshotDay}` : null;
}

function typedId(type: 'artist' | 'show', id: string | null | undefined): string | null {
  return id ? `${type}:${id}` : null;
}

/** A track counts for its first artist, an episode for its show; those of local files have no id. */
function playableId(item: SpotifyPlayable): string | null {
  return item.type === 'episode' ? typedId('show', item.show?.id) : typedId('artist', item.artists?.[0]?.id);
}

function artistPayload(artist: SpotifyArtist): Fields {
  return {
    name: artist.name,
    genres: artist.genres,
    popularity: artist.popularity,
    url: artist.external_urls?.spotify,
  };
}

function playablePayload(item: SpotifyPlayable): Fields {
  return {
    type: item.type,
    name: item.name,
    uri: item.uri,
    artists: references(item.artists),
    album: item.album
      ? trimmed({ id: item.album.id, name: item.album.name, releaseDate: item.album.release_date })
      : null,
    show: item.show ? trimmed({ id: item.show.id, name: item.show.name, languages: item.show.languages }) : null,
    durationMs: item.duration_ms,
    popularity: item.popularity,
    releaseDate: item.release_date,
    url: item.external_urls?.spotify,
  };
}

function references(artists: SpotifyPlayable['artists']): Json | undefined {
  return artists?.map(({ id, name }) => trimmed({ id, name }));
}
