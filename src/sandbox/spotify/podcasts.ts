import { SeededRandom } from '../seeded-random.js';
import { spotifyId } from './spotify-id.js';
import { ADJECTIVES, FIRST_NAMES, SHOW_TOPICS, SURNAMES } from '../words.js';

const WEEK_MS = 7 * 86_400_000;

/** An invented weekly podcast. */
export interface Show {
  readonly number: number;
  readonly id: string;
  readonly name: string;
  readonly publisher: string;
  readonly description: string;
  /** Time of the first episode; one more comes out every week. */
  readonly startedAt: number;
}

/** One episode; `releasedAt` is in ms since the epoch. */
export interface Episode {
  readonly id: string;
  readonly name: string;
  readonly show: Show;
  readonly releasedAt: number;
  readonly durationMs: number;
}

/** The invented podcast with this number. */
export function show(number: number): Show {
  const random = new SeededRandom(`show/${number}`);
  const topic = SHOW_TOPICS[number % SHOW_TOPICS.length] ?? '';
  return {
    number,
    id: spotifyId('show', String(number)),
    name: random.pick([`All About ${topic}`, `The ${random.pick(ADJECTIVES)} ${topic} Hour`, `${topic}, Slowly`]),
    publisher: `${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`,
    description: `A weekly conversation about ${topic.toLowerCase()}, with an invented guest.`,
    startedAt: Date.UTC(2020, 0, 6, 5) + random.between(0, 200) * WEEK_MS,
  };
}

/** How many episodes are out at a time. */
export function episodesBy(of: Show, at: number): number {
  return Math.max(0, Math.floor((at - of.startedAt) / WEEK_MS) + 1);
}

/** The episode with a number from 1. */
export function episode(of: Show, number: number): Episode {
  const random = new SeededRandom(`episode/${of.number}.${number}`);
  return {
    id: spotifyId('episode', `${of.number}.${number}`),
    name: `#${number}: ${random.pick(FIRST_NAMES)} ${random.pick(SURNAMES)}`,
    show: of,
    releasedAt: of.startedAt + (number - 1) * WEEK_MS,
    durationMs: random.between(18, 75) * 60_000,
  };
}
