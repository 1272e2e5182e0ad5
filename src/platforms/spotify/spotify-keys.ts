import { artistKey, type Listening, listeningTitle, showKey } from '../listening.js';
import type { Json, JsonObject } from '../platform.js';

/** Nothing is heard for longer in one go (ms). */
const LONGEST_MS = 86_400_000;

/**
 * For whom an item counts, by the name in its payload: a track or an album for its first artist, an episode for its show.
 * Null where there is no name, and for what counts for nobody. It reads nothing but what is stored, so that stored items
 * can be given the keys of today.
 */
export function keyByName(kind: string, payload: JsonObject): string | null {
  switch (kind) {
    case 'top-artist':
    case 'followed-artist':
      return artistKey(nameOf(payload));
    case 'saved-show':
      return showKey(nameOf(payload));
    case 'saved-episode':
      return showKey(nameOf(payload['show']));
    case 'play':
    case 'top-track':
    case 'saved-track':
    case 'playlist-item':
      return payload['type'] === 'episode' ? showKey(nameOf(payload['show'])) : firstArtistKey(payload);
    case 'saved-album':
      return firstArtistKey(payload);
    default:
      return null;
  }
}

/**
 * By what other tellings of a play are found. `played_at` (`at`, ms) is sometimes the start and sometimes the end, so the
 * play was heard within its length before or after.
 */
export function listeningOfPlay(payload: JsonObject, at: number): Listening | undefined {
  const { name, durationMs, type } = payload;
  const artist = firstArtist(payload);
  if (type === 'episode' || artist === null || typeof name !== 'string' || name === '') return undefined;
  const lasts = typeof durationMs === 'number' && durationMs > 0 && durationMs <= LONGEST_MS ? durationMs : 0;
  return { title: listeningTitle(artist, name), from: at - lasts, to: at + lasts, told: 'instant' };
}

function firstArtistKey(payload: JsonObject): string | null {
  return artistKey(firstArtist(payload));
}

function firstArtist({ artists }: JsonObject): string | null {
  // `Array.isArray` forgets what the elements of a readonly array are.
  return Array.isArray(artists) ? nameOf((artists as readonly Json[])[0]) : null;
}

function nameOf(value: Json | undefined): string | null {
  if (typeof value !== 'object' || value === null || !('name' in value)) return null;
  return typeof value.name === 'string' ? value.name : null;
}
