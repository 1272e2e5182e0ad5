import { comparableName } from '../../platforms/listening.js';

/** Where on Reddit something is. */
export type RedditPlace =
  | { readonly is: 'community'; readonly name: string; readonly key: string }
  /** Somebody's own page. Whose it is, is not kept. */
  | { readonly is: 'person' }
  | { readonly is: 'unsaid' }
  | { readonly is: 'unreadable' };

/** Reddit's rule for names is 3 to 21 of these; a few from its first years are shorter, and one has a full stop. */
const NAME = /^(?:\w{1,24}|reddit\.com)$/i;

/** The place that a name means: `AskReddit`, `r/AskReddit`, `u_somebody` for a page. */
export function redditPlace(text: string): RedditPlace {
  const name = text.trim().replace(/^\/?r\//i, '');
  if (name === '') return { is: 'unsaid' };
  if (/^(?:u_|\/?u\/|\/?user\/)/i.test(name)) return { is: 'person' };
  return NAME.test(name) ? { is: 'community', name, key: `subreddit:${comparableName(name)}` } : { is: 'unreadable' };
}

/** Reddit's id of a thing, to which the type is prefixed as its API does it; null for what is none. */
export function redditId(text: string, type: 't1' | 't3'): string | null {
  const id = text.startsWith(`${type}_`) ? text.slice(3) : text;
  return /^[0-9a-z]{1,13}$/.test(id) ? `${type}_${id}` : null;
}
