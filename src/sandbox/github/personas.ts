import type { Hours } from '../local-day.js';
import { PEOPLE } from '../people.js';
import { AIKOS_PROJECTS } from './aikos-projects.js';
import { MIRAS_PROJECTS } from './miras-projects.js';
import type { Persona } from './persona.js';
import { TOBIASS_PROJECTS } from './tobiass-projects.js';

const NIGHT: Hours = { 21: 2, 22: 5, 23: 6, 0: 5, 1: 4 };
const TRAIN: Hours = { 7: 5, 8: 5, 18: 3, 19: 3 };
/** The people of the sandbox's GitHub. */
export const PERSONAS: readonly Persona[] = [
  {
    ...PEOPLE.mira,
    life: 'Night-owl maker from Berlin (Europe/Berlin): many small things in Rust and TypeScript, between 21:00 and 03:00.',
    login: 'mira-vennholt',
    location: PEOPLE.mira.city,
    bio: 'small programs, late',
    since: '2024-09-30',
    hours: { weekday: NIGHT, weekend: { ...NIGHT, 16: 1, 20: 1 } },
    habits: {
      code: { weekday: 0.62, weekend: 0.5 },
      star: 0.42,
      contribute: { weekday: 0.03, weekend: 0.05 },
      pullRequestShare: 0.4,
      gist: 0.03,
    },
    interests: ['Rust', 'TypeScript', 'Haskell', 'C', 'Zig'],
    organisations: ['sleepless-mill'],
    following: 64,
    followers: 41,
    gistLanguage: { name: 'Rust', extension: 'rs' },
    projects: MIRAS_PROJECTS,
  },
  {
    ...PEOPLE.tobias,
    life: 'Daylight devotee from New York (America/New_York): one large Python ledger, every working day from 9 to 17.',
    login: 'tobias-fairlamb',
    location: PEOPLE.tobias.city,
    bio: null,
    since: '2024-05-06',
    hours: { weekday: { 9: 4, 10: 5, 11: 5, 13: 4, 14: 5, 15: 4, 16: 2 }, weekend: { 10: 1 } },
    habits: {
      code: { weekday: 0.96, weekend: 0 },
      star: 0.06,
      contribute: { weekday: 0.05, weekend: 0 },
      pullRequestShare: 0.5,
      gist: 0.008,
    },
    interests: ['Python', 'TypeScript'],
    organisations: ['plainledger'],
    following: 12,
    followers: 133,
    gistLanguage: { name: 'Python', extension: 'py' },
    projects: TOBIASS_PROJECTS,
  },
  {
    ...PEOPLE.aiko,
    life: 'Commuter and weekend maker from Tokyo (Asia/Tokyo): issues and reviews on the train, Go and Kotlin at weekends.',
    login: 'aiko-tsurumori',
    location: PEOPLE.aiko.city,
    bio: 'Sundays only.',
    since: '2024-09-02',
    hours: { weekday: TRAIN, weekend: { 10: 2, 11: 3, 13: 3, 14: 4, 15: 4, 16: 3, 20: 2, 21: 2 } },
    habits: {
      code: { weekday: 0.06, weekend: 0.85 },
      star: 0.25,
      contribute: { weekday: 0.46, weekend: 0.04 },
      pullRequestShare: 0.3,
      gist: 0.012,
    },
    interests: ['Kotlin', 'Go', 'C', 'Swift'],
    organisations: ['sunday-makers', 'departures'],
    following: 88,
    followers: 102,
    gistLanguage: { name: 'Go', extension: 'go' },
    projects: AIKOS_PROJECTS,
  },
  {
    ...PEOPLE.noor,
    life: 'Newcomer from Lisbon (Europe/Lisbon): an account with one empty repository and two stars.',
    login: 'noor-halvanidis',
    location: PEOPLE.noor.city,
    bio: null,
    since: '2026-09-14',
    hours: { weekday: { 18: 1, 19: 1 }, weekend: { 11: 1 } },
    habits: {
      code: { weekday: 0, weekend: 0 },
      star: 0,
      contribute: { weekday: 0, weekend: 0 },
      pullRequestShare: 0,
      gist: 0,
    },
    interests: ['Python', 'TypeScript'],
    organisations: [],
    following: 0,
    followers: 0,
    gistLanguage: { name: 'Python', extension: 'py' },
    projects: [
      {
        name: 'hello-world',
        description: null,
        owner: null,
        languages: {},
        topics: [],
        from: '2026-09-14',
        work: 0,
        commits: [0, 0],
      },
    ],
    firstStars: 2,
  },
];
