import type { Artist, Track } from './catalog.js';
import type { Play } from './listening.js';

const DAY_MS = 86_400_000;
const KEPT = 100;

/** Spotify's names for the last four weeks, six months and year. */
export const TOP_DAYS = { short_term: 28, medium_term: 182, long_term: 365 } as const;

/** One of Spotify's `time_range` values. */
export type TopRange = keyof typeof TOP_DAYS;

/** What was played most, the most first. */
interface Chart {
  readonly tracks: readonly Track[];
  readonly artists: readonly Artist[];
}

/** What somebody plays most. Charts are made once a day, at midnight UTC, like Spotify's. */
export class Charts {
  private readonly made = new Map<TopRange, Chart & { readonly midnight: number }>();

  /** @param plays all plays after one moment and up to another */
  constructor(private readonly plays: (from: number, to: number) => readonly Play[]) {}

  /** The chart of a range as it is at a moment. */
  at(now: number, range: TopRange): Chart {
    const midnight = Math.floor(now / DAY_MS) * DAY_MS;
    const known = this.made.get(range);
    if (known?.midnight === midnight) return known;
    const plays = this.plays(midnight - TOP_DAYS[range] * DAY_MS, midnight);
    const chart = {
      midnight,
      tracks: mostOften(plays.map(({ track }) => track)),
      artists: mostOften(plays.flatMap(({ track }) => track.artists)),
    };
    this.made.set(range, chart);
    return chart;
  }
}

function mostOften<T extends { readonly id: string }>(all: readonly T[]): readonly T[] {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return [...counts]
    .sort(([a, times], [b, otherTimes]) => otherTimes - times || (a.id < b.id ? -1 : 1))
    .slice(0, KEPT)
    .map(([one]) => one);
}
