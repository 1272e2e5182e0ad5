import { cursorFrom } from './list-cursor.js';
import type { Json } from './platform.js';
import type { ListOrder } from './list.js';

const NEWEST = { newest: '2026-10-23T17:25:04.000Z', total: 634, listedAt: '2026-11-01T12:00:00.000Z' };

test.each<[what: string, order: ListOrder, stored: Json, understood: object]>([
  ["Spotify's plays", 'since', '2026-10-31T15:52:03.687Z', { newest: '2026-10-31T15:52:03.687Z' }],
  ["Spotify's top lists", 'daily', '2026-11-01', { version: '2026-11-01' }],
  ["a playlist's items", 'whole', '8NpakTgYucm2RxcJkfO7tR', { version: '8NpakTgYucm2RxcJkfO7tR' }],
  ['saved things and likes', 'newest', NEWEST, NEWEST],
  ["GitHub's activity and gists", 'log', { etag: 'W/"02"' }, { etag: 'W/"02"' }],
  ["GitHub's issues", 'since', { since: NEWEST.newest }, { newest: NEWEST.newest }],
  ["GitHub's stars", 'newest', { etag: 'W/"f9"', newest: NEWEST }, { ...NEWEST, etag: 'W/"f9"' }],
  ["GitHub's stars, of several pages", 'newest', { newest: NEWEST }, NEWEST],
  [
    "a repository's commits",
    'since',
    { pushedAt: '2026-11-01T00:11:00Z', newest: NEWEST.newest },
    { version: '2026-11-01T00:11:00Z', newest: NEWEST.newest },
  ],
  [
    "an empty repository's commits",
    'since',
    { pushedAt: '2026-01-05T20:51:59Z', newest: null },
    { version: '2026-01-05T20:51:59Z' },
  ],
])('a cursor that the version before stored of %s is understood', (_what, order, stored, understood) => {
  expect(cursorFrom(stored, order)).toEqual(understood);
});

test.each([null, 42, [], '', { newest: 'yesterday' }, { version: 5 }, { pushedAt: 5 }, { nonsense: true }])(
  'a cursor that cannot be understood (%j) is none',
  (stored) => {
    for (const order of ['log', 'since', 'newest', 'daily'] as const) {
      const { version = '', ...cursor } = cursorFrom(stored, order);
      expect({ version, ...cursor }).toEqual({ version: '' });
    }
  },
);
