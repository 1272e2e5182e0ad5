import type { Json, JsonObject } from '../../src/platforms/platform.js';

/** When the version before lists had one reader read the invented `devotee`, and what it stored. */
export const FORMER_RUN = new Date('2026-11-01T12:00:00Z');

/** What was stored of a platform. */
export interface FormerState {
  /** The cursors after a whole extraction, and how many requests the next one made. */
  readonly cursors: Readonly<Record<string, Json>>;
  readonly requests: number;
  /** Of an extraction that did not end: its checkpoint, its cursors, and how many items it had stored. */
  readonly unfinished: {
    readonly checkpoint: JsonObject;
    readonly cursors: Readonly<Record<string, Json>>;
    readonly items: number;
  };
}

/** Literal values of that version: Spotify's and GitHub's cursors had forms of their own, and so had all checkpoints. */
export const FORMER_STATES: Readonly<Record<string, FormerState>> = {
  spotify: {
    cursors: {
      account: '1 GSy82GH6eY',
      play: '2026-10-31T15:52:03.687Z',
      'top-artist short_term': '2026-11-01',
      'top-artist medium_term': '2026-11-01',
      'top-artist long_term': '2026-11-01',
      'top-track short_term': '2026-11-01',
      'top-track medium_term': '2026-11-01',
      'top-track long_term': '2026-11-01',
      'saved-track': { newest: '2026-10-23T17:25:04.000Z', total: 634, listedAt: '2026-11-01T12:00:00.000Z' },
      'saved-album': { newest: '2026-10-27T15:20:28.000Z', total: 52, listedAt: '2026-11-01T12:00:00.000Z' },
      'saved-show': { newest: '2026-09-14T18:31:23.000Z', total: 5, listedAt: '2026-11-01T12:00:00.000Z' },
      'saved-episode': { newest: '2026-06-05T19:57:31.000Z', total: 5, listedAt: '2026-11-01T12:00:00.000Z' },
      'playlist-item 0jrewlsxgdO2VSVLtmdzw2': '8NpakTgYucm2RxcJkfO7tR',
      'playlist-item HHQLKNT2zSnAgOdxu7dEio': 'E02M3eExKLPh9Ws3si35ia',
      'playlist-item flJs2y8MlZGrqcHzThyQ1J': 'Gs79xyyAsQlFxfVqzry53j',
      'playlist-item aKQqEBAUj7Me4vliJxKyOE': 'hLqmYF1tb5ZAh8pfskZdq6',
      'playlist-item HbAaI6Mp57D1afvzYoMQl1': 'wEBjusSUKvDOieqq8vPZNZ',
      'playlist-item 2Hlz1ly0ij8RhC76tJbYDT': 'EUf1dT1gqQxV2ALHW569AE',
      'playlist-item y6NSyRzXyTg9GXMnIoRfJ9': 'tnYV24oFTp9pYrB5wY4wuS',
    },
    requests: 8,
    unfinished: {
      checkpoint: {
        section: 'playlists',
        next: null,
        pages: 1,
        read: 8,
        anew: false,
        newest: null,
        fresh: 0,
        length: 8,
        steady: true,
        done: 0.6739130434782609,
        profileIds: ['GSy82GH6eY', 'igmijrqy5pkfy5rilqxahc'],
        startedAt: '2026-11-01T12:00:00.000Z',
        snapshotDay: '2026-11-01',
        playlists: {
          queue: [
            { id: 'HHQLKNT2zSnAgOdxu7dEio', version: 'E02M3eExKLPh9Ws3si35ia', empty: false },
            { id: 'flJs2y8MlZGrqcHzThyQ1J', version: 'Gs79xyyAsQlFxfVqzry53j', empty: false },
            { id: 'aKQqEBAUj7Me4vliJxKyOE', version: 'hLqmYF1tb5ZAh8pfskZdq6', empty: false },
            { id: 'HbAaI6Mp57D1afvzYoMQl1', version: 'wEBjusSUKvDOieqq8vPZNZ', empty: false },
            { id: '2Hlz1ly0ij8RhC76tJbYDT', version: 'EUf1dT1gqQxV2ALHW569AE', empty: false },
            { id: 'y6NSyRzXyTg9GXMnIoRfJ9', version: 'tnYV24oFTp9pYrB5wY4wuS', empty: false },
          ],
          items: null,
          itemPages: 0,
          listed: true,
          total: 8,
          refused: 0,
        },
      },
      cursors: {
        account: '1 GSy82GH6eY',
        play: '2026-10-31T15:52:03.687Z',
        'top-artist short_term': '2026-11-01',
        'top-artist medium_term': '2026-11-01',
        'top-artist long_term': '2026-11-01',
        'top-track short_term': '2026-11-01',
        'top-track medium_term': '2026-11-01',
        'top-track long_term': '2026-11-01',
        'saved-track': { newest: '2026-10-23T17:25:04.000Z', total: 634, listedAt: '2026-11-01T12:00:00.000Z' },
        'saved-album': { newest: '2026-10-27T15:20:28.000Z', total: 52, listedAt: '2026-11-01T12:00:00.000Z' },
        'saved-show': { newest: '2026-09-14T18:31:23.000Z', total: 5, listedAt: '2026-11-01T12:00:00.000Z' },
        'saved-episode': { newest: '2026-06-05T19:57:31.000Z', total: 5, listedAt: '2026-11-01T12:00:00.000Z' },
        'playlist-item 0jrewlsxgdO2VSVLtmdzw2': '8NpakTgYucm2RxcJkfO7tR',
      },
      items: 1495,
    },
  },
  github: {
    cursors: {
      account: '1 226534645840',
      event: { etag: 'W/"0209e8d77d4f93f7cdacc23ebc63793cec48a3cb8858a7848be33af1cc3c5008"' },
      'commit 240942850679': { pushedAt: '2026-11-01T00:11:00Z', newest: '2026-10-30T14:52:18.000Z' },
      'commit 533711764517': { pushedAt: '2026-10-31T21:05:00Z', newest: '2026-10-20T20:17:50.000Z' },
      'commit 523600921301': { pushedAt: '2026-10-02T15:52:23Z', newest: '2026-10-02T15:52:23.000Z' },
      'commit 837332321428': { pushedAt: '2026-01-05T20:51:59Z', newest: null },
      'commit 963011110653': { pushedAt: '2025-02-12T16:49:55Z', newest: '2025-02-12T16:49:55.000Z' },
      issue: { since: '2026-10-23T13:22:20.000Z' },
      star: {
        etag: 'W/"f94f4f08201d3c859283b5f248a29f8fdbdfdff5135a491fca6e063a629fdf08"',
        newest: { newest: '2026-10-25T14:47:19.000Z', total: null, listedAt: '2026-11-01T12:00:00.000Z' },
      },
      gist: { etag: 'W/"eb715e5aa4ea44ba1879d1afd4d1959783ab1c5e9ac69212b7b4ca76e75eb6d2"' },
      organisation: { etag: 'W/"88044532881440c866a57b655bbe53e62d48008eb6e4df77a268a1b3670254e7"' },
      following: { etag: 'W/"7bbaa77335d52b4714a1d6ba76a632c16f0704b52e07bb268baadf01f2c3db00"' },
    },
    requests: 8,
    unfinished: {
      checkpoint: {
        section: 'repositories',
        next: null,
        pages: 1,
        read: 0,
        anew: false,
        newest: null,
        fresh: 0,
        etag: null,
        done: 0.3684210526315789,
        me: { id: 226534645840, login: 'tobias-fairlamb' },
        startedAt: '2026-11-01T12:00:00.000Z',
        repositories: {
          queue: [
            {
              id: 523600921301,
              name: 'tobias-fairlamb/rounding-rules',
              language: null,
              fork: false,
              own: true,
              pushedAt: '2026-10-02T15:52:23Z',
            },
            {
              id: 837332321428,
              name: 'tobias-fairlamb/next-thing',
              language: null,
              fork: false,
              own: true,
              pushedAt: '2026-01-05T20:51:59Z',
            },
            {
              id: 963011110653,
              name: 'tobias-fairlamb/isodate',
              language: 'Python',
              fork: true,
              own: true,
              pushedAt: '2025-02-12T16:49:55Z',
            },
          ],
          commits: null,
          commitPages: 0,
          newestCommit: null,
          listed: true,
          read: 5,
          total: 5,
          refused: 0,
          cut: 1,
        },
      },
      cursors: {
        account: '1 226534645840',
        event: { etag: 'W/"0209e8d77d4f93f7cdacc23ebc63793cec48a3cb8858a7848be33af1cc3c5008"' },
        'commit 240942850679': { pushedAt: '2026-11-01T00:11:00Z', newest: '2026-10-30T14:52:18.000Z' },
        'commit 533711764517': { pushedAt: '2026-10-31T21:05:00Z', newest: '2026-10-20T20:17:50.000Z' },
      },
      items: 2266,
    },
  },
  youtube: {
    cursors: {
      account: '1 UCgc2dVYdRsOW8BsDoSLxwa5',
      'liked-video': { newest: '2026-10-27T17:03:47.000Z', total: null, listedAt: '2026-11-01T12:00:00.000Z' },
    },
    requests: 10,
    unfinished: {
      checkpoint: {
        section: 'playlist-items',
        next: null,
        pages: 0,
        read: 0,
        restarted: false,
        newest: null,
        fresh: 0,
        done: 0.8648648648648649,
        likes: 'LL',
        uploads: 'UUgc2dVYdRsOW8BsDoSLxwa5',
        startedAt: '2026-11-01T12:00:00.000Z',
        queue: ['PLpiYYSTYo_t3SnKkCwfFrW6LeaO3NZ7j7'],
        playlists: 2,
        refused: 0,
      },
      cursors: {
        account: '1 UCgc2dVYdRsOW8BsDoSLxwa5',
        'liked-video': { newest: '2026-10-27T17:03:47.000Z', total: null, listedAt: '2026-11-01T12:00:00.000Z' },
      },
      items: 792,
    },
  },
};
