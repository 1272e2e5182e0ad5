import type { TimeMeaning } from '../../src/platforms/platform.js';

/** An item as the tests plant it; the columns of the table without user. */
export interface PlantedItem {
  readonly platform: string;
  readonly kind: string;
  readonly externalId: string;
  readonly key: string | null;
  /** Milliseconds since 1970. */
  readonly at: number | null;
  readonly timeMeaning: TimeMeaning;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Who is planted: a listener whose true habits are known. */
export interface Listener {
  readonly seed: number;
  readonly days: number;
  /** First UTC day. */
  readonly from?: number;
  /** Artists with popularity 1/rank (Zipf). */
  readonly artists?: number;
  /** Weight of each UTC hour for a session's start; uniform without. */
  readonly hours?: readonly number[];
  /** Fewest and most plays of a session. */
  readonly plays?: readonly [number, number];
  /** A fortnight has eight artists of its own, to which this share of its sessions goes. */
  readonly phases?: number;
  /** From this day on, counted from the first, a share of the sessions goes to other artists: one of `size`, or new each time. */
  readonly change?: { readonly day: number; readonly share: number; readonly size: number };
  /** Hours by which weekends are later. */
  readonly weekendLater?: number;
}

/** mulberry32: small, seeded, the same everywhere. */
export function randomOf(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Sessions start here: quiet till noon, most at nine in the evening (true smoothed peak 21.9). */
export const EVENING: readonly number[] = [
  2, 1, 0.3, 0.1, 0.1, 0.1, 0.2, 0.5, 0.6, 0.6, 0.6, 0.6, 0.8, 0.8, 0.8, 0.8, 1, 1.5, 3, 5, 7, 8, 7, 5,
];

const FROM = 20_412; // 2025-11-20

/** Plays of a listener: active on 70 % of days, 1 to 5 sessions, each of one artist with (3 to 30) plays 3.5 min apart. */
export function plantPlays({
  seed,
  days,
  from = FROM,
  artists = 300,
  hours,
  plays: [fewest, most] = [3, 30],
  phases = 0,
  change = { day: Infinity, share: 0, size: 0 },
  weekendLater = 0,
}: Listener): PlantedItem[] {
  const random = randomOf(seed);
  const artist = drawFrom(Array.from({ length: artists }, (_, i) => 1 / (i + 1)));
  const hour = drawFrom(hours ?? new Array<number>(24).fill(1));
  const items: PlantedItem[] = [];
  let unheard = 0;
  const artistOn = (day: number): string => {
    const usual = `a${artist(random)}`;
    if (phases > 0 && random() < phases) {
      const phase = Math.floor(day / 14);
      return `a${Math.floor(randomOf(seed * 1_000 + phase * 8 + Math.floor(random() * 8))() * artists)}`;
    }
    if (day < change.day || random() >= change.share) return usual;
    return `n${Number.isFinite(change.size) ? Math.floor(random() * change.size) : (unheard += 1)}`;
  };
  for (let day = from; day < from + days; day++) {
    if (random() >= 0.7) continue;
    const sessions = 1 + Math.floor(random() * 5);
    for (let s = 0; s < sessions; s++) {
      const id = artistOn(day - from);
      const later = (day + 3) % 7 >= 5 ? weekendLater : 0;
      const start = day * 86_400_000 + (hour(random) + random() + later) * 3_600_000;
      const plays = fewest + Math.floor(random() * (most - fewest + 1));
      for (let p = 0; p < plays; p++) items.push(play(id, Math.floor(start + p * 210_000)));
    }
  }
  return items;
}

/** One Spotify play. */
export function play(artist: string, at: number): PlantedItem {
  return {
    platform: 'spotify',
    kind: 'play',
    externalId: `t-${artist}@${at}`,
    key: `artist:artist ${artist}`,
    at,
    timeMeaning: 'user_act',
    payload: { name: `Track of ${artist}`, artists: [{ id: artist, name: `Artist ${artist}` }], durationMs: 210_000 },
  };
}

/** Who is planted: a maker whose languages and working days are known. */
export interface Maker {
  readonly seed: number;
  readonly days: number;
  readonly from?: number;
  /** Chance of a working day, Monday to Sunday. */
  readonly week?: readonly number[];
  /** Each working day has 1 to 3 draws from these by weight; a drawn repository gets 1 to `commits` commits. */
  readonly repositories?: readonly PlantedRepository[];
  /** UTC hours in which the day's work starts and ends. */
  readonly hours?: readonly [number, number];
}

export interface PlantedRepository {
  readonly id: string;
  readonly language: string | null;
  readonly weight: number;
  readonly commits: number;
}

/** Rust on most repo-days, Python with most commits. */
export const WORKSHOP: readonly PlantedRepository[] = [
  { id: '1', language: 'Rust', weight: 4, commits: 2 },
  { id: '2', language: 'Rust', weight: 2, commits: 3 },
  { id: '3', language: 'TypeScript', weight: 2, commits: 3 },
  { id: '4', language: 'Python', weight: 1, commits: 60 },
  { id: '5', language: 'Go', weight: 0.7, commits: 2 },
  { id: '6', language: 'HTML', weight: 0.3, commits: 2 },
  { id: '7', language: null, weight: 1, commits: 4 },
];

/** Commits of a maker. */
export function plantCommits({
  seed,
  days,
  from = FROM,
  week = new Array<number>(7).fill(0.7),
  repositories = WORKSHOP,
  hours: [start, end] = [9, 18],
}: Maker): PlantedItem[] {
  const random = randomOf(seed);
  const draw = drawFrom(repositories.map(({ weight }) => weight));
  const items: PlantedItem[] = [];
  for (let day = from; day < from + days; day++) {
    if (random() >= (week[(day + 3) % 7] ?? 0)) continue;
    const draws = 1 + Math.floor(random() * 3);
    for (let d = 0; d < draws; d++) {
      const repository = repositories[draw(random)];
      if (!repository) continue;
      const count = 1 + Math.floor(random() * repository.commits);
      for (let c = 0; c < count; c++) {
        const at = day * 86_400_000 + Math.floor((start + random() * (end - start)) * 3_600) * 1_000;
        items.push(commit(repository.id, at, repository.language, `${items.length}`));
      }
    }
  }
  return items;
}

/** One commit on GitHub. */
export function commit(repository: string, at: number, language: string | null, sha = `${at}`): PlantedItem {
  return {
    platform: 'github',
    kind: 'commit',
    externalId: `${repository}:${sha}`,
    key: `repo:${repository}`,
    at,
    timeMeaning: 'user_act',
    payload: { repositoryId: repository, repository: `ada/r${repository}`, language },
  };
}

function drawFrom(weights: readonly number[]): (random: () => number) => number {
  const cumulative: number[] = [];
  let total = 0;
  for (const weight of weights) cumulative.push((total += weight));
  return (random) => {
    const target = random() * total;
    let low = 0;
    let high = cumulative.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((cumulative[middle] ?? 0) > target) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}

/** One event of a series in a calendar, called by the person or not. */
export function meeting(series: string, at: number, organised: boolean, attendees = 4): PlantedItem {
  return {
    platform: 'google-calendar',
    kind: 'event',
    externalId: `${series}@${at}`,
    key: `series:${series}`,
    at,
    timeMeaning: 'content',
    payload: { attendees, organised },
  };
}

/** One message to or from a correspondent. */
export function letter(correspondent: string, at: number, sent: boolean): PlantedItem {
  return {
    platform: 'gmail',
    kind: 'message',
    externalId: `${correspondent}@${at}`,
    key: `correspondent:${correspondent}`,
    at,
    timeMeaning: sent ? 'user_act' : 'content',
    payload: { sent },
  };
}
