import type { Listening } from '../platforms/listening.js';

/** One telling of a listening, as it is stored. */
export interface Telling {
  readonly platform: string;
  readonly kind: string;
  readonly externalId: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly listening: Listening;
}

/** How far apart two sources may be about the same instant (ms). */
const TOLERANCE_MS = 10_000;

const MINUTE_MS = 60_000;

const EXACTNESS = { span: 0, instant: 1, minute: 2 } as const;

/** The kinds of items that tell listenings: music, podcasts, and what was skipped of each. Only those of a row are compared. */
const KINDS: readonly (readonly string[])[] = [
  ['play', 'music-play'],
  ['podcast-play'],
  ['skipped-play'],
  ['skipped-podcast-play'],
];

/** The kinds of items that may tell the same listening as one of this kind. */
export function comparableKinds(kind: string): readonly string[] {
  return KINDS.find((kinds) => kinds.includes(kind)) ?? [];
}

/**
 * Finds which tellings are of one listening: of the same track or the same names, at the same time, and not by the same
 * source, because a source that tells a track twice means two listenings, unless it tells them of one instant. The most
 * exact telling shows the listening, the others are its witnesses. What comes out depends on the tellings alone, not on
 * their order.
 * @returns for each telling the one that shows its listening; for those that show one, themselves
 */
export function sameListenings<T extends Telling>(tellings: readonly T[]): Map<T, T> {
  const shown = new Map<T, T>();
  for (const group of groupsOf(tellings)) {
    const listenings: { readonly head: T; readonly told: Map<string, T> }[] = [];
    for (const telling of group.sort(byExactness)) {
      const source = sourceOf(telling);
      const known = listenings.find(({ head, told }) => {
        const own = told.get(source);
        return own ? isToldAgain(own, telling) : areOne(head, telling);
      });
      if (!known) listenings.push({ head: telling, told: new Map([[source, telling]]) });
      else if (!known.told.has(source)) known.told.set(source, telling);
      shown.set(telling, known?.head ?? telling);
    }
  }
  return shown;
}

/** Tellings that are linked by their track or their names. */
function groupsOf<T extends Telling>(tellings: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const telling of tellings) {
    const kinds = comparableKinds(telling.kind).join(' ');
    const [title, track] = [`${kinds} ${telling.listening.title}`, `${kinds} ${trackOf(telling)}`];
    const named = groups.get(title);
    const tracked = groups.get(track);
    const group = named ?? tracked ?? [];
    if (named && tracked && named !== tracked) {
      named.push(...tracked);
      for (const [key, other] of groups) if (other === tracked) groups.set(key, named);
    }
    group.push(telling);
    groups.set(title, group);
    groups.set(track, group);
  }
  return [...new Set(groups.values())];
}

/** A play is called track@time. */
function trackOf({ platform, externalId }: Telling): string {
  return `${platform}@${externalId.split('@', 1)[0] ?? ''}`;
}

function sourceOf({ platform, listening }: Telling): string {
  return `${listening.told} ${platform}`;
}

/** Whether a source tells a listening again in other words, such as a corrected name of the album. */
function isToldAgain(one: Telling, other: Telling): boolean {
  return one.listening.told === 'instant' && one.at === other.at && one.listening.title === other.listening.title;
}

/**
 * The most exact first, then by source and time. What was heard at YouTube shows no taste, so any other telling comes
 * before it. Of two that are equally exact, Spotify's API tells more than others.
 */
function byExactness(one: Telling, other: Telling): number {
  return (
    Number(one.kind === 'music-play') - Number(other.kind === 'music-play') ||
    EXACTNESS[one.listening.told] - EXACTNESS[other.listening.told] ||
    Number(other.platform === 'spotify') - Number(one.platform === 'spotify') ||
    compare(one.platform, other.platform) ||
    one.at - other.at ||
    compare(one.externalId, other.externalId)
  );
}

function compare(one: string, other: string): number {
  return one < other ? -1 : Number(one > other);
}

/** Whether an instant of one telling lies within the time of the other. */
function areOne(one: Telling, another: Telling): boolean {
  const isOrdered = EXACTNESS[one.listening.told] <= EXACTNESS[another.listening.told];
  const [{ listening: head, at: headAt }, { listening: other, at }] = isOrdered ? [one, another] : [another, one];
  if (other.told === 'minute') {
    // Its own time is the minute in which it ended; it began within another minute.
    return head.told === 'span'
      ? isWithin(head.to, other.from, other.to)
      : isWithin(headAt, other.from, other.to) || isWithin(headAt, at, at + MINUTE_MS);
  }
  if (head.told === 'span') return isWithin(at, head.from, head.to);
  return isWithin(at, head.from, head.to) || isWithin(headAt, other.from, other.to);
}

function isWithin(instant: number, from: number, to: number): boolean {
  return instant >= from - TOLERANCE_MS && instant <= to + TOLERANCE_MS;
}
