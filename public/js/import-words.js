import { count, spoken } from './words.js';

/** Why rows are left out on purpose. */
const SKIPPED = {
  INCOGNITO: 'heard in a private session',
  AUDIOBOOK: 'audiobooks',
  VIDEO: 'videos among the music',
  LOCAL_FILE: 'files of your own, without a name there',
  NOTHING_PLAYED: 'begun and not played',
  ADVERTISEMENT: 'advertisements',
  REMOVED: 'removed by the platform, with their names',
  HIDDEN: 'hidden from your history by you',
  OTHER_PROFILE: 'of another profile',
  NOT_WATCHED: 'played by themselves: trailers, previews',
  NO_DATE: 'without a date, or with one that can be read in two ways',
  OTHER_ACTIVITY: 'something else: searches, visits, posts',
  OTHER_LIST: 'in lists that say nothing of your taste',
};

/** Why rows could not be read. */
const UNREAD = {
  BAD_ROW: 'damaged, or of a form that is new to us',
  BAD_TIME: 'with a time that cannot be',
  ROW_TOO_LONG: 'far too long',
  ROW_TOO_DEEP: 'nested too deeply',
  CUT_SHORT: 'cut off: the file ends in the middle',
};

/** Why a file is not read. */
const NOT_READ = {
  NOT_RECOGNIZED: 'not a file that we read',
  EMPTY: 'empty',
  ARCHIVE_ENCRYPTED: 'locked with a password',
  ARCHIVE_NESTED: 'an archive inside the archive',
  ARCHIVE_BROKEN: 'damaged',
  ARCHIVE_TOO_LARGE: 'too large',
  ARCHIVE_BOMB: 'unpacks to far more than it can hold',
  HTML_HISTORY: 'a history as a web page; choose JSON at takeout.google.com',
  DISCORD_ACCOUNT: 'account details; send the whole package',
  DISCORD_CHAT_EXPORT: 'a chat with what others wrote; ask Discord for your own data',
  REDDIT_STATISTICS: 'statistics of the account; send the whole export',
};

/** What a person can do about an upload or an import that was refused. */
const WAYS_OUT = {
  ARCHIVE_ENCRYPTED: 'Open it with its password, and send what is inside.',
  ARCHIVE_NESTED: 'Take out what is inside, and send that.',
  ARCHIVE_BROKEN: 'Download it again where you got it from, and send the new one.',
  ARCHIVE_BOMB: 'Download it again where you got it from, and send the new one.',
  ARCHIVE_TOO_LARGE: 'Open it, and send the files that are inside, a few at a time.',
  TOO_MANY_FILES: 'Send the zip as it came, or only the files that count.',
  UPLOAD_RUNNING: 'Perhaps in another window. Send this one when that has ended.',
  UNREACHABLE: 'Nothing was kept. Send it again when the connection is back.',
  UPLOAD_GONE: 'Take it out, and send the files again.',
};

const KINDS = {
  play: ['play', 'plays'],
  'skipped-play': ['play skipped within half a minute', 'plays skipped within half a minute'],
  'podcast-play': ['podcast episode', 'podcast episodes'],
  'skipped-podcast-play': ['podcast episode skipped at once', 'podcast episodes skipped at once'],
  'music-play': ['song on YouTube', 'songs on YouTube'],
  watch: ['thing watched', 'things watched'],
  'watched-title': ['title watched', 'titles watched'],
  'watched-film': ['film watched', 'films watched'],
  'rated-film': ['film rated', 'films rated'],
  'read-book': ['book read', 'books read'],
  'reading-book': ['book being read', 'books being read'],
  'want-to-read': ['book to read', 'books to read'],
  'shelved-book': ['book on a shelf of yours', 'books on shelves of yours'],
};

const inWords = (table, code) => table[code] ?? spoken(code.toLowerCase());

export const skippedWords = (code) => inWords(SKIPPED, code);
export const unreadWords = (code) => inWords(UNREAD, code);
export const notReadWords = (code) => inWords(NOT_READ, code);

/** What helps, or null where the message alone says so. */
export const wayOut = (code) => WAYS_OUT[code] ?? null;

/** "8,412 plays". */
export function kindWords(kind, amount) {
  return count(amount, ...(KINDS[kind] ?? [spoken(kind)]));
}

/** The last part of a path within an archive. */
export function fileName(path) {
  return path.split('/').at(-1) || path;
}

/** "my_spotify_data.zip", or "my_spotify_data.zip and 2 more". */
export function filesWords([first, ...others]) {
  const name = fileName(first?.name ?? 'files');
  return others.length > 0 ? `${name} and ${others.length} more` : name;
}
