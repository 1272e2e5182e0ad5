import type { SeededRandom } from '../seeded-random.js';
import { ADJECTIVES, NOUNS } from '../words.js';
import type { Track } from './catalog.js';
import type { Listened, RowKind } from './listened.js';

/** Chances that something rare happens before a sitting, at most one of them. */
const RARE = [
  ['incognito', 0.012],
  ['removed-track', 0.006],
  ['local-file', 0.006],
  ['audiobook', 0.004],
  ['video', 0.005],
  ['other-account', 0.005],
  ['future', 0.003],
] as const satisfies readonly (readonly [RowKind, number])[];

const TEN_YEARS_MS = 3_652 * 86_400_000;

/** What an archive tells beside the plays, without what all of a sitting has in common. */
type Aside = Omit<Listened, 'shuffle' | 'device'>;

/**
 * What somebody touches before settling down to the first track of a sitting: tracks of the same album that are skipped
 * or do not even begin, and rarely something longer that an archive tells and the API does not. All of it ends before
 * the track begins; only with a long pause before it is there time for more than ten minutes.
 */
export function asidesBefore(
  startsAt: number,
  first: Track,
  longPause: boolean,
  random: SeededRandom,
): readonly Aside[] {
  const asides: Aside[] = [];
  const others = first.album.tracks.filter(({ id }) => id !== first.id);
  let at = startsAt - random.between(500, 4_000);
  const add = (is: RowKind, msPlayed: number, what: Listened['what'], end: string, offline = false) => {
    asides.push({ is, at, msPlayed, what, why: { start: 'clickrow', end }, offline });
    at -= msPlayed + random.between(500, 4_000);
  };
  for (let left = random.chance(0.55) ? random.between(1, 3) : 0; left > 0; left -= 1) {
    add('skip', random.between(900, 29_800), { track: random.pick(others) }, 'fwdbtn');
  }
  if (random.chance(0.15)) add('nothing-played', 0, { track: random.pick(others) }, 'unknown');
  const rare = longPause ? rareKind(random) : undefined;
  if (rare === undefined) return asides;
  const track = random.pick(others);
  const name = `${random.pick(ADJECTIVES)} ${random.pick(NOUNS)}`;
  const msPlayed = random.between(60_000, track.durationMs);
  if (rare === 'audiobook') add(rare, msPlayed, { book: `The ${name}`, chapter: 'Chapter 3' }, 'endplay');
  else if (rare === 'video') add(rare, msPlayed, { video: name }, 'endplay');
  else add(rare, msPlayed, { track }, 'trackdone', rare === 'future');
  return asides;
}

function rareKind(random: SeededRandom): RowKind | undefined {
  let left = random.next();
  return RARE.find(([, chance]) => (left -= chance) < 0)?.[0];
}

/** What the archive gives as the end, by a clock that may be wrong. */
export function toldEnd({ is, at }: Pick<Listened, 'is' | 'at'>): number {
  return is === 'future' ? at + TEN_YEARS_MS : at;
}
