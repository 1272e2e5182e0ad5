/**
 * A listening as one source tells it. Others may tell the same one: the platform's API, its archive, a scrobbler. By
 * these facts their tellings are found to be one.
 */
export interface Listening {
  /** What was heard, see `listeningTitle`. */
  readonly title: string;
  /** ms since the epoch: it was heard at some time between the two, or all the time. */
  readonly from: number;
  readonly to: number;
  /** How exactly the source tells it: both ends, one instant that is an end or the start, or only the minute. */
  readonly told: 'span' | 'instant' | 'minute';
}

/** The longest name of which all counts. */
const MOST_CHARACTERS = 200;

/** Of a longer one no more is looked at: thousands of marks on one letter take seconds to be put in order. */
const MOST_READ = 2_000;

/**
 * A name in the form in which names are compared: in compatibility form (Unicode NFKC), without case, with single spaces.
 * What stands in brackets or after a dash stays: a remaster is another recording. U+0000 counts as not there, because no
 * stored name has it: the stored form of a name compares as the name itself.
 */
export function comparableName(name: string): string {
  const storable = name.replaceAll('\0', '').slice(0, MOST_READ);
  return storable.normalize('NFKC').toLowerCase().trim().replace(/\s+/gu, ' ').slice(0, MOST_CHARACTERS);
}

/** The key of an artist, the same from every source; null without a name. */
export function artistKey(name: string | null | undefined): string | null {
  return keyOf('artist', name);
}

/** The key of a show of podcasts, the same from every source: archives know shows only by name. Null without a name. */
export function showKey(name: string | null | undefined): string | null {
  return keyOf('show', name);
}

function keyOf(type: 'artist' | 'show', name: string | null | undefined): string | null {
  const comparable = comparableName(name ?? '');
  return comparable === '' ? null : `${type}:${comparable}`;
}

/** What was heard: artist and title in comparable form. */
export function listeningTitle(artist: string, title: string): string {
  return `${comparableName(artist)}\n${comparableName(title)}`;
}
