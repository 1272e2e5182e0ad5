import type { Listening } from '../platforms/listening.js';

/** One telling of a listening, as it is stored. */
export interface Telling {
  readonly platform: string;
  readonly externalId: string;
  /** ms since the epoch. */
  readonly at: number;
  readonly listening: Listening;
}

/** How far apart two sources may be about the same instant (ms). */
const TOLERANCE_MS = 10_000;

const MINUTE_MS = 60_000;

const EXACTNESS = { span: 0, instant: 1, minute: 2 } as const;

/**
 * Finds which tellings are of one listening: of the same track or the same names, at the same time, and not by the same
 * source, because a source that tells a track twice means two listenings. The most exact telling shows the listening, the
 * others are its witnesses. What comes out depends on the tellings alone, not on their order.
 * @returns for each telling the one that shows its listening; for those that show one, themselves
 */
export function sameListenings<T extends Telling>(tellings: readonly T[]): Map<T, T> {
  const shown = new Map<T, T>();
  for (const group of groupsOf(tellings)) {
    const listenings: { readonly head: T; readonly sources: Set<string> }[] = [];
    for (const telling of group.sort(byExactness)) {
      const source = sourceOf(telling);
      const known = listenings.find(({ head, sources }) => !sources.has(source) && areOne(head, telling));
      known?.sources.add(source);
      if (!known) listenings.push({ head: telling, sources: new Set([source]) });
      shown.set(telling, known?.head ?? telling);
    }
  }
  return shown;
}

/** Tellings that are linked by their track or their names. */
function groupsOf<T extends Telling>(tellings: readonly T[]): T[][] {
  const groups = new Map<string, T[]>();
  for (const telling of tellings) {
    const named = groups.get(telling.listening.title);
    const tracked = groups.get(trackOf(telling));
    const group = named ?? tracked ?? [];
    if (named && tracked && named !== tracked) {
      named.push(...tracked);
      for (const [key, other] of groups) if (other === tracked) groups.set(key, named);
    }
    group.push(telling);
    groups.set(telling.listening.title, group);
    groups.set(trackOf(telling), group);
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

/** The most exact first, then by source and time. Of two that are equally exact, Spotify's API tells more than others. */
function byExactness(one: Telling, other: Telling): number {
  return (
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
function areOne({ listening: head, at: headAt }: Telling, { listening: other, at }: Telling): boolean {
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
