import { DateTime } from 'luxon';
import { z } from 'zod';
import { type Sandbox, startSandbox } from './sandbox.js';
import { SandboxVisitor } from './sandbox-visitor.js';
import { spotify } from './spotify/spotify.js';

const NOW = '2026-10-15T12:00:00Z';
const RICH = [
  ['night-owl', 'Europe/Berlin', [16, 20, 21, 22, 23, 0, 1, 2]],
  ['devotee', 'America/New_York', [8, 9, 10, 11, 12, 13, 14, 15, 16, 17]],
  ['commuter', 'Asia/Tokyo', [7, 8, 9, 18, 19, 20, 21, 22, 23, 0, 1, 2, 14]],
] as const;
const LISTS = [
  '/v1/me/player/recently-played?limit=50',
  '/v1/me/top/artists?limit=50&time_range=short_term',
  '/v1/me/top/tracks?limit=50&time_range=long_term',
  '/v1/me/tracks?limit=50',
  '/v1/me/albums?limit=50',
  '/v1/me/shows?limit=50',
  '/v1/me/episodes?limit=50',
  '/v1/me/playlists?limit=50',
  '/v1/me/following?type=artist&limit=15',
];

const id = z.string().regex(/^[0-9A-Za-z]{22}$/);
const artist = z.object({ id, name: z.string().min(1), type: z.literal('artist'), uri: z.string(), href: z.url() });
const track = z.object({
  id,
  name: z.string().min(1),
  type: z.literal('track'),
  uri: z.string(),
  duration_ms: z.int(),
  artists: z.array(artist).min(1),
  album: z.object({ id, name: z.string(), release_date: z.string(), total_tracks: z.int(), artists: z.array(artist) }),
});
const time = z.iso.datetime();

describe("the sandbox's Spotify", () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;
  const tokens = new Map<string, string>();

  const open = async (now: string) => {
    const opened = await startSandbox({ host: '127.0.0.1', port: 0, now: () => new Date(now) });
    return { opened, as: new SandboxVisitor(`${opened.url}/spotify`) };
  };

  beforeAll(async () => {
    ({ opened: sandbox, as: visitor } = await open(NOW));
    for (const { id: persona } of spotify.personas) {
      tokens.set(persona, (await visitor.connect(persona, Object.keys(spotify.oauth.scopes))).access_token);
    }
  });
  afterAll(() => sandbox.close());

  const get = (path: string, persona: string, from = visitor) => from.get(path, tokens.get(persona)!);
  const json = async (path: string, persona: string): Promise<any> => (await get(path, persona)).json();

  /** Follows `next` to the end. */
  async function all(path: string, persona: string, from = visitor): Promise<any[]> {
    const items: any[] = [];
    for (let next: string | null = path; next !== null;) {
      const answer: any = await (await get(next, persona, from)).json();
      const page = answer.artists ?? answer;
      items.push(...page.items);
      next = page.next;
    }
    return items;
  }

  it.each(RICH)('gives %s a rich life with its own hours in %s', async (persona, zone, hours) => {
    const saved = await all('/v1/me/tracks?limit=50', persona);
    const moments = saved.map(({ added_at }) => DateTime.fromISO(added_at, { zone }));
    expect(saved.length).toBeGreaterThanOrEqual(600);
    expect(saved.length).toBeLessThanOrEqual(1500);
    expect(new Set(moments.map((moment) => moment.toISODate())).size).toBeGreaterThanOrEqual(200);
    expect(new Set(moments.map((moment) => moment.toFormat('yyyy-MM-dd HH'))).size).toBeGreaterThanOrEqual(150);
    // Saves of one sitting may run over into the next hour, and clock changes blur one night.
    const usual = moments.filter(({ hour }) => (hours as readonly number[]).includes(hour));
    expect(usual.length / moments.length).toBeGreaterThan(0.97);
  });

  it('tells different lives: the devotee keeps to eight artists, the explorer does not, the newcomer has hardly begun', async () => {
    const shareOfEight = async (persona: string) => {
      const saved = await all('/v1/me/tracks?limit=50', persona);
      const counts = new Map<string, number>();
      for (const {
        track: { artists },
      } of saved) {
        counts.set(artists[0].id, (counts.get(artists[0].id) ?? 0) + 1);
      }
      const eight = [...counts.values()].sort((a, b) => b - a).slice(0, 8);
      return eight.reduce((sum, count) => sum + count, 0) / saved.length;
    };
    expect(await shareOfEight('devotee')).toBeGreaterThan(0.6);
    expect(await shareOfEight('night-owl')).toBeLessThan(0.2);
    expect((await all('/v1/me/episodes?limit=50', 'commuter')).length).toBeGreaterThan(60);
    expect(await all('/v1/me/player/recently-played?limit=50', 'newcomer')).toHaveLength(18);
    expect(await all('/v1/me/tracks', 'newcomer')).toHaveLength(3);
    expect(await all('/v1/me/playlists', 'newcomer')).toEqual([]);
  });

  it('pages through every list completely and without duplicates', async () => {
    const identify = (item: any) =>
      item.played_at ?? (item.added_at ? (item.track ?? item.album ?? item.show ?? item.episode) : item).id;
    for (const path of LISTS.slice(1)) {
      const { artists, ...plain } = await json(path, 'night-owl');
      const items = await all(
        path.replace(/limit=\d+/, path.includes('/tracks') ? 'limit=37' : 'limit=9'),
        'night-owl',
      );
      expect(items).toHaveLength((artists ?? plain).total);
      if (!path.includes('episodes')) expect(new Set(items.map(identify)).size).toBe(items.length);
    }
    const plays = await all('/v1/me/player/recently-played?limit=7', 'night-owl');
    expect(new Set(plays.map(identify)).size).toBe(50);
    const newest = plays.map((play) => play.played_at);
    expect(newest).toEqual([...newest].sort().reverse());
  });

  it('cuts recent plays exclusively before and after a time, and has no cursors for nothing', async () => {
    const path = '/v1/me/player/recently-played';
    const { items, cursors } = await json(`${path}?limit=50`, 'devotee');
    expect(cursors).toEqual({
      after: String(Date.parse(items[0].played_at)),
      before: String(Date.parse(items[49].played_at)),
    });
    const middle = Date.parse(items[10].played_at);
    expect((await json(`${path}?limit=50&after=${middle}`, 'devotee')).items).toEqual(items.slice(0, 10));
    expect((await json(`${path}?limit=50&before=${middle}`, 'devotee')).items).toEqual(items.slice(11));
    expect(await json(`${path}?after=${cursors.after}`, 'devotee')).toMatchObject({
      items: [],
      cursors: null,
      next: null,
    });
    expect((await get(`${path}?after=1&before=2`, 'devotee')).status).toBe(400);
  });

  it("answers in Spotify's shapes", async () => {
    z.object({
      id: z.string(),
      account_id: z.string(),
      display_name: z.string(),
      country: z.string(),
      email: z.email(),
    }).parse(await json('/v1/me', 'night-owl'));
    const page = <T extends z.ZodType>(item: T) =>
      z.object({
        href: z.url(),
        limit: z.int(),
        next: z.url().nullable(),
        offset: z.int(),
        total: z.int(),
        items: z.array(item).min(1),
      });
    const show = z.object({ id, name: z.string(), publisher: z.string(), total_episodes: z.int() });
    const episode = z.object({ id, name: z.string(), duration_ms: z.int(), release_date: z.string(), show });
    const shapes: readonly [string, z.ZodType][] = [
      ['/v1/me/tracks', page(z.object({ added_at: time, track }))],
      ['/v1/me/top/tracks', page(track)],
      ['/v1/me/top/artists', page(artist.extend({ genres: z.array(z.string()).min(1) }))],
      [
        '/v1/me/albums',
        page(z.object({ added_at: time, album: z.object({ id, tracks: page(track.omit({ album: true })) }) })),
      ],
      ['/v1/me/shows', page(z.object({ added_at: time, show }))],
      ['/v1/me/episodes', page(z.object({ added_at: time, episode }))],
      [
        '/v1/me/playlists',
        page(z.object({ id, name: z.string(), snapshot_id: z.string(), items: z.object({ total: z.int() }) })),
      ],
      ['/v1/me/player/recently-played', z.object({ items: z.array(z.object({ played_at: time, track })).min(1) })],
      ['/v1/me/following?type=artist', z.object({ artists: z.object({ items: z.array(artist), total: z.int() }) })],
    ];
    for (const [path, shape] of shapes) {
      const result = shape.safeParse(await json(path, 'night-owl'));
      expect([path, result.error && z.prettifyError(result.error)]).toEqual([path, undefined]);
    }
    expect((await json('/v1/me/top/artists', 'commuter')).items[0]).not.toHaveProperty('genres');
  });

  it("shows the items of one's own playlists only", async () => {
    const playlists = await all('/v1/me/playlists?limit=50', 'night-owl');
    const { id: me } = await json('/v1/me', 'night-owl');
    const own = playlists.filter(({ owner }) => owner.id === me);
    expect(own).toHaveLength(14);
    const items = await all(`/v1/playlists/${own.at(-1).id}/items?limit=50`, 'night-owl');
    expect(items).toHaveLength(own.at(-1).items.total);
    z.array(z.object({ added_at: time, item: track.nullable() })).parse(items);
    const foreign = playlists.find(({ owner }) => owner.id !== me);
    const refused = await get(`/v1/playlists/${foreign.id}/items`, 'night-owl');
    expect(refused.status).toBe(403);
    expect(await refused.json()).toEqual({ error: { status: 403, message: 'Forbidden' } });
    expect((await get(`/v1/playlists/${own[0].id}/items`, 'devotee')).status).toBe(404);
  });

  it('refuses what the scopes do not cover, what it does not know and what makes no sense', async () => {
    const { access_token } = await visitor.connect('devotee', []);
    const status = async (path: string) => (await visitor.get(path, access_token)).status;
    expect(await status('/v1/me/tracks')).toBe(403);
    expect(await (await visitor.get('/v1/me', access_token)).json()).not.toHaveProperty('email');
    expect(await status('/v1/me/secrets')).toBe(404);
    for (const query of ['limit=51', 'limit=0', 'limit=x', 'offset=-1']) {
      expect((await get(`/v1/me/tracks?${query}`, 'devotee')).status).toBe(400);
    }
    expect((await get('/v1/me/top/artists?time_range=ever', 'devotee')).status).toBe(400);
    expect((await fetch(`${sandbox.url}/spotify/v1/me`)).status).toBe(401);
  });

  it('tells the same life in another process at the same time, and later the same past', async () => {
    const same = await open(NOW);
    const later = await open('2026-10-15T12:59:59Z');
    try {
      for (const path of LISTS) {
        const here = await (await get(path, 'commuter')).text();
        const there = await (await get(path, 'commuter', same.as)).text();
        expect(there.replaceAll(same.opened.url, sandbox.url)).toBe(here);
      }
      await fetch(`${same.opened.url}/sandbox/clock`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ advanceMs: 3_599_000 }),
      });
      const saves = async (from: SandboxVisitor) =>
        (await all('/v1/me/tracks?limit=50', 'commuter', from)).map((save) => `${save.added_at} ${save.track.id}`);
      const past = await saves(visitor);
      expect((await saves(same.as)).slice(-past.length)).toEqual(past);
      expect(await saves(same.as)).toEqual(await saves(later.as));
    } finally {
      await same.opened.close();
      await later.opened.close();
    }
  });
});
