import '../../test/support/own-data-folder.js';
import fc from 'fast-check';
import { ChangingSpotify } from '../../test/support/changing-spotify.js';
import { contextOf } from '../../test/support/extraction-context.js';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { pageStoreOf } from '../../test/support/page-store.js';
import { moveCursors } from '../platforms/cursors.js';
import type { ListsCheckpoint } from '../platforms/lists-checkpoint.js';
import { PlatformClient } from '../platforms/platform-client.js';
import type { SpotifyAccount } from '../platforms/spotify/spotify-lists.js';
import { spotify } from '../platforms/spotify/spotify.js';
import { CursorStore } from './cursor-store.js';
import { ItemStore } from './item-store.js';
import { PageStore } from './page-store.js';

type SpotifyCheckpoint = ListsCheckpoint<SpotifyAccount>;

const KINDS = new Set(['saved-track', 'followed-artist', 'playlist', 'playlist-item', 'play']);
const NOW = new Date('2026-11-24T12:00:00Z');

type Change = readonly [what: 'save' | 'unsave' | 'follow' | 'unfollow' | 'add' | 'take' | 'drop' | 'play', id: string];

const change: fc.Arbitrary<Change> = fc.tuple(
  fc.constantFrom('save', 'save', 'unsave', 'follow', 'unfollow', 'add', 'add', 'take', 'drop', 'play'),
  fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g'),
);

/** What happens to a run after so many stored pages. */
interface Break {
  readonly afterPages: number;
  /** Whether the run is resumed at its checkpoint, or another one begins. */
  readonly resumed: boolean;
  /** Whether the page was stored and the run does not know, so that it is stored again. */
  readonly repeated: boolean;
}

const breaks: fc.Arbitrary<Break> = fc.record({
  afterPages: fc.nat(14),
  resumed: fc.boolean(),
  repeated: fc.boolean(),
});

describe('later extractions', () => {
  let open: OpenDatabase;
  let cursors: CursorStore;
  let items: ItemStore;
  let pages: PageStore;
  let provider: ChangingSpotify;

  beforeAll(async () => {
    open = await openDatabase();
    cursors = new CursorStore(open.database);
    items = new ItemStore(open.database);
    pages = pageStoreOf(open.database);
  });
  afterAll(() => open.close());
  beforeEach(() => begin());
  afterEach(() => provider.close());

  const begin = async () => {
    provider = await new ChangingSpotify().start();
    await open.database.query('DELETE FROM users');
    await open.database.query(`INSERT INTO users (id) VALUES ('ana')`);
  };

  const apply = ([what, id]: Change) => {
    const list = `list${id}`;
    if (what === 'save') provider.save(id);
    else if (what === 'unsave') provider.saved.delete(id);
    else if (what === 'follow') provider.followed.add(id);
    else if (what === 'unfollow') provider.followed.delete(id);
    else if (what === 'add') provider.addTo(list, id);
    else if (what === 'take') provider.takeFrom(list);
    else if (what === 'drop') provider.playlists.delete(list);
    else provider.play(id);
  };

  /** One run; with `stop` it ends after that page as if the process had died. */
  const run = async (
    checkpoint?: SpotifyCheckpoint,
    stop?: Break,
    now = NOW,
    scope: 'all' | 'recent' = 'all',
  ): Promise<SpotifyCheckpoint | undefined> => {
    const client = new PlatformClient({
      platform: 'spotify',
      apiUrl: provider.url,
      accessToken: async () => 'token',
      signal: new AbortController().signal,
      retryBaseMs: 1,
    });
    const known = await cursors.all('ana', 'spotify');
    const context = contextOf({ now, scope, cursors: known });
    let stored = 0;
    for await (const page of spotify.extract(client, checkpoint, context)) {
      const save = () => open.database.transaction((tx) => pages.save(tx, 'ana', spotify, [page]));
      await save();
      moveCursors(known, page);
      if (stored++ === stop?.afterPages) {
        if (stop.repeated) await save();
        return stop.resumed ? page.checkpoint : undefined;
      }
    }
    return undefined;
  };

  const stored = async () =>
    new Set(
      (await items.list('ana', {}, 10_000))
        .filter(({ kind }) => KINDS.has(kind))
        .map(({ kind, externalId }) => `${kind} ${externalId}`),
    );

  const requestsTo = (path: string) => provider.requests.filter((each) => each.startsWith(path));

  it.each([
    ['before Spotify gave it an account_id', undefined, 'ana'],
    ['since it has an account_id', 'acc-ana', 'acc-ana'],
  ])('keep the one profile of an account that was read %s', async (_, before, known) => {
    ['a', 'b', 'c'].forEach((id) => provider.save(id));
    provider.accountId = before;
    await run();
    provider.accountId = 'acc-ana';
    provider.requests.length = 0;
    await run();
    const profiles = await open.database.query(
      `SELECT external_id AS id, gone_at AS gone FROM items WHERE kind = 'profile'`,
    );
    expect(profiles).toEqual([{ id: known, gone: null }]);
    // It is no other account, so that what is known is not read again.
    expect(requestsTo('/v1/me/tracks')).toHaveLength(1);
  });

  it('leave the store as the provider is, whatever was changed, broken off, repeated and refused', async () => {
    const round = fc.record({
      changes: fc.array(change, { maxLength: 12 }),
      /** Made while the run is going on, before these requests. */
      meanwhile: fc.array(fc.tuple(fc.nat(20), change), { maxLength: 3 }),
      breaks: fc.array(breaks, { maxLength: 2 }),
      refused: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(round, { minLength: 1, maxLength: 4 }), async (rounds) => {
        await provider.close();
        await begin();
        for (const { changes, meanwhile, breaks: broken, refused } of rounds) {
          changes.forEach(apply);
          let request = 0;
          provider.beforeAnswer = () => {
            for (const [at, each] of meanwhile) if (at === request) apply(each);
            request += 1;
          };
          let checkpoint: SpotifyCheckpoint | undefined;
          for (const stop of broken) checkpoint = await run(checkpoint, stop);
          await run(checkpoint);
          provider.beforeAnswer = () => {};
          // The next run, without interruptions, reads what came meanwhile.
          provider.refusesCursors = refused && provider.followed.size <= 2;
          await run();
          provider.refusesCursors = false;
          expect(await stored()).toEqual(provider.truth());
        }
      }),
      { numRuns: inFull(60, 8) },
    );
  });
  it('ask for no more than what is new', async () => {
    for (let index = 0; index < 40; index++) {
      provider.save(`s${index}`);
      provider.addTo('mix', `m${index}`);
      provider.play(`p${index}`);
    }
    await run();
    expect(requestsTo('/v1/me/tracks')).toHaveLength(20);
    expect(requestsTo('/v1/playlists/mix/items')).toHaveLength(20);
    const [newest] = provider.plays.slice(-1);
    provider.requests.length = 0;
    provider.save('new');
    provider.play('again');
    await run();
    expect(requestsTo('/v1/me/tracks')).toHaveLength(1);
    expect(requestsTo('/v1/playlists')).toHaveLength(0);
    expect(requestsTo('/v1/me/player')).toEqual([`/v1/me/player/recently-played?limit=50&after=${newest?.at}`]);
    expect(await stored()).toEqual(provider.truth());
  });

  it('read a list as a whole when something was taken out of it, and mark what is gone', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) provider.save(id);
    await run();
    provider.saved.delete('b');
    provider.requests.length = 0;
    await run();
    expect(requestsTo('/v1/me/tracks')).toHaveLength(2);
    const rows = await open.database.query<{ id: string; gone: boolean }>(
      `SELECT external_id AS id, gone_at IS NOT NULL AS gone FROM items WHERE kind = 'saved-track' ORDER BY id`,
    );
    expect(rows.filter(({ gone }) => gone).map(({ id }) => id)).toEqual(['b']);
    provider.save('b');
    await run();
    expect(await stored()).toEqual(provider.truth());
  });

  it('mark nothing as gone when a list was read only in part', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) provider.followed.add(id);
    await run();
    provider.followed.delete('e');
    // Broken off after the first page of the list: the profile, plays, six top lists, saved tracks, and then this page.
    const atFollowed = { afterPages: 9, resumed: false, repeated: false };
    await run(undefined, atFollowed);
    expect(requestsTo('/v1/me/following')).toHaveLength(4);
    expect((await stored()).has('followed-artist e')).toBe(true);
    await run();
    expect((await stored()).has('followed-artist e')).toBe(false);
  });

  it('begin a list anew when the provider refuses to go on from where it was', async () => {
    for (const id of ['a', 'b', 'c']) provider.play(id);
    await run();
    provider.play('d');
    provider.refusesCursors = true;
    await run();
    expect(requestsTo('/v1/me/player').slice(-3)).toEqual([
      expect.stringContaining('&after='),
      '/v1/me/player/recently-played?limit=50',
      expect.stringContaining('&before='),
    ]);
    expect(await stored()).toEqual(provider.truth());
  });

  it('lose no play of a week with 150 a day, half of them in one evening, of which Spotify keeps 50', async () => {
    provider.pageSize = 50;
    provider.keepsPlays = 50;
    const { everyMs } = spotify.polling!;
    const begin = Date.parse('2026-11-02T00:00:00Z');
    const plays = Array.from({ length: 7 * 150 }, (_, index) => {
      const [day, number] = [Math.floor(index / 150), index % 150];
      // 75 from six in the morning on, one in eight minutes; 75 from eight in the evening on, one in three.
      const minute = number < 75 ? 360 + number * 8 : 1_200 + (number - 75) * 3;
      return begin + (day * 1_440 + minute) * 60_000;
    });
    let next = 0;
    for (let now = begin; now <= begin + 7.2 * 86_400_000; now += everyMs) {
      for (; next < plays.length && plays[next]! <= now; next++) provider.play(`t${next % 40}`, plays[next]);
      await run(undefined, undefined, new Date(now), 'recent');
    }
    expect(provider.plays).toHaveLength(1_050);
    expect(await stored()).toEqual(provider.truth());
    expect(await open.database.query('SELECT FROM coverage_gaps')).toEqual([]);
  });

  it('read the lists without dates once a day', async () => {
    await run();
    provider.requests.length = 0;
    await run();
    expect(requestsTo('/v1/me/top')).toHaveLength(0);
    await run(undefined, undefined, new Date('2026-11-25T12:00:00Z'));
    expect(requestsTo('/v1/me/top')).toHaveLength(6);
  });

  it('read everything when the account is another one', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) provider.save(id);
    await run();
    await open.database.query(`UPDATE cursors SET cursor = '"1 somebody else"' WHERE list = 'account'`);
    provider.requests.length = 0;
    await run();
    expect(requestsTo('/v1/me/tracks')).toHaveLength(3);
  });
});
