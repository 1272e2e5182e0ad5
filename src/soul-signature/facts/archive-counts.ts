import { countFacts, type CountedKind } from './counts.js';
import type { FactBuilder } from './fact.js';

/** What archives give of platforms of which nothing else is known. Their plays are counted with those of the others. */
const COUNTED: Readonly<Record<string, readonly CountedKind[]>> = {
  discord: [
    { kind: 'message', name: 'messages', title: 'Messages you sent', unit: 'messages' },
    { kind: 'server', name: 'servers', title: 'Servers', unit: 'servers' },
  ],
  goodreads: [
    { kind: 'read-book', name: 'books_read', title: 'Books you have read', unit: 'books' },
    { kind: 'want-to-read', name: 'books_wanted', title: 'Books you want to read', unit: 'books' },
  ],
  letterboxd: [
    { kind: 'watched-film', name: 'films_watched', title: 'Entries in your film diary', unit: 'entries' },
    { kind: 'rated-film', name: 'films_rated', title: 'Films you rated', unit: 'films' },
  ],
  netflix: [
    { kind: 'watch', name: 'watched', title: 'Viewings', unit: 'viewings' },
    { kind: 'watched-title', name: 'watched_titles', title: 'Titles watched on a day', unit: 'titles' },
  ],
  reddit: [
    { kind: 'comment', name: 'comments', title: 'Comments you wrote', unit: 'comments' },
    { kind: 'post', name: 'posts', title: 'Posts you wrote', unit: 'posts' },
    { kind: 'subscription', name: 'communities', title: 'Communities you follow', unit: 'communities' },
  ],
  youtube: [{ kind: 'watch', name: 'videos_watched', title: 'Videos watched', unit: 'videos' }],
};

/** How many things of each kind archives have told. */
export const archiveCounts: FactBuilder = (statistics) =>
  Object.entries(COUNTED)
    .filter(([platform]) => statistics.connected.includes(platform))
    .flatMap(([platform, counted]) => countFacts(statistics, platform, counted));
