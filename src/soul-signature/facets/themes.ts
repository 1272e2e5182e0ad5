import type { Concept } from './concept.js';
import { SENSITIVE } from './sensitive-themes.js';

/** Raise with every change of the table: a theme that moved is no change of the person. */
export const THEMES_VERSION = '2026.3';

/**
 * Which typed tag belongs to which theme. Typed keys only: a bare word such as "go" or "metal" means anything. What
 * is about health, sexuality, belief, politics or unions stands in `SENSITIVE`.
 */
const CONCEPTS: Readonly<Record<string, Concept>> = {
  rust: { label: 'Rust', languages: ['Rust'], topics: ['rust', 'rust-lang'], subs: ['rust', 'learnrust'] },
  go: { label: 'Go', languages: ['Go'], topics: ['golang'], subs: ['golang'] },
  python: {
    label: 'Python',
    languages: ['Python', 'Jupyter Notebook'],
    topics: ['python', 'python3'],
    subs: ['python', 'learnpython'],
  },
  javascript: {
    label: 'JavaScript and TypeScript',
    languages: ['JavaScript', 'TypeScript'],
    topics: ['javascript', 'typescript', 'nodejs', 'react', 'vue'],
    subs: ['javascript', 'typescript', 'node', 'reactjs'],
  },
  functional: {
    label: 'Functional programming',
    languages: ['Haskell', 'OCaml', 'Elixir', 'Elm', 'F#', 'Clojure', 'Scala'],
    topics: ['haskell', 'functional-programming', 'elixir'],
    subs: ['haskell', 'functionalprogramming', 'elixir'],
  },
  systems: {
    label: 'Systems programming',
    languages: ['C', 'C++', 'Zig', 'Assembly', 'Rust'],
    topics: ['embedded', 'kernel', 'operating-system', 'compiler'],
    subs: ['cpp', 'c_programming', 'zig', 'embedded', 'osdev'],
  },
  mobile: {
    label: 'Mobile apps',
    languages: ['Kotlin', 'Swift', 'Dart', 'Objective-C'],
    topics: ['android', 'ios', 'flutter', 'swift', 'kotlin'],
    subs: ['androiddev', 'iosprogramming', 'flutterdev'],
  },
  web: {
    label: 'The web',
    languages: ['HTML', 'CSS', 'SCSS', 'Vue', 'Svelte', 'PHP'],
    topics: ['css', 'html', 'web', 'frontend', 'webcomponents'],
    subs: ['webdev', 'css', 'frontend'],
  },
  data: {
    label: 'Data and machine learning',
    languages: ['R', 'Julia', 'Jupyter Notebook'],
    topics: ['machine-learning', 'deep-learning', 'data-science', 'statistics'],
    subs: ['machinelearning', 'datascience', 'statistics'],
  },
  'finance-tools': {
    label: 'Bookkeeping and money',
    topics: ['accounting', 'finance', 'plain-text-accounting'],
    subs: ['plaintextaccounting', 'personalfinance'],
  },
  'music-making': {
    label: 'Making music',
    topics: ['synthesizer', 'midi'],
    subs: ['synthesizers', 'wearethemusicmakers', 'modular'],
  },
  music: {
    label: 'Music',
    topics: ['music'],
    youtube: [
      'Music',
      'Pop_music',
      'Rock_music',
      'Electronic_music',
      'Jazz',
      'Classical_music',
      'Hip_hop_music',
      'Independent_music',
      'Soul_music',
      'Rhythm_and_blues',
      'Reggae',
      'Country_music',
      'Music_of_Asia',
      'Music_of_Latin_America',
    ],
    subs: ['music', 'listentothis', 'letstalkmusic'],
  },
  jazz: { label: 'Jazz', topics: ['jazz-music'], youtube: ['Jazz'], subs: ['jazz'], genres: ['jazz', 'bebop'] },
  electronic: {
    label: 'Electronic music',
    topics: ['electronic-music'],
    youtube: ['Electronic_music'],
    subs: ['electronicmusic', 'techno', 'house', 'idm'],
    genres: ['electronica', 'techno', 'house', 'idm', 'ambient', 'downtempo', 'electropop', 'drum and bass'],
  },
  rock: {
    label: 'Rock',
    topics: ['rock-music'],
    youtube: ['Rock_music'],
    subs: ['rock'],
    genres: ['rock'],
  },
  pop: { label: 'Pop', topics: ['pop-music'], youtube: ['Pop_music'], subs: ['popheads'], genres: ['pop'] },
  classical: {
    label: 'Classical music',
    topics: ['classical-music'],
    youtube: ['Classical_music'],
    subs: ['classicalmusic'],
    genres: ['classical', 'baroque', 'chamber music'],
  },
  'hip-hop': {
    label: 'Hip hop',
    topics: ['hip-hop-music'],
    youtube: ['Hip_hop_music'],
    subs: ['hiphopheads'],
    genres: ['hip hop', 'rap'],
  },
  games: {
    label: 'Games',
    topics: ['game', 'gamedev', 'game-development', 'game-engine', 'godot', 'minecraft', 'unity'],
    youtube: [
      'Video_game_culture',
      'Action_game',
      'Strategy_video_game',
      'Role-playing_video_game',
      'Puzzle_video_game',
      'Simulation_video_game',
      'Action-adventure_game',
      'Casual_game',
      'Racing_video_game',
      'Sports_game',
      'Music_video_game',
    ],
    subs: ['games', 'gaming', 'gamedev', 'truegaming'],
  },
  technology: { label: 'Technology', youtube: ['Technology'], subs: ['technology', 'programming', 'hardware'] },
  knowledge: {
    label: 'Knowledge',
    youtube: ['Knowledge'],
    subs: ['todayilearned', 'askscience', 'explainlikeimfive', 'askhistorians'],
  },
  film: {
    label: 'Film and television',
    youtube: ['Film', 'Television_program'],
    subs: ['movies', 'truefilm', 'television'],
  },
  sport: {
    label: 'Sport',
    youtube: [
      'Sport',
      'Association_football',
      'Basketball',
      'Tennis',
      'Motorsport',
      'Baseball',
      'Cricket',
      'Golf',
      'Ice_hockey',
      'Volleyball',
      'Mixed_martial_arts',
      'American_football',
      'Boxing',
      'Professional_wrestling',
    ],
    subs: ['sports', 'soccer', 'nba', 'formula1', 'cycling', 'bicycling', 'running'],
  },
  food: {
    label: 'Food',
    topics: ['recipes', 'cooking'],
    youtube: ['Food'],
    subs: ['cooking', 'food', 'baking', 'breadit'],
  },
  travel: {
    label: 'Travel and maps',
    topics: ['maps', 'openstreetmap', 'gis', 'transit', 'gtfs'],
    youtube: ['Tourism'],
    subs: ['travel', 'openstreetmap', 'maps'],
  },
  vehicles: { label: 'Vehicles', youtube: ['Vehicle'], subs: ['cars', 'trains'] },
  animals: { label: 'Animals', youtube: ['Pet'], subs: ['aww', 'cats', 'dogs'] },
  style: { label: 'Style', youtube: ['Fashion'], subs: ['malefashionadvice', 'femalefashionadvice', 'streetwear'] },
  'self-hosting': {
    label: 'Running servers',
    languages: ['HCL', 'Dockerfile'],
    topics: ['self-hosted', 'docker', 'kubernetes', 'terraform', 'homelab'],
    subs: ['selfhosted', 'homelab', 'sysadmin'],
  },
  'art-code': {
    label: 'Drawing with code',
    topics: ['generative-art', 'creative-coding', 'processing', 'shaders', 'p5js'],
    subs: ['generative', 'creativecoding'],
  },
};

/** Genres whose words mislead, with what they carry instead. */
const MISLEADING: ReadonlyMap<string, readonly string[]> = new Map([
  ['ambient folk', []],
  ['baroque pop', ['pop']],
  ['indian classical', []],
  ['jazz rap', ['hip-hop']],
  ['pop punk', ['rock']],
  ['rap metal', []],
]);

const BY_TAG: ReadonlyMap<string, readonly string[]> = (() => {
  const table = new Map<string, string[]>();
  const add = (tag: string, concept: string) => table.set(tag, [...(table.get(tag) ?? []), concept]);
  for (const [concept, { languages, topics, youtube, subs }] of Object.entries({ ...CONCEPTS, ...SENSITIVE })) {
    for (const language of languages ?? []) add(`github:language:${language}`, concept);
    for (const topic of topics ?? []) add(`github:topic:${topic}`, concept);
    for (const page of youtube ?? []) add(`youtube:topic:${page}`, concept);
    for (const sub of subs ?? []) add(`reddit:sub:${sub}`, concept);
  }
  return table;
})();

const GENRES = Object.entries(CONCEPTS).flatMap(([concept, { genres }]) =>
  (genres ?? []).map((genre) => ({ concept, word: new RegExp(`(^|[^a-z])${genre}($|[^a-z])`, 'u') })),
);

/** The themes that a typed tag carries; sensitive ones only on request. */
export function conceptsOf(tag: string, sensitiveTopics = false): string[] {
  const genre = /^spotify:genre:(.*)$/u.exec(tag)?.[1]?.toLowerCase();
  if (genre !== undefined) {
    const themes = MISLEADING.get(genre) ?? GENRES.flatMap(({ word, concept }) => (word.test(genre) ? [concept] : []));
    return [...themes];
  }
  const plain = tag
    .replace(/^(youtube:topic:)https?:\/\/[a-z]+\.wikipedia\.org\/wiki\//u, '$1')
    .replace(/^reddit:sub:.*$/u, (sub) => sub.toLowerCase());
  return (BY_TAG.get(plain) ?? []).filter((concept) => sensitiveTopics || !isSensitive(concept));
}

export function labelOfConcept(concept: string): string {
  return (CONCEPTS[concept] ?? SENSITIVE[concept])?.label ?? concept;
}

/** Whether a theme is shown only to those who asked for it, and never compared. */
export function isSensitive(concept: string): boolean {
  return concept in SENSITIVE;
}
