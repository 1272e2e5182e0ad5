import { sampleCoverage } from '../estimators/sample-coverage.js';
import { rounded } from '../estimators/confidence.js';
import type { Evidence, Predicate } from '../document/evidence.js';
import type { ClaimCoverage, UnknownFacet } from '../document/facet.js';
import type { Ground } from '../document/ground.js';
import { evidence } from './evidence.js';
import { claimCoverage, shortfall, unknown } from './facet.js';
import { ARTIST_KINDS } from '../statistics/kinds.js';
import { BLOCK_DAYS, GROUPS, type KeyDayStatistics, type Statistics } from '../statistics/statistics.js';

/** The platform whose plays show taste where nobody has told of any. */
const PLATFORM = 'spotify';

/** Its plays, as a ground. */
export const PLAYS: Ground = { what: 'items', platform: PLATFORM, kinds: ['play'] };
/** Its descriptions of artists, as a ground. */
export const ARTISTS: Ground = { what: 'items', platform: PLATFORM, kinds: ARTIST_KINDS };

/** A platform whose last play is older than the latest of all by this many days tells of former taste. */
const FORMER_DAYS = 365;

/**
 * The platform whose plays show taste: of those that are still in use the one with plays on most days, Spotify among equals.
 * Plays of others stand beside it and are never mixed in; a play that several tell is shown on one of them only.
 */
function platformOfPlays({ connected, kinds }: Statistics): string {
  const ever = kinds.filter(({ platform, kind, acts }) => kind === 'play' && acts > 0 && connected.includes(platform));
  const lastDay = ({ dayTo }: (typeof ever)[number]) => dayTo ?? -Infinity;
  const latest = Math.max(...ever.map(lastDay));
  const played = ever.filter((of) => lastDay(of) > latest - FORMER_DAYS);
  const most = Math.max(...played.map(({ actDays }) => actDays));
  const among = played.filter(({ actDays }) => actDays === most).map(({ platform }) => platform);
  return among.includes(PLATFORM) ? PLATFORM : (among[0] ?? PLATFORM); // kinds come sorted by name
}

/** What claims rest on, their plays being those of the platform that shows taste. */
export function onPlaysOf(statistics: Statistics, restsOn: readonly Ground[]): readonly Ground[] {
  const platform = platformOfPlays(statistics);
  return platform === PLATFORM
    ? restsOn
    : restsOn.map((ground) => (ground === PLAYS ? { ...PLAYS, platform } : ground));
}

/** How much a facet of taste needs. */
interface Minimum {
  readonly days: number;
  readonly keyDays: number;
  readonly unit: string;
}

/** Key-days of plays, where there are enough of them for an estimate. */
export interface Plays {
  readonly source: KeyDayStatistics;
  readonly counts: readonly number[];
  readonly n: number;
}

/** The plays' key-days in one dimension, or why they do not suffice. */
export function playsOf(
  statistics: Statistics,
  dimension: KeyDayStatistics['dimension'],
  { days: needDays, keyDays: needKeyDays, unit }: Minimum,
): Plays | UnknownFacet {
  const of = platformOfPlays(statistics);
  if (!statistics.connected.includes(of)) return unknown('not_connected');
  const ranked = statistics.topLists.some(({ platform }) => platform === of);
  const source = statistics.keyDays.find((entry) => entry.platform === of && entry.dimension === dimension);
  const plays = statistics.kinds.find(({ platform, kind }) => platform === of && kind === 'play');
  const days = source?.days ?? 0;
  if ((plays?.acts ?? 0) === 0 && ranked) return unknown('ranked_list_only');
  if (!source || days < needDays) {
    const all = days + (source?.gapDays ?? plays?.gapDays ?? 0);
    return shortfall(all >= needDays ? 'sampled' : 'too_few_days', days, needDays, 'days with plays');
  }
  const counts = source.sizes
    ? source.sizes.all.flatMap(([size, keys]) => new Array<number>(keys).fill(size))
    : source.keys.map((key) => key.days);
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (n < needKeyDays) return shortfall('too_few_items', n, needKeyDays, unit);
  return { source, counts, n };
}

/** Why there is not enough history, if there is not: days from the first play to the latest, however many were active. */
export function tooShort(statistics: Statistics, blocks: number): UnknownFacet | undefined {
  const plays = playsOf(statistics, 'artist', { days: 0, keyDays: 0, unit: '' });
  if ('status' in plays && !('need' in plays)) return plays;
  const history = 'status' in plays ? 0 : plays.source.dayTo - plays.source.dayFrom + 1;
  const need = blocks * BLOCK_DAYS;
  return history < need ? shortfall('history_too_short', history, need, 'days of history') : undefined;
}

/** The counts with each twentieth of the days left out. */
export function countsWithoutEachGroup({ keys }: KeyDayStatistics): number[][] {
  return Array.from({ length: GROUPS }, (_, g) => keys.map((key) => key.days - (key.groups[g] ?? 0)));
}

/** Window of the plays, and the share of the listening that falls on keys we have seen. */
export function playCoverage({ source, counts }: Plays, statistics: Statistics): ClaimCoverage {
  const seen = sampleCoverage(counts);
  return {
    ...claimCoverage(statistics, [source], source.dayFrom, source.dayTo),
    ...(seen === null ? {} : { sampleCoverage: rounded(seen, 4) }),
  };
}

/** The plays behind a claim, with the keys seen on most days; `also` describes them. */
export function playEvidence(
  { source }: Plays,
  statistics: Statistics,
  also?: { readonly predicate: Predicate; readonly count: number },
): Evidence {
  const { platform, kind, keyStartsWith, dayFrom, dayTo, items, keys } = source;
  const except = statistics.gaps.filter((gap) => gap.platform === platform && gap.kind === kind);
  const kinds = [`${platform}.${kind}`, ...(also?.predicate.kinds ?? []).map((name) => `${platform}.${name}`)];
  return evidence(
    {
      platforms: [platform],
      kinds: [kind],
      dayFrom,
      dayTo,
      timeMeaning: 'user_act',
      keyStartsWith,
      ...(except.length === 0 ? {} : { except }),
      ...(also ? { also: also.predicate } : {}),
    },
    kinds,
    items + (also?.count ?? 0),
    keys.slice(0, 10).map((key) => ({ key: key.key, label: key.label, days: key.days, items: key.sample })),
  );
}
