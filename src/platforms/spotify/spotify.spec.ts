import { contextOf } from '../../../test/support/extraction-context.js';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlatformClient } from '../platform-client.js';
import type { ExtractedItem, ExtractionPage } from '../platform.js';
import { findPlatform, platforms } from '../registry.js';
import type { ListsCheckpoint } from '../lists-checkpoint.js';
import type { SpotifyAccount } from './spotify-lists.js';
import { spotify } from './spotify.js';

type SpotifyCheckpoint = ListsCheckpoint<SpotifyAccount>;

const NOW = new Date('2026-11-24T23:59:00Z');
const ME = 'listener';

const artist = (id: string) => ({ id, name: `Artist ${id}`, type: 'artist', uri: `spotify:artist:${id}` });
const track = (id: string) => ({
  id,
  type: 'track',
  uri: `spotify:track:${id}`,
  name: `Track ${id}`,
  artists: [artist(`a-${id}`), artist('guest')],
  album: { id: `al-${id}`, name: `Album ${id}`, release_date: '1998-03-01', images: null },
  duration_ms: 200_000,
  external_urls: { spotify: `https://open.spotify.com/track/${id}` },
});
const episode = (id: string) => ({
  id,
  type: 'episode',
  uri: `spotify:episode:${id}`,
  name: `Episode ${id}`,
  show: { id: `sh-${id}`, name: 'Show', languages: ['de'] },
});
const playlist = (id: string, owner: string, more: object = {}) => ({
  id,
  name: `List ${id}`,
  description: '',
  owner: { id: owner, display_name: null },
  collaborative: false,
  public: null,
  snapshot_id: `snap-${id}`,
  images: null,
  items: { href: 'x', total: 3 },
  ...more,
});

type Lists = Record<string, unknown[]>;

/** A small account in development-mode shape; every list has two pages of two. */
function account(): Lists {
  const saved = (name: string, values: unknown[]) =>
    values.map((value, index) => ({ added_at: `2026-0${index + 1}-01T10:00:00Z`, [name]: value }));
  const lists: Lists = {
    '/v1/me/player/recently-played': [1, 2, 3].map((n) => ({
      track: track(`r${n}`),
      played_at: `2026-11-2${n}T08:00:00.123Z`,
      context: n === 1 ? null : { uri: 'spotify:playlist:p1', type: 'playlist' },
    })),
    '/v1/me/tracks': saved('track', [track('s1'), track('s2'), track('s3')]),
    '/v1/me/following': [artist('f1'), artist('f2'), artist('f3')],
    '/v1/me/albums': saved(
      'album',
      ['b1', 'b2', 'b3'].map((id) => ({ id, name: id, artists: [artist(`a-${id}`)], total_tracks: 9 })),
    ),
    '/v1/me/shows': saved(
      'show',
      ['h1', 'h2', 'h3'].map((id) => ({ id, name: id, publisher: 'P', languages: ['en'] })),
    ),
    '/v1/me/episodes': [
      { added_at: '1970-01-01T00:00:00Z', episode: episode('e1') },
      { added_at: '2026-02-01T00:00:00Z', episode: { id: null, name: null, show: null, uri: null, type: null } },
      { added_at: '2026-03-01T00:00:00Z', episode: episode('e3') },
    ],
    '/v1/me/playlists': [
      playlist('mine', ME),
      playlist('theirs', 'somebody'),
      playlist('shared', 'somebody', { collaborative: true, items: undefined, tracks: { total: 1 } }),
      playlist('empty', ME, { items: { total: 0 } }),
    ],
    '/v1/playlists/mine/items': [
      { added_at: '2026-05-01T00:00:00Z', added_by: { id: ME }, item: track('i1') },
      { added_at: '2026-05-02T00:00:00Z', added_by: { id: 'somebody' }, item: episode('i2') },
      { added_at: null, added_by: null, item: null },
      {
        added_at: null,
        added_by: { id: ME },
        is_local: true,
        item: { ...track('x'), id: null, uri: 'spotify:local:A:B:C:1', artists: [{ id: null, name: 'A' }] },
      },
    ],
    '/v1/playlists/shared/items': [
      { added_at: '2026-06-01T00:00:00Z', added_by: { id: ME }, track: track('i4') },
      { added_at: '2026-06-01T00:00:00Z', added_by: { id: ME }, track: track('i4') },
    ],
  };
  for (const range of ['short_term', 'medium_term', 'long_term']) {
    lists[`/v1/me/top/artists?time_range=${range}`] = [1, 2, 3].map((n) => artist(`${range[0]}${n}`));
    lists[`/v1/me/top/tracks?time_range=${range}`] = [1, 2, 3].map((n) => track(`${range[0]}${n}`));
  }
  return lists;
}

function cursorOf(path: string): 'after' | 'before' | 'offset' {
  if (path.includes('following')) return 'after';
  return path.includes('recently') ? 'before' : 'offset';
}

let server: Server;
let apiUrl: string;
let lists: Lists;
/** Paths answered with a status instead of data. */
let refused: Record<string, number>;
/** Replaces the next address a list page would give. */
let nextOf: (path: string, offset: number, next: string | null) => string | null;
let requests: string[];
let profile: unknown;

beforeEach(async () => {
  lists = account();
  refused = {};
  nextOf = (_path, _offset, next) => next;
  requests = [];
  profile = { account_id: 'acc-1', id: ME, display_name: 'L', email: 'l@x' };
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', apiUrl);
    const path = url.pathname.replace('/spotify', '');
    requests.push(path);
    const send = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const status = refused[path];
    if (status === 204) return void response.writeHead(204).end();
    if (status !== undefined) return void send(status, { error: { status, message: 'no' } });
    if (path === '/v1/me') return void send(200, profile);
    const range = url.searchParams.get('time_range');
    const list = lists[range ? `${path}?time_range=${range}` : path];
    if (list === undefined) return void send(404, {});
    const cursor = cursorOf(path);
    const offset = Number(url.searchParams.get(cursor) ?? 0);
    url.searchParams.set(cursor, String(offset + 2));
    const next = nextOf(path, offset, offset + 2 < list.length ? url.href : null);
    const page = { href: url.href, items: list.slice(offset, offset + 2), next };
    if (cursor === 'offset') send(200, { ...page, offset, total: list.length, limit: 2, previous: null });
    else if (cursor === 'before') send(200, { ...page, cursors: null });
    else send(200, { artists: { ...page, cursors: { after: 'x' }, total: list.length } });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/spotify`;
});

afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

type Page = ExtractionPage<SpotifyCheckpoint>;

async function extract(checkpoint?: SpotifyCheckpoint, now = NOW, scope: 'all' | 'recent' = 'all'): Promise<Page[]> {
  const client = new PlatformClient({
    platform: 'spotify',
    apiUrl,
    accessToken: () => Promise.resolve('token'),
    signal: new AbortController().signal,
    retryBaseMs: 1,
  });
  const pages: Page[] = [];
  for await (const page of spotify.extract(client, checkpoint, contextOf({ now, scope }))) pages.push(page);
  return pages;
}

const itemsOf = (pages: Page[]): ExtractedItem[] => pages.flatMap((page) => page.items);
const idsOf = (pages: Page[]) => itemsOf(pages).map((item) => `${item.kind} ${item.externalId}`);
const notUnderstood = (title: string) => ({
  code: 'NOT_UNDERSTOOD',
  message: `${title} could not be read: the answer of Spotify could not be understood`,
});
const warningsOf = (pages: Page[]) => pages.flatMap((page) => page.warnings ?? []);
const itemOf = (pages: Page[], kind: string, externalId: string) =>
  itemsOf(pages).find((item) => item.kind === kind && item.externalId === externalId);

/** What `account()` holds, in reading order. */
function expectedIds(): string[] {
  const top = (kind: string) =>
    ['short_term', 'medium_term', 'long_term'].flatMap((range) =>
      [1, 2, 3].map((n) => `${kind} ${range}:${range[0]}${n}:2026-11-24`),
    );
  return [
    'profile acc-1',
    ...[1, 2, 3].map((n) => `play r${n}@${Date.parse(`2026-11-2${n}T08:00:00.123Z`)}`),
    ...top('top-artist'),
    ...top('top-track'),
    ...['s1', 's2', 's3'].map((id) => `saved-track ${id}`),
    ...['f1', 'f2', 'f3'].map((id) => `followed-artist ${id}`),
    ...['b1', 'b2', 'b3'].map((id) => `saved-album ${id}`),
    ...['h1', 'h2', 'h3'].map((id) => `saved-show ${id}`),
    ...['e1', 'e3'].map((id) => `saved-episode ${id}`),
    ...['playlist mine', 'playlist theirs'],
    'playlist-item mine:spotify:track:i1@2026-05-01T00:00:00Z',
    'playlist-item mine:spotify:episode:i2@2026-05-02T00:00:00Z',
    'playlist-item mine:spotify:local:A:B:C:1@null',
    ...['playlist shared', 'playlist empty'],
    'playlist-item shared:spotify:track:i4@2026-06-01T00:00:00Z',
  ];
}

test('the registry knows Spotify by its name', () => {
  expect(findPlatform('spotify')).toBe(platforms[0]);
  expect(findPlatform('myspace')).toBeUndefined();
});

describe('a whole extraction', () => {
  test('yields every item once, says how far it is and ends at 1', async () => {
    const pages = await extract();
    expect(idsOf(pages)).toEqual(expectedIds());
    expect(warningsOf(pages)).toEqual([]);
    const shares = pages.map((page) => page.done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(pages.at(-1)!.checkpoint.list).toBeNull();
    expect(requests.filter((path) => path.includes('theirs') || path.includes('empty'))).toEqual([]);
  });

  test('resumes from every checkpoint with exactly the pages that follow, even on another day and below another address', async () => {
    const pages = await extract();
    apiUrl = new URL(apiUrl).origin;
    for (const [index, page] of pages.entries()) {
      const stored = spotify.checkpointSchema.parse(JSON.parse(JSON.stringify(page.checkpoint)));
      expect(JSON.stringify(stored)).not.toContain('127.0.0.1');
      const rest = await extract(stored, new Date('2026-11-25T00:10:00Z'));
      expect(rest).toEqual(pages.slice(index + 1));
    }
  });

  test('of what is soon forgotten reads the plays and nothing else, also when it is resumed', async () => {
    const pages = await extract(undefined, NOW, 'recent');
    expect(new Set(itemsOf(pages).map(({ kind }) => kind))).toEqual(new Set(['profile', 'play']));
    expect(itemsOf(pages).filter(({ kind }) => kind === 'play')).toHaveLength(3);
    expect(await extract(pages.at(-1)?.checkpoint, NOW, 'recent')).toEqual([]);
  });

  test('an empty account is read to its end', async () => {
    for (const path of Object.keys(lists)) lists[path] = [];
    const pages = await extract();
    expect(idsOf(pages)).toEqual(['profile acc-1']);
    expect(pages).toHaveLength(14);
    expect(pages.at(-1)!.done).toBe(1);
  });
});

describe('items', () => {
  test('say when the person acted, and only then', async () => {
    const pages = await extract();
    expect(itemOf(pages, 'saved-track', 's1')).toEqual({
      kind: 'saved-track',
      externalId: 's1',
      key: 'artist:artist a-s1',
      occurredAt: new Date('2026-01-01T10:00:00Z'),
      timeMeaning: 'user_act',
      payload: {
        type: 'track',
        name: 'Track s1',
        uri: 'spotify:track:s1',
        artists: [
          { id: 'a-s1', name: 'Artist a-s1' },
          { id: 'guest', name: 'Artist guest' },
        ],
        album: { id: 'al-s1', name: 'Album s1', releaseDate: '1998-03-01' },
        durationMs: 200_000,
        url: 'https://open.spotify.com/track/s1',
      },
    });
    expect(itemOf(pages, 'saved-episode', 'e1')).toMatchObject({ occurredAt: null, timeMeaning: 'snapshot' });
    expect(itemOf(pages, 'saved-episode', 'e3')).toMatchObject({ key: 'show:show', timeMeaning: 'user_act' });
    expect(itemOf(pages, 'top-artist', 'short_term:s2:2026-11-24')).toMatchObject({
      key: 'artist:artist s2',
      occurredAt: null,
      timeMeaning: 'snapshot',
      payload: { rank: 2, range: 'short_term', snapshotDay: '2026-11-24' },
    });
    const [own, others, local] = itemsOf(pages).filter((item) => item.externalId.startsWith('mine:'));
    expect(own).toMatchObject({ timeMeaning: 'user_act', key: 'artist:artist a-i1' });
    expect(others).toMatchObject({ timeMeaning: 'content', key: 'show:show' });
    expect(local).toMatchObject({ timeMeaning: 'snapshot', key: 'artist:a', occurredAt: null });
  });

  test('go by the name of their artist or show, and by its id where it has none', async () => {
    const nameless = { ...track('n1'), artists: [{ id: 'A1', name: null }, artist('guest')] };
    lists['/v1/me/tracks'] = [
      { added_at: null, track: nameless },
      { added_at: null, track: { ...track('n2'), artists: [{ id: null, name: '  Sigur\u00a0RÓS ' }] } },
      { added_at: null, track: { ...track('n3'), artists: [{ id: null, name: ' ' }] } },
      { added_at: null, track: { ...track('n4'), artists: null } },
    ];
    lists['/v1/me/following'] = [{ ...artist('F1'), name: null }];
    lists['/v1/me/shows'] = [{ show: { id: 'H1', name: null } }, { show: { id: 'H2', name: 'The Daily' } }];
    lists['/v1/me/episodes'] = [{ added_at: null, episode: { ...episode('e1'), show: { id: 'H1', name: null } } }];
    const pages = await extract();
    const keys = itemsOf(pages)
      .filter(({ kind }) => ['saved-track', 'followed-artist', 'saved-show', 'saved-episode'].includes(kind))
      .map(({ key }) => key);
    expect(keys).toEqual([
      ...['artist:A1', 'artist:sigur rós', null, null],
      'artist:F1',
      ...['show:H1', 'show:the daily'],
      'show:H1',
    ]);
  });

  test('of plays say what was heard and within which time, so that other tellings of it are found', async () => {
    const [timed, untimed, nameless] = lists['/v1/me/player/recently-played'] as { track: Record<string, unknown> }[];
    untimed!.track['duration_ms'] = null;
    nameless!.track['artists'] = [];
    const plays = itemsOf(await extract()).filter(({ kind }) => kind === 'play');
    const at = Date.parse('2026-11-21T08:00:00.123Z');
    expect(timed!.track['duration_ms']).toBe(200_000);
    expect(plays.map(({ listening }) => listening)).toEqual([
      { title: 'artist a-r1\ntrack r1', from: at - 200_000, to: at + 200_000, told: 'instant' },
      { title: 'artist a-r2\ntrack r2', from: at + 86_400_000, to: at + 86_400_000, told: 'instant' },
      undefined,
    ]);
  });

  test('ranks go on over pages', async () => {
    const ranks = itemsOf(await extract())
      .filter((item) => item.externalId.startsWith('long_term:') && item.kind === 'top-track')
      .map((item) => item.payload['rank']);
    expect(ranks).toEqual([1, 2, 3]);
  });

  test('keep genres and popularity where Spotify gives them, and nothing private', async () => {
    lists['/v1/me/following'] = [
      { ...artist('f1'), genres: ['techno'], popularity: 61, followers: { href: null, total: 5 }, images: [] },
    ];
    const pages = await extract();
    expect(itemOf(pages, 'followed-artist', 'f1')!.payload).toEqual({
      name: 'Artist f1',
      genres: ['techno'],
      popularity: 61,
    });
    expect(JSON.stringify(pages)).not.toContain('l@x');
  });

  test('of very long local files get a key that an index can hold', async () => {
    const uri = `spotify:local:${'x'.repeat(5_000)}`;
    lists['/v1/playlists/shared/items'] = [{ added_at: null, item: { ...track('x'), id: null, uri } }];
    const ids = idsOf(await extract()).filter((id) => id.includes('shared:'));
    expect(ids).toEqual([expect.stringMatching(/^playlist-item shared:sha256:[0-9a-f]{64}@null$/)]);
  });
});

describe('what cannot be read', () => {
  test('becomes a warning, and the rest is read', async () => {
    refused = { '/v1/me/shows': 403, '/v1/me/player/recently-played': 404, '/v1/playlists/mine/items': 403 };
    const pages = await extract();
    const gone = /^(play|saved-show) |^playlist-item mine/;
    expect(idsOf(pages)).toEqual(expectedIds().filter((id) => !gone.test(id)));
    expect(warningsOf(pages)).toEqual([
      { code: 'NOT_AVAILABLE', message: 'Recent plays could not be read: Spotify refused (404)' },
      { code: 'NOT_AVAILABLE', message: 'Saved shows could not be read: Spotify refused (403)' },
      { code: 'NOT_AVAILABLE', message: 'The items of one playlist could not be read: Spotify refused' },
    ]);
    for (const [index, page] of pages.entries()) {
      expect(await extract(page.checkpoint)).toEqual(pages.slice(index + 1));
    }
  });

  test('is an error when it is the profile', async () => {
    refused = { '/v1/me': 403 };
    await expect(extract()).rejects.toMatchObject({ code: 'PLATFORM_FORBIDDEN' });
  });

  test.each([400, 405, 422])('because of a request that Spotify refuses (%i) is one list', async (status) => {
    refused = { '/v1/me/albums': status };
    const pages = await extract();
    expect(idsOf(pages)).toEqual(expectedIds().filter((id) => !id.startsWith('saved-album')));
    expect(warningsOf(pages)).toEqual([
      { code: 'NOT_AVAILABLE', message: `Saved albums could not be read: Spotify refused (${status})` },
    ]);
  });

  test('in a private session is what was played, and that is nothing', async () => {
    refused = { '/v1/me/player/recently-played': 204 };
    const pages = await extract();
    expect(idsOf(pages)).toEqual(expectedIds().filter((id) => !id.startsWith('play ')));
    expect(warningsOf(pages)).toEqual([]);
    // No other list is empty because nothing is said of it.
    refused = { '/v1/me/tracks': 204 };
    expect(warningsOf(await extract())).toEqual([notUnderstood('Saved tracks')]);
  });
});

describe('lists without an end', () => {
  test('that run in circles end with a warning', async () => {
    nextOf = (path, offset, next) =>
      path === '/v1/me/tracks' || path === '/v1/playlists/mine/items'
        ? `${apiUrl}${path}?offset=${offset === 2 ? 0 : offset + 2}`
        : next;
    const pages = await extract();
    expect(warningsOf(pages)).toEqual([
      { code: 'LIMIT_REACHED', message: 'Saved tracks were read only in part: the list repeats itself' },
      { code: 'LIMIT_REACHED', message: 'The items of a playlist were read only in part: the list repeats itself' },
    ]);
    expect(new Set(idsOf(pages))).toEqual(new Set(expectedIds()));
    expect(requests.length).toBeLessThan(50);
  });

  test('end after 400 pages, counted over resumed runs', async () => {
    nextOf = (path, offset, next) => (path === '/v1/me/tracks' ? `${apiUrl}${path}?offset=${offset + 2}` : next);
    const pages = await extract();
    expect(requests.filter((path) => path === '/v1/me/tracks')).toHaveLength(400);
    expect(warningsOf(pages)).toMatchObject([{ code: 'LIMIT_REACHED' }]);
    const late = pages.filter((page) => page.checkpoint.list === 'saved-track').at(-1)!;
    requests = [];
    await extract(late.checkpoint);
    expect(requests.filter((path) => path === '/v1/me/tracks')).toHaveLength(1);
  });

  test.each(['https://evil.example/v1/me/tracks', 'ORIGIN/v1/me/tracks', 'BASE/v2/me/tracks'])(
    'that lead to %s are not followed',
    async (template) => {
      const next = template.replace('BASE', apiUrl).replace('ORIGIN', new URL(apiUrl).origin);
      nextOf = (path, _offset, usual) => (path === '/v1/me/tracks' ? next : usual);
      const pages = await extract();
      expect(warningsOf(pages)).toEqual([notUnderstood('Saved tracks')]);
      expect(requests.filter((path) => path === '/v1/me/tracks')).toHaveLength(1);
      expect(idsOf(pages)).toEqual(expectedIds().filter((id) => !id.startsWith('saved-track ')));
    },
  );
});

test('millions of wrong entries are refused at once', async () => {
  lists['/v1/me/tracks'] = [];
  const client = { get: (_path: string, schema: any) => Promise.resolve({ data: schema.parse(answer) }) };
  const answer = { items: new Array(5_000_000).fill(1), next: null };
  const start = Date.now();
  const pages = spotify.extract(
    client as unknown as PlatformClient,
    (await extract())[0]!.checkpoint,
    contextOf({ now: NOW }),
  );
  await expect(pages.next()).rejects.toThrow(/Too big/);
  expect(Date.now() - start).toBeLessThan(2_000);
});

describe('what is not understood', () => {
  test('in a field that identifies nothing counts as absent', async () => {
    lists['/v1/me/episodes'] = [
      { added_at: 5, episode: { ...episode('e1'), show: { id: 'sh-e1', name: 'Show', languages: [null, 'de', 7] } } },
      { added_at: '2026-02-01T00:00:00Z', episode: { ...episode('e2'), name: {}, show: 'none', duration_ms: '12' } },
    ];
    lists['/v1/me/following'] = [{ ...artist('f1'), genres: [null, 'techno'], popularity: '61' }];
    const pages = await extract();
    expect(warningsOf(pages)).toEqual([]);
    const show = { id: 'sh-e1', name: 'Show', languages: ['de'] };
    expect(itemOf(pages, 'saved-episode', 'e1')).toMatchObject({ occurredAt: null, payload: { show } });
    expect(Object.keys(itemOf(pages, 'saved-episode', 'e2')!.payload)).toEqual(['type', 'uri']);
    expect(itemOf(pages, 'followed-artist', 'f1')!.payload).toEqual({ name: 'Artist f1', genres: ['techno'] });
  });

  test('of an entry that cannot be identified is counted over resumed runs, and nothing of the list counts as gone', async () => {
    lists['/v1/me/shows'] = [{ show: { id: 7 } }, 42, { show: { id: 'h3' } }, { show: null }, { show: ['h5'] }];
    lists['/v1/playlists/mine/items'] = [{ item: track('i1') }, { item: track('i2'), added_at: 7 }, 'nothing'];
    const pages = await extract();
    expect(warningsOf(pages)).toEqual([
      { code: 'NOT_UNDERSTOOD', message: 'Saved shows were read only in part: 3 entries could not be understood' },
      {
        code: 'NOT_UNDERSTOOD',
        message: 'The items of one playlist were read only in part: not all that came could be understood',
      },
    ]);
    expect(idsOf(pages).filter((id) => /saved-show|-item mine/.test(id))).toEqual([
      'saved-show h3',
      'playlist-item mine:spotify:track:i1@null',
    ]);
    const listings = pages.flatMap(({ listing }) => (listing?.ends ? listing.kind + (listing.within ?? '') : []));
    expect(listings).toContain('saved-album');
    expect(listings).not.toContain('saved-show');
    expect(listings).not.toContain('playlist-itemmine');
    const cursors = pages.flatMap((page) => Object.keys(page.cursors ?? {}));
    expect(cursors).toContain('saved-album');
    expect(cursors).not.toContain('saved-show');
    expect(cursors).not.toContain('playlist-item mine');
    for (const [index, page] of pages.entries()) {
      expect(await extract(page.checkpoint)).toEqual(pages.slice(index + 1));
    }
  });

  test('of any list ends that list with a warning that names it, and the others are read', async () => {
    const playlists = /^playlist-item (\w+):/;
    for (const path of Object.keys(lists)) {
      const kept = lists[path]!;
      lists[path] = [42];
      const pages = await extract();
      const ids = idsOf(pages);
      expect(warningsOf(pages)).toEqual([
        { code: 'NOT_UNDERSTOOD', message: expect.stringMatching(/^[A-Z][\w ]+ were read only in part: /) },
      ]);
      const lost = expectedIds().filter((id) => !ids.includes(id));
      const owners = new Set(lost.map((id) => playlists.exec(id)?.[1] ?? id.split(/ (?:\w+_term)?/)[0]));
      // With the playlists go their items.
      expect(owners.size).toBe(path === '/v1/me/playlists' ? 3 : 1);
      lists[path] = kept;
    }
  });

  test('of an account, when it identifies it, is an error', async () => {
    profile = { id: ME, display_name: 5, country: null, external_urls: 'none' };
    expect(idsOf(await extract())[0]).toBe(`profile ${ME}`);
    for (const wrong of [{ id: 5 }, { account_id: 5, id: ME }, {}, []]) {
      profile = wrong;
      await expect(extract()).rejects.toMatchObject({ code: 'PLATFORM_BAD_ANSWER' });
    }
  });
});
