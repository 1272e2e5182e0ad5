import type { DailyRhythm, Hours } from '../local-day.js';
import { type Language, PEOPLE } from '../people.js';
import type { StandInPersona } from '../stand-in.js';
import type { Topic } from './catalogue.js';

/** An invented viewer. */
export interface Persona extends StandInPersona, DailyRhythm {
  /** First day of the account, `YYYY-MM-DD`. */
  readonly since: string;
  /** Null for an account without a channel, as many have. */
  readonly channel: { readonly title: string; readonly uploadDay: number } | null;
  readonly topics: readonly Topic[];
  /** Chances a day, and the most likes of a day with some. */
  readonly likeDay: number;
  readonly mostLikes: number;
  readonly subscribeDay: number;
  readonly playlistDay: number;
  readonly playlists: readonly string[];
  readonly language: Language;
  /** How much is watched, which only an archive tells, since a day (`YYYY-MM-DD`) that may lie before `since`. */
  readonly watching: {
    readonly since: string;
    /** Ranges: sittings of a day, and videos of a sitting. */
    readonly sittings: readonly [number, number];
    readonly videos: readonly [number, number];
  } | null;
}

const EVENING: Hours = { 19: 2, 20: 4, 21: 4, 22: 2 };
const NIGHT: Hours = { 21: 2, 22: 4, 23: 5, 0: 5, 1: 3 };

/** The people of the sandbox's YouTube. */
export const PERSONAS: readonly Persona[] = [
  {
    ...PEOPLE.mira,
    life: 'Night owl from Berlin (Europe/Berlin): synthesizers and jazz sessions, live sets of her own now and then.',
    since: '2023-03-01',
    channel: { title: 'Mira plays late', uploadDay: 0.02 },
    topics: ['electronic', 'jazz', 'film', 'programming'],
    likeDay: 0.55,
    mostLikes: 4,
    subscribeDay: 0.08,
    playlistDay: 0.12,
    playlists: ['modular patches', 'horns live', 'films about nothing', 'learn Rust'],
    watching: { since: '2022-09-05', sittings: [0, 3], videos: [1, 6] },
    hours: { weekday: NIGHT, weekend: { ...NIGHT, 15: 1, 16: 1 } },
  },
  {
    ...PEOPLE.tobias,
    life: 'Day person from New York (America/New_York): folk, bread and bicycles.',
    since: '2023-08-14',
    channel: { title: 'Tobias Fairlamb', uploadDay: 0 },
    topics: ['folk', 'cooking', 'cycling'],
    likeDay: 0.4,
    mostLikes: 2,
    subscribeDay: 0.04,
    playlistDay: 0.08,
    playlists: ['sourdough', 'long rides'],
    watching: { since: '2022-08-01', sittings: [0, 2], videos: [1, 4] },
    hours: { weekday: { 7: 2, 12: 3, 13: 2, 18: 1 }, weekend: { 8: 2, 9: 3, 10: 3, 14: 2 } },
  },
  {
    ...PEOPLE.aiko,
    life: 'Commuter from Tokyo (Asia/Tokyo): science on the train, travel in the evening, no channel.',
    since: '2024-01-08',
    channel: null,
    topics: ['science', 'travel', 'electronic'],
    likeDay: 0.45,
    mostLikes: 3,
    subscribeDay: 0.05,
    playlistDay: 0,
    playlists: [],
    watching: { since: '2022-10-03', sittings: [0, 3], videos: [1, 5] },
    hours: { weekday: { 7: 4, 8: 4, 18: 2, ...EVENING }, weekend: EVENING },
  },
  {
    ...PEOPLE.noor,
    life: 'Newcomer from Lisbon (Europe/Lisbon): an account with nothing in it yet.',
    since: '2026-01-05',
    channel: null,
    topics: ['film'],
    likeDay: 0,
    mostLikes: 0,
    subscribeDay: 0,
    playlistDay: 0,
    playlists: [],
    watching: null,
    hours: { weekday: EVENING, weekend: EVENING },
  },
];
