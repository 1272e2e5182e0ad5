import { SeededRandom } from '../seeded-random.js';
import { ADJECTIVES, FIRST_NAMES, NOUNS, SURNAMES } from '../words.js';
import { numericId } from './github-id.js';

/** The languages of other people's repositories, with what such repositories are about. */
const LANGUAGES = {
  Rust: ['cli', 'audio', 'parser', 'wasm'],
  TypeScript: ['editor', 'graph', 'testing', 'web'],
  Python: ['data', 'finance', 'notebook', 'scheduler'],
  Go: ['queue', 'proxy', 'cli', 'observability'],
  Kotlin: ['android', 'compose', 'multiplatform', 'maps'],
  C: ['firmware', 'synthesizer', 'emulator', 'kernel'],
  Haskell: ['compiler', 'types', 'parser', 'music'],
  Shell: ['dotfiles', 'backup', 'terminal', 'setup'],
  Swift: ['ios', 'charts', 'widgets', 'maps'],
  Zig: ['allocator', 'games', 'terminal', 'wasm'],
} as const;

/** One of the catalogue's languages. */
export type CatalogueLanguage = keyof typeof LANGUAGES;

const NAMES = Object.keys(LANGUAGES) as readonly CatalogueLanguage[]; // the keys of a literal
const PER_LANGUAGE = 150;

/** Somebody with an account, invented. */
export interface GitHubUser {
  readonly id: number;
  readonly login: string;
  readonly name: string;
  readonly type: 'User' | 'Organization';
}

/** An invented repository of somebody else. */
export interface ForeignRepository {
  readonly id: number;
  readonly owner: GitHubUser;
  readonly name: string;
  readonly description: string;
  readonly language: CatalogueLanguage;
  readonly topics: readonly string[];
  readonly stars: number;
  /** In ms since the epoch; before any persona joined. */
  readonly createdAt: number;
}

/** The invented person with a number; the factor 7919 is prime, so 1,280 numbers have different names. */
export function person(number: number): GitHubUser {
  const combination = (number * 7919) % (FIRST_NAMES.length * SURNAMES.length);
  const first = FIRST_NAMES[combination % FIRST_NAMES.length] ?? '';
  const last = SURNAMES[Math.floor(combination / FIRST_NAMES.length)] ?? '';
  const login = `${first}-${last}`.toLowerCase();
  return { id: numericId('account', login), login, name: `${first} ${last}`, type: 'User' };
}

/** The invented organisation of this login. */
export function organisation(login: string): GitHubUser {
  return { id: numericId('account', login), login, name: login, type: 'Organization' };
}

const known = new Map<number, ForeignRepository>();

/** Some repository in a language. */
export function someRepository(random: SeededRandom, language: CatalogueLanguage): ForeignRepository {
  const number = NAMES.indexOf(language) * PER_LANGUAGE + random.between(0, PER_LANGUAGE - 1);
  const existing = known.get(number);
  if (existing) return existing;
  const created = inventRepository(number);
  known.set(number, created);
  return created;
}

function inventRepository(number: number): ForeignRepository {
  const random = new SeededRandom(`github/repository/${number}`);
  const language = NAMES[Math.floor(number / PER_LANGUAGE)] ?? 'Rust';
  const topic = random.pick(LANGUAGES[language]);
  const adjective = random.pick(ADJECTIVES).toLowerCase();
  const noun = random.pick(NOUNS).toLowerCase();
  const owner = random.chance(0.3) ? organisation(`${noun}-works-${number}`) : person(random.between(0, 1_279));
  return {
    id: numericId('repository', `catalogue/${number}`),
    owner,
    name: `${adjective}-${noun}`,
    description: `A ${adjective} ${topic} toolkit, invented for the sandbox.`,
    language,
    topics: [language.toLowerCase(), topic],
    stars: Math.floor(20 * 1_500 ** random.next()),
    createdAt: Date.UTC(
      random.between(2014, 2023),
      random.between(0, 11),
      random.between(1, 28),
      random.between(0, 23),
    ),
  };
}
