import type { TimeMeaning } from '../../src/platforms/platform.js';
import {
  byText,
  GROUPS,
  type CommitStatistics,
  type KeyDays,
  type KeyDayStatistics,
  type Statistics,
} from '../../src/soul-signature/facets/statistics.js';

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
}: Listener): PlantedItem[] {
  const random = randomOf(seed);
  const artist = drawFrom(Array.from({ length: artists }, (_, i) => 1 / (i + 1)));
  const hour = drawFrom(hours ?? new Array<number>(24).fill(1));
  const items: PlantedItem[] = [];
  for (let day = from; day < from + days; day++) {
    if (random() >= 0.7) continue;
    const sessions = 1 + Math.floor(random() * 5);
    for (let s = 0; s < sessions; s++) {
      const id = `a${artist(random)}`;
      const start = day * 86_400_000 + (hour(random) + random()) * 3_600_000;
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
    key: `artist:${artist}`,
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

/**
 * The time part of the statistics of some items, computed in plain TypeScript: quick enough for hundreds of planted
 * users, and a second opinion on the SQL (`read-statistics.spec.ts` holds both against each other).
 */
export function statisticsOf(items: readonly PlantedItem[], connected: readonly string[]): Statistics {
  const unique = new Map(items.map((item) => [`${item.platform}/${item.kind}/${item.externalId}`, item]));
  const own = [...unique].filter(([, item]) => connected.includes(item.platform));
  const acts = own.flatMap(([id, item]) =>
    item.timeMeaning === 'user_act' && item.at !== null ? [{ id, item, at: item.at }] : [],
  );
  const platforms = [...new Set(own.map(([, item]) => item.platform))].sort(byText);
  const kindNames = [...new Set(own.map(([, item]) => `${item.platform}/${item.kind}`))].sort(byText);
  return {
    schema: 'statistics/1',
    connected: [...connected].sort(byText),
    kinds: kindNames.map((name) => {
      const [platform = '', kind = ''] = name.split('/');
      const these = acts.filter(({ id }) => id.startsWith(`${name}/`));
      const days = [...new Set(these.map(({ at }) => Math.floor(at / 86_400_000)))].sort((a, b) => a - b);
      return {
        platform,
        kind,
        items: own.filter(([id]) => id.startsWith(`${name}/`)).length,
        acts: these.length,
        actDays: days.length,
        dayFrom: days[0] ?? null,
        dayTo: days.at(-1) ?? null,
        sample: newest(these),
      };
    }),
    activity: platforms.flatMap((platform) => {
      const days = new Map<number, Set<number>>();
      for (const { item, at } of acts) {
        if (item.platform !== platform) continue;
        const quarter = Math.floor(at / 900_000);
        const day = Math.floor(quarter / 96);
        days.set(day, (days.get(day) ?? new Set<number>()).add(quarter % 96));
      }
      const sorted = [...days].sort(([a], [b]) => a - b);
      return sorted.length === 0
        ? []
        : [{ platform, days: sorted.map(([day, quarters]) => [day, [...quarters].sort((a, b) => a - b)] as const) }];
    }),
    keyDays: keyDaysOf(acts),
    topLists: [],
    saves: [],
    fields: [],
    commits: commitsOf(acts),
    owned: [],
  };
}

type Act = { readonly id: string; readonly item: PlantedItem; readonly at: number };

function newest(acts: readonly Act[]): string[] {
  return [...acts]
    .sort((a, b) => b.at - a.at || byText(a.id, b.id))
    .slice(0, 3)
    .map(({ id }) => id);
}

function keyDaysOf(acts: readonly Act[]): KeyDayStatistics[] {
  const plays = acts.filter(
    ({ item }) => item.platform === 'spotify' && item.kind === 'play' && item.key?.startsWith('artist:'),
  );
  if (plays.length === 0) return [];
  const byKey = new Map<string, { days: Set<number>; acts: Act[] }>();
  const days = new Set<number>();
  for (const act of plays) {
    const day = Math.floor(act.at / 86_400_000);
    days.add(day);
    const entry = byKey.get(act.item.key ?? '') ?? { days: new Set<number>(), acts: [] };
    entry.days.add(day);
    entry.acts.push(act);
    byKey.set(act.item.key ?? '', entry);
  }
  const sorted = [...byKey].sort(([a, x], [b, y]) => y.days.size - x.days.size || byText(a, b));
  return [
    {
      platform: 'spotify',
      kind: 'play',
      keyStartsWith: 'artist:',
      items: plays.length,
      days: days.size,
      dayFrom: Math.min(...days),
      dayTo: Math.max(...days),
      keys: sorted.map(([key, entry], rank): KeyDays => {
        const groups = new Array<number>(GROUPS).fill(0);
        for (const day of entry.days) groups[day % GROUPS] = (groups[day % GROUPS] ?? 0) + 1;
        const shown = rank < 10;
        return {
          key,
          days: entry.days.size,
          groups,
          label: shown ? `Artist ${key.slice('artist:'.length)}` : null,
          sample: shown ? newest(entry.acts) : [],
        };
      }),
    },
  ];
}

function commitsOf(acts: readonly Act[]): CommitStatistics[] {
  const commits = acts
    .filter(({ item }) => item.platform === 'github' && item.kind === 'commit' && item.key?.startsWith('repo:'))
    .map((act) => ({ ...act, day: Math.floor(act.at / 86_400_000), key: act.item.key ?? '' }))
    .sort((a, b) => b.at - a.at || byText(a.id, b.id)); // newest first
  const latest = commits[0];
  if (!latest) return [];
  const first = commits.filter(({ at }) => at === commits.at(-1)?.at)[0] ?? latest;
  const languageOf = new Map<string, string>();
  for (const { key, item } of commits) {
    const { language } = item.payload;
    if (typeof language === 'string' && !languageOf.has(key)) languageOf.set(key, language);
  }
  const repoDays = [...new Set(commits.map(({ key, day }) => `${key} ${day}`))].map((name) => {
    const [key = '', day = ''] = name.split(' ');
    return { key, day: Number(day), language: languageOf.get(key) ?? null };
  });
  const quarters = new Map<number, Set<number>>();
  for (const { day, at } of commits) {
    quarters.set(day, (quarters.get(day) ?? new Set<number>()).add(Math.floor(at / 900_000) % 96));
  }
  const days = [...new Set(commits.map(({ day }) => day))].sort((a, b) => a - b);
  const years = commits.map(({ at }) => new Date(at).getUTCFullYear()).sort((a, b) => a - b);
  const dated = ({ id, item, at }: Act) => ({
    item: id,
    label: item.payload['repository'] as string,
    at: new Date(at).toISOString(),
  });
  return [
    {
      platform: 'github',
      kind: 'commit',
      keyStartsWith: 'repo:',
      items: commits.length,
      dayFrom: days[0] ?? 0,
      dayTo: days.at(-1) ?? 0,
      repoDays: repoDays.length,
      languageDays: new Set(repoDays.filter(({ language }) => language !== null).map(({ day }) => day)).size,
      languages: [...new Set(languageOf.values())]
        .map((language) => {
          const own = repoDays.filter((repoDay) => repoDay.language === language);
          return {
            language,
            repoDays: own.length,
            groups: Array.from({ length: GROUPS }, (_, g) => own.filter(({ day }) => day % GROUPS === g).length),
            days: new Set(own.map(({ day }) => day)).size,
            sample: newest(commits.filter(({ key }) => languageOf.get(key) === language)),
          };
        })
        .sort((a, b) => b.repoDays - a.repoDays || byText(a.language, b.language)),
      repositories: [...new Set(commits.map(({ key }) => key))]
        .map((key) => {
          const own = commits.filter((one) => one.key === key);
          return {
            key,
            label: (own[0]?.item.payload['repository'] as string | undefined) ?? null,
            commits: own.length,
            days: new Set(own.map(({ day }) => day)).size,
            sample: newest(own),
          };
        })
        .sort((a, b) => b.commits - a.commits || byText(a.key, b.key)),
      activity: days.map((day) => [day, [...(quarters.get(day) ?? [])].sort((a, b) => a - b)] as const),
      first: dated(first),
      latest: dated(latest),
      byYear: [...new Set(years)].map((year) => ({ year, count: years.filter((one) => one === year).length })),
    },
  ];
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
