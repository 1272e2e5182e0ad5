import {
  BLOCK_DAYS,
  byText,
  GROUPS,
  RECENT_BLOCKS,
  type KeyDays,
  type KeyDayStatistics,
  type Sizes,
} from './statistics.js';

/** Keys that carry a label and a sample. */
const SHOWN = 10;
const BLOCKS = 12;

/** The days of one key, each once. */
export interface DaysOfKey {
  readonly key: string;
  readonly days: readonly number[];
}

/** Label and newest items of a key. */
export type Shown = Pick<KeyDays, 'label' | 'sample'>;

/** The strongest keys: most days first, then key. */
export function strongest(keys: readonly DaysOfKey[]): DaysOfKey[] {
  // Most of many thousand keys are far from the first: sorting them all is what would cost.
  const least = [...keys.map(({ days }) => days.length)].sort((a, b) => b - a)[SHOWN - 1] ?? 0;
  return keys
    .filter(({ days }) => days.length >= least)
    .sort((a, b) => b.days.length - a.days.length || byText(a.key, b.key))
    .slice(0, SHOWN);
}

/** What estimates need of the days: of artists each key's groups and blocks, of tracks only how many have how many. */
export function countKeyDays(
  keys: readonly DaysOfKey[],
  { dimension, dayFrom, dayTo }: Pick<KeyDayStatistics, 'dimension' | 'dayFrom' | 'dayTo'>,
  shown: ReadonlyMap<string, Shown>,
): Pick<KeyDayStatistics, 'keys' | 'sizes'> {
  const earlier = Math.max(0, Math.floor((dayTo - dayFrom + 1) / BLOCK_DAYS) - RECENT_BLOCKS);
  const counted = (some: readonly DaysOfKey[]) =>
    some
      .map(({ key, days }): KeyDays => {
        const blocks = dimension === 'artist' ? blocksOf(days, dayTo) : [];
        const seen = new Set(days.map((day) => Math.floor((dayTo - day) / BLOCK_DAYS)));
        const earlierBlocks = [...seen].filter(
          (block) => block >= RECENT_BLOCKS && block < earlier + RECENT_BLOCKS,
        ).length;
        const { label, sample } = shown.get(key) ?? { label: null, sample: [] };
        return { key, days: days.length, groups: groupsOf(days), blocks, earlierBlocks, label, sample };
      })
      .sort((a, b) => b.days - a.days || byText(a.key, b.key));
  return dimension === 'artist'
    ? { keys: counted(keys), sizes: null }
    : { keys: counted(strongest(keys)), sizes: sizesOf(keys) };
}

function groupsOf(days: readonly number[]): number[] {
  const groups = new Array<number>(GROUPS).fill(0);
  for (const day of days) groups[day % GROUPS] = (groups[day % GROUPS] ?? 0) + 1;
  return groups;
}

function blocksOf(days: readonly number[], dayTo: number): number[] {
  const blocks = new Array<number>(BLOCKS).fill(0);
  for (const day of days) {
    const block = Math.floor((dayTo - day) / BLOCK_DAYS);
    if (block < BLOCKS) blocks[block] = (blocks[block] ?? 0) + 1;
  }
  return blocks;
}

function sizesOf(keys: readonly DaysOfKey[]): NonNullable<KeyDayStatistics['sizes']> {
  const all = new Map<number, number>();
  const without = Array.from({ length: GROUPS }, () => new Map<number, number>());
  const add = (sizes: Map<number, number>, size: number, by: number) => sizes.set(size, (sizes.get(size) ?? 0) + by);
  for (const { days } of keys) {
    add(all, days.length, 1);
    // Only groups that a key has days in differ from all: a key of one day touches one of twenty.
    for (const [group, count] of countsByGroup(days)) {
      const sizes = without[group];
      if (!sizes) continue;
      add(sizes, days.length, -1);
      add(sizes, days.length - count, 1);
    }
  }
  for (const sizes of without) for (const [size, count] of all) add(sizes, size, count);
  return { all: sorted(all), without: without.map(sorted) };
}

function countsByGroup(days: readonly number[]): Map<number, number> {
  const groups = new Map<number, number>();
  for (const day of days) groups.set(day % GROUPS, (groups.get(day % GROUPS) ?? 0) + 1);
  return groups;
}

function sorted(sizes: ReadonlyMap<number, number>): Sizes {
  return [...sizes].filter(([size, keys]) => size > 0 && keys > 0).sort(([a], [b]) => a - b);
}
