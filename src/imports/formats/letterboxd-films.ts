import { trimmed } from '../../platforms/item-fields.js';
import type { JsonObject } from '../../platforms/platform.js';
import { boundedText } from '../rows/bounded-text.js';

/** The archive's folders of what the person deleted, and of films that Letterboxd does not have any more. */
const OTHER_FOLDERS = /(?:^|\/)(?:deleted|orphaned)\/[^/]*$/i;

/** Whether a file, by its path, is one of the diary or the ratings that the person sees. Others have the same columns. */
export function isCurrent(path: string): boolean {
  return !OTHER_FOLDERS.test(path);
}

/** Stars from 0.5 to 5; null for none. */
export function starsOf(text: string): number | null {
  return /^(?:0\.5|[1-4](?:\.[05])?|5(?:\.0)?)$/.test(text) ? Number(text) : null;
}

/** What is kept of a film. Tags are the person's notes and are not. */
export function filmPayload(film: {
  readonly name: string;
  readonly year: string;
  readonly stars: number | null;
  readonly day: string | undefined;
  readonly rewatch?: boolean;
}): JsonObject {
  return trimmed({
    title: boundedText(film.name),
    year: yearOf(film.year),
    rating: film.stars,
    rewatch: film.rewatch === true ? true : null,
    day: film.day,
  });
}

/** By what a film is told from others: its address, or name and year where there is none. */
export function filmId(uri: string, name: string, year: string): string {
  return uri === '' ? `${name} (${year})` : uri;
}

function yearOf(text: string): number | null {
  return /^\d{4}$/.test(text) ? Number(text) : null;
}
