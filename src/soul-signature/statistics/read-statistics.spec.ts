import { buildSignature } from '../build-signature.js';
import { evidenceOf } from '../facets/evidence.js';
import {
  commit,
  EVENING,
  plantCommits,
  plantPlays,
  play,
  randomOf,
  type PlantedItem,
} from '../../../test/support/planted-users.js';
import { inFull } from '../../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';
import { statisticsOf } from '../../../test/support/statistics-of.js';
import { EvidenceCursorError, readEvidence, type EvidenceItem } from './read-evidence.js';
import type { Query } from './read-query.js';
import { readStatistics } from './read-statistics.js';
import type { Predicate } from '../document/evidence.js';
import type { Fact } from '../document/fact.js';
import type { SignatureDocument } from '../document/signature.js';

const ASOF = new Date('2026-11-20T12:00:00Z');
const ZONE = { iana: 'Europe/Berlin', source: 'user' } as const;
/** Items of one kind of a person with very many. */
const MANY = inFull(100_000, 10_000);
const OPTIONS = { connected: ['spotify'], asOf: ASOF };

let open: OpenDatabase;
let running = 0;
const query: Query = async <Row>(sql: string, parameters: unknown[]) => {
  running += 1;
  expect(running).toBe(1); // never two statements at once
  const rows = await open.database.query<Row>(sql, parameters);
  running -= 1;
  return rows;
};

/** A `query` that notes what it sends. */
function counting(): { sent: string[]; counted: Query } {
  const sent: string[] = [];
  const counted: Query = <Row>(sql: string, parameters: unknown[]) => {
    sent.push(sql);
    return query<Row>(sql, parameters);
  };
  return { sent, counted };
}

async function store(userId: string, items: readonly PlantedItem[]): Promise<void> {
  await open.database.query('INSERT INTO users (id) VALUES ($1) ON CONFLICT DO NOTHING', [userId]);
  await open.database.query(
    `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
     SELECT $1, * FROM jsonb_to_recordset($2::jsonb) AS item(platform text, kind text, external_id text, key text,
       occurred_at timestamptz, time_meaning text, payload jsonb) ON CONFLICT DO NOTHING`,
    [
      userId,
      JSON.stringify(
        items.map((item) => ({
          ...item,
          external_id: item.externalId,
          time_meaning: item.timeMeaning,
          occurred_at: item.at === null ? null : new Date(item.at).toISOString(),
        })),
      ),
    ],
  );
}

const item = (kind: string, externalId: string, rest: Partial<PlantedItem>): PlantedItem => ({
  platform: 'spotify',
  kind,
  externalId,
  key: null,
  at: null,
  timeMeaning: 'snapshot',
  payload: {},
  ...rest,
});

const top = (kind: string, range: string, day: string, id: string, rank: number, genres?: string[]) =>
  item(kind, `${range}:${id}:${day}`, {
    key: `artist:name ${id}`,
    payload: { name: `Name ${id}`, rank, range, snapshotDay: day, ...(genres ? { genres } : {}) },
  });

const saved = (kind: string, id: string, artist: string, time: string) =>
  item(kind, id, {
    key: `artist:band ${artist}`,
    at: Date.parse(time),
    timeMeaning: 'user_act',
    payload: {
      name: `Song ${id}`,
      artists: [
        { id: artist, name: `Band ${artist}` },
        { id: 'other', name: 'Other' },
      ],
    },
  });

const LIBRARY: PlantedItem[] = [
  top('top-artist', 'short_term', '2026-11-18', 'old', 1, ['pop']),
  top('top-artist', 'short_term', '2026-11-19', 'b', 2, ['rock', 'indie']),
  top('top-artist', 'short_term', '2026-11-19', 'a', 1, ['indie']),
  top('top-artist', 'short_term', '2026-11-19', 'c', 3, []),
  top('top-artist', 'long_term', '2026-11-19', 'a', 1),
  top('top-track', 'medium_term', '2026-11-19', 't', 1),
  top('top-artist', 'short_term', '2027-01-01', 'future', 1),
  saved('saved-track', 's1', 'x', '2019-12-31T23:59:59.500Z'),
  saved('saved-track', 's2', 'x', '2020-01-01T00:00:00Z'),
  saved('saved-track', 's3', 'y', '2024-05-05T10:00:00Z'),
  saved('saved-album', 's4', 'z', '2026-11-01T08:00:00Z'),
  saved('saved-track', 's5', 'y', '1970-01-01T00:00:00Z'),
  item('playlist', 'p1', { payload: { name: 'Mix', ownerId: 'me', items: 12 } }),
  item('followed-artist', 'f1', { key: 'artist:followed', payload: { name: 'Followed', genres: ['jazz'] } }),
];

const repository = (id: string, language: string | null, rest: Partial<PlantedItem> = {}, fork = false): PlantedItem =>
  item('repository', id, {
    platform: 'github',
    key: `repo:${id}`,
    at: Date.parse('2024-01-01T00:00:00Z'),
    timeMeaning: 'user_act',
    payload: {
      repository: `ada/r${id}`,
      fork,
      pushedAt: `2026-0${id}-01T00:00:00Z`,
      ...(language ? { language } : {}),
    },
    ...rest,
  });

const BUILDER: PlantedItem[] = [
  repository('1', 'Rust'),
  repository('2', 'Go'),
  repository('3', 'Rust'),
  repository('4', null),
  repository('5', 'Java', {}, true),
  repository('6', 'PHP', { timeMeaning: 'content' }), // another person's
  commit('1', Date.parse('2023-12-31T23:59:59Z'), 'Rust', 'a'),
  commit('1', Date.parse('2024-01-01T00:00:00Z'), 'Rust', 'b'),
  commit('2', Date.parse('2026-11-01T10:00:00Z'), 'Go', 'c'),
  commit('2', Date.parse('1970-01-01T00:00:00Z'), 'Go', 'broken clock'),
  item('star', '9', { platform: 'github', key: 'repo:9', at: 1_700_000_000_000, timeMeaning: 'user_act' }),
  item('pull-request', '10', { platform: 'github', key: 'repo:1', at: 1_700_000_000_000, timeMeaning: 'user_act' }),
  item('issue', '11', { platform: 'github', key: 'repo:1', at: 1_700_000_000_000, timeMeaning: 'user_act' }),
  item('organisation', '12', { platform: 'github', key: 'org:12' }),
  item('following', '13', { platform: 'github', key: 'user:13' }),
];

const listener = plantPlays({ seed: 21, days: 150, hours: EVENING, plays: [3, 8] });
const commits = plantCommits({ seed: 24, days: 200, hours: [20, 25] });
const maker = [
  ...commits,
  ...commits.map((one) => ({ ...one, kind: 'event', key: 'repo:0' })),
  ...commits
    .slice(0, 40)
    .map((one) => ({ ...one, externalId: `${one.externalId}x`, timeMeaning: 'snapshot' as const })),
  ...plantCommits({ seed: 25, days: 9 }).map((one) => ({ ...one, key: null, externalId: `${one.externalId}y` })),
];
const BOTH = { asOf: ASOF, connected: ['github', 'spotify'] };

beforeAll(async () => {
  open = await openDatabase();
  await store('listener', listener);
  await store('collector', LIBRARY);
  await store('maker', [...listener, ...maker]);
  await store('builder', BUILDER);
  await store('neighbour', plantPlays({ seed: 22, days: 60 }));
});

afterAll(async () => {
  await open.close();
});

describe('readStatistics', () => {
  it('agrees with a plain count of the items, other people’s items being irrelevant', async () => {
    expect(await readStatistics(query, 'listener', OPTIONS)).toEqual(statisticsOf(listener, ['spotify']));
  });

  it('agrees on acts at odd times, of several platforms, and before 1970 or in the future not at all', async () => {
    const random = randomOf(23);
    const odd = Array.from({ length: 400 }, (_, i) => ({
      ...play(`k${Math.floor(random() * 30)}`, 1_700_000_000_000 + Math.floor(random() * 40 * 86_400_000)),
      platform: i % 3 === 0 ? 'github' : 'spotify',
      kind: ['play', 'saved-x', 'commit'][i % 3]!,
      timeMeaning: i % 7 === 0 ? ('content' as const) : ('user_act' as const),
    }));
    await store('odd', odd);
    await store(
      'odd',
      [play('z', -5_000), play('z', ASOF.getTime() + 86_400_000)].map((one) => ({ ...one, platform: 'reddit' })),
    );
    const both = { asOf: ASOF, connected: ['spotify', 'github'] };
    expect(await readStatistics(query, 'odd', both)).toEqual(statisticsOf(odd, ['github', 'spotify']));
    const reddit = await readStatistics(query, 'odd', { asOf: ASOF, connected: ['reddit'] });
    expect(reddit.kinds).toEqual([
      {
        platform: 'reddit',
        kind: 'play',
        items: 2,
        acts: 0,
        actDays: 0,
        dayFrom: null,
        dayTo: null,
        gapActs: 0,
        gapDays: 0,
        sample: [],
      },
    ]);
    expect(reddit.activity).toEqual([]);
  });

  it('agrees on commits by repository, language, day and year', async () => {
    const statistics = await readStatistics(query, 'maker', BOTH);
    expect(statistics).toEqual(statisticsOf([...listener, ...maker], BOTH.connected));
    expect(statistics.commits[0]!.items).toBe(commits.length);
    const changed = [
      commit('1', 1_700_000_000_000, 'JavaScript', 'old'),
      commit('1', 1_710_000_000_000, 'TypeScript', 'new'),
      commit('1', 1_720_000_000_000, null, 'newest'),
    ];
    await store('changed', changed);
    const { commits: read } = await readStatistics(query, 'changed', BOTH);
    expect(read).toEqual(statisticsOf(changed, BOTH.connected).commits);
    expect(read[0]!.languages).toMatchObject([{ language: 'TypeScript', repoDays: 3 }]);
  });

  it('reads nothing of a platform that is not connected', async () => {
    expect(await readStatistics(query, 'listener', { connected: [], asOf: ASOF })).toEqual(statisticsOf([], []));
  });

  it(`reads ${MANY} commits in 2,000 repositories in few statements`, async () => {
    await store('heavy maker', []);
    await open.database
      .query(`INSERT INTO items SELECT 'heavy maker', 'github', 'commit', n::text, 'repo:' || floor(power(2000, random())),
      timestamptz '2015-01-01 00:00Z' + n * interval '1 hour', 'user_act',
      jsonb_build_object('repository', 'ada/r', 'language', 'L' || n % 12, 'subject', repeat('x', 60), 'url', repeat('y', 90))
      FROM generate_series(1, ${MANY}) n`);
    const { sent, counted } = counting();
    const statistics = await readStatistics(counted, 'heavy maker', BOTH);
    expect(statistics.commits[0]!.items).toBe(statistics.kinds[0]!.acts);
    expect(sent.length).toBeLessThan(20);
  });

  it(`reads ${MANY} plays in few statements`, async () => {
    await store('heavy', []);
    await open.database
      .query(`INSERT INTO items SELECT 'heavy', 'spotify', 'play', n::text, 'artist:' || floor(power(5000, random())),
      timestamptz '2025-01-01 00:00Z' + n * interval '7 minutes' * random(), 'user_act', '{"artists":[]}'
      FROM generate_series(1, ${MANY}) n`);
    const { sent, counted } = counting();
    const statistics = await readStatistics(counted, 'heavy', OPTIONS);
    expect(statistics.kinds[0]?.items).toBe(MANY);
    expect(sent.length).toBeLessThan(16);
  });
});

describe('facts of a maker', () => {
  let document: SignatureDocument;
  const fact = (key: string): Fact => document.facts.find((one) => one.key === key)!;
  beforeAll(async () => {
    document = buildSignature(await readStatistics(query, 'builder', BOTH), { asOf: ASOF, zone: ZONE });
  });

  it('come in reading order, each under a key of its own', () => {
    expect(document.facts.map(({ key }) => key)).toEqual([
      'repositories@github',
      'commits_seen@github',
      'pull_requests@github',
      'issues@github',
      'stars@github',
      'organisations@github',
      'following@github',
      'languages_by_repositories@github',
      'first_commit@github',
      'latest_commit@github',
      'commits_by_year@github',
      'most_committed_repositories@github',
    ]);
  });

  it('count, and tell first, latest and years, passing over broken clocks', () => {
    expect(fact('repositories@github')).toMatchObject({ kind: 'count', value: 6, source: { label: 'counted by us' } });
    expect(fact('commits_seen@github')).toMatchObject({ value: 4, unit: 'commits' });
    expect(fact('first_commit@github')).toMatchObject({ at: '2023-12-31T23:59:59.000Z', label: 'ada/r1' });
    expect(fact('latest_commit@github')).toMatchObject({ items: ['github/commit/2:c'], label: 'ada/r2' });
    expect(fact('commits_by_year@github')).toMatchObject({
      points: [
        { label: '2023', value: 1 },
        { label: '2024', value: 1 },
        { label: '2026', value: 1 },
      ],
    });
    expect(fact('most_committed_repositories@github')).toMatchObject({
      entries: [
        { rank: 1, key: 'repo:1', label: 'ada/r1', count: 2, items: ['github/commit/1:b', 'github/commit/1:a'] },
        { rank: 2, key: 'repo:2', count: 1 },
      ],
    });
  });

  it('list languages by own repositories, neither forks nor other people’s', () => {
    expect(fact('languages_by_repositories@github')).toMatchObject({
      kind: 'list',
      unit: 'repositories',
      note: 'The main language of each of your 4 own repositories, forks not counted. 1 of them has no language and is left out.',
      entries: [
        { key: 'language:Rust', count: 2, items: ['github/repository/3', 'github/repository/1'] },
        { key: 'language:Go', count: 1 },
      ],
      evidence: { count: 4 },
    });
  });

  it('rest on exactly the items that their evidence selects', () => exactly('builder', document.facts));
});

/** Each fact's evidence selects as many items as it counts, and all that it names. */
async function exactly(userId: string, facts: readonly Fact[]): Promise<void> {
  for (const { key, evidence } of facts) {
    const { items } = await readEvidence(query, userId, evidence.predicate, { limit: 200 });
    expect([key, items.length]).toEqual([key, evidence.count]);
    const ids = new Set(items.map(({ id }) => id));
    for (const { items: named } of evidence.top) for (const id of named) expect(ids).toContain(id);
  }
}

describe('facts', () => {
  let document: SignatureDocument;
  const fact = (key: string): Fact => document.facts.find((one) => one.key === key)!;
  beforeAll(async () => {
    document = buildSignature(await readStatistics(query, 'collector', OPTIONS), { asOf: ASOF, zone: null });
  });

  it('come in reading order, each under a key of its own', () => {
    expect(document.facts.map(({ key }) => key)).toEqual([
      'top_artists.short_term@spotify',
      'top_artists.long_term@spotify',
      'top_tracks.medium_term@spotify',
      'top_genres.short_term@spotify',
      'top_genres.long_term@spotify',
      'saved_tracks@spotify',
      'saved_albums@spotify',
      'playlists@spotify',
      'followed_artists@spotify',
      'first_save@spotify',
      'latest_save@spotify',
      'saves_by_year@spotify',
      'most_saved_artists@spotify',
      'followed_unranked@spotify',
    ]);
  });

  it('repeat the platform’s ranking of its newest snapshot, without inventing counts', () => {
    expect(fact('top_artists.short_term@spotify')).toMatchObject({
      kind: 'list',
      title: 'Top artists, the last 4 weeks',
      source: { label: 'as Spotify ranks them', kinds: ['spotify.top-artist'], count: 3 },
      entries: [
        { rank: 1, label: 'Name a', items: ['spotify/top-artist/short_term:a:2026-11-19'] },
        { rank: 2, label: 'Name b' },
        { rank: 3, label: 'Name c' },
      ],
    });
    expect(JSON.stringify(fact('top_artists.short_term@spotify'))).not.toContain('"count":1,');
  });

  it('count genres over the top artists, and say so where the platform gives none', () => {
    expect(fact('top_genres.short_term@spotify')).toMatchObject({
      unit: 'of 3 top artists',
      entries: [
        { label: 'indie', count: 2 },
        { label: 'rock', count: 1 },
      ],
    });
    expect(fact('top_genres.long_term@spotify')).toMatchObject({ kind: 'unknown', reason: 'field_absent' });
    expect(document.coverage['spotify']?.fields).toEqual({ genres: 0.5714 });
  });

  it('tell the library’s counts, dates and years, and pass over placeholder dates', () => {
    expect(fact('saved_tracks@spotify')).toMatchObject({ kind: 'count', value: 4, unit: 'tracks' });
    expect(fact('first_save@spotify')).toMatchObject({
      kind: 'date',
      at: '2019-12-31T23:59:59.500Z',
      label: 'Song s1',
    });
    expect(fact('latest_save@spotify')).toMatchObject({
      at: '2026-11-01T08:00:00.000Z',
      items: ['spotify/saved-album/s4'],
    });
    expect(fact('saves_by_year@spotify')).toMatchObject({
      points: [
        { label: '2019', value: 1 },
        { label: '2020', value: 1 },
        { label: '2024', value: 1 },
        { label: '2026', value: 1 },
      ],
    });
    expect(fact('most_saved_artists@spotify')).toMatchObject({
      entries: [
        { label: 'Band x', count: 2, items: ['spotify/saved-track/s2', 'spotify/saved-track/s1'] },
        { label: 'Band y', count: 1 },
      ],
    });
  });

  it('rest on exactly the items that their evidence selects', () => exactly('collector', document.facts));
});

/** All items that a predicate selects, read in pages. */
async function all(user: string, predicate: Predicate, limit: number): Promise<EvidenceItem[]> {
  const items: EvidenceItem[] = [];
  let cursor: string | null = null;
  do {
    const page = await readEvidence(query, user, predicate, { cursor, limit });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}

describe('facts for whoever is new', () => {
  const dated = (one: PlantedItem, releaseDate?: string): PlantedItem => ({
    ...one,
    payload: { ...one.payload, album: { id: 'al', name: 'Album', ...(releaseDate && { releaseDate }) } },
  });
  const genred = (id: string, genre: string) => top('top-artist', 'short_term', '2026-11-19', id, 9, [genre]);
  const topics = (id: string, ...tags: string[]) => repository(id, null, { payload: { fork: false, topics: tags } });
  const NEWCOMER: PlantedItem[] = [
    dated(saved('saved-track', 's1', 'x', '2026-11-18T10:00:00Z'), '1998-03-01'),
    dated(saved('saved-track', 's2', 'x', '2026-11-18T10:01:00Z'), '1999'),
    dated(saved('saved-track', 's3', 'x', '2026-11-18T10:02:00Z'), '2020-01'),
    dated(saved('saved-track', 's4', 'x', '2026-11-18T10:03:00Z'), '0000'),
    dated(top('top-track', 'short_term', '2026-11-19', 'k1', 1), '2001-05-05'),
    dated(top('top-track', 'medium_term', '2026-11-19', 'k1', 1), '2001-05-05'),
    dated(top('top-track', 'medium_term', '2026-11-19', 'k2', 2), '2009'),
    dated(top('top-track', 'medium_term', '2026-11-19', 'k3', 3)),
    genred('a', 'nu jazz'),
    genred('b', 'techno'),
    top('top-artist', 'long_term', '2026-03-03', 'earlier', 1),
    item('followed-artist', 'a', { key: 'artist:name a', payload: { name: 'Name a' } }),
    item('followed-artist', 'earlier', { key: 'artist:name earlier', payload: { name: 'Name earlier' } }),
    item('followed-artist', 'z', { key: 'artist:zed', payload: { name: 'Zed' } }),
    item('followed-artist', 'y', { key: 'artist:ypsilon', payload: { name: 'Ypsilon' } }),
    topics('1', 'electronic-music', 'rust'),
    topics('2', 'jazz-music'),
    item('subscription', 'c', {
      platform: 'youtube',
      key: 'channel:c',
      payload: { topicCategories: ['https://en.wikipedia.org/wiki/Jazz'] },
    }),
  ];
  const THREE = { asOf: ASOF, connected: ['github', 'spotify', 'youtube'] };
  let document: SignatureDocument;
  const fact = (key: string): any => document.facts.find((one) => one.key === key);

  beforeAll(async () => {
    await store('newcomer', NEWCOMER);
    await open.database.query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, time_meaning, payload, gone_at)
       VALUES ('newcomer', 'spotify', 'followed-artist', 'left', 'artist:left', 'snapshot', '{"name": "Left"}', now())`,
    );
    document = buildSignature(await readStatistics(query, 'newcomer', THREE), { asOf: ASOF, zone: null });
  });

  it('tell the decades of what was saved and ranked, no decade left out between', () => {
    const points = (...counts: [string, number][]) => counts.map(([label, value]) => ({ label, value }));
    expect(fact('saved_tracks_by_decade@spotify')).toMatchObject({
      kind: 'series',
      points: points(['1990s', 2], ['2000s', 0], ['2010s', 0], ['2020s', 1]),
      note: expect.stringContaining('1 of 4 has no date and is left out.'),
      evidence: {
        count: 4,
        top: [{ key: 'decade:1990', items: ['spotify/saved-track/s1', 'spotify/saved-track/s2'] }, {}],
      },
    });
    expect(fact('top_tracks_by_decade.medium_term@spotify')).toMatchObject({ points: points(['2000s', 2]) });
    expect(fact('top_tracks_by_decade.short_term@spotify')).toBeUndefined();
  });

  it('name whom the person follows though no top list ever did', () => {
    expect(fact('followed_unranked@spotify')).toMatchObject({
      entries: [
        { rank: null, label: 'Ypsilon', items: ['spotify/followed-artist/y'] },
        { rank: null, label: 'Zed' },
      ],
      note: expect.stringMatching(/^2 of the 4 artists you follow/),
    });
  });

  it('set themes of two platforms side by side, of YouTube and of platforms with facts only none', async () => {
    const { entries, platform, evidence } = fact('shared_themes');
    expect(platform).toBeNull();
    expect(entries).toEqual([
      expect.objectContaining({
        label: 'Electronic music',
        on: [
          { platform: 'github', count: 1 },
          { platform: 'spotify', count: 1 },
        ],
      }),
      expect.objectContaining({ label: 'Jazz', key: 'theme:jazz' }),
    ]);
    expect(JSON.stringify([entries, evidence])).not.toContain('youtube');
    const silent = buildSignature(await readStatistics(query, 'newcomer', THREE), {
      asOf: ASOF,
      zone: null,
      factsOnly: ['spotify'],
    });
    expect(silent.facts.map(({ key }) => key)).toEqual(
      document.facts.map(({ key }) => key).filter((key) => key !== 'shared_themes'),
    );
  });

  it('rest on exactly the items that their evidence selects, what is gone left out', () =>
    exactly('newcomer', document.facts));

  it('can be computed again from the items of their evidence alone', async () => {
    const itemsOf = (key: string) => all('newcomer', fact(key).evidence.predicate, 3);
    for (const key of ['saved_tracks_by_decade', 'top_tracks_by_decade.medium_term']) {
      const decadeOf = new Map<string, string>();
      for (const { externalId, payload } of await itemsOf(`${key}@spotify`)) {
        const { releaseDate = '' } = payload['album'] as { releaseDate?: string };
        if (/^(18|19|20)/.test(releaseDate)) decadeOf.set(externalId.split('@')[0]!, `${releaseDate.slice(0, 3)}0s`);
      }
      const again = [...decadeOf.values()];
      for (const { label, value } of fact(`${key}@spotify`).points) {
        expect([key, label, again.filter((decade) => decade === label).length]).toEqual([key, label, value]);
      }
      expect(again.length).toBe(fact(`${key}@spotify`).points.reduce((sum: number, { value }: any) => sum + value, 0));
    }
    const artists = await itemsOf('followed_unranked@spotify');
    const ranked = artists.filter(({ kind }) => kind === 'top-artist').map(({ key }) => key);
    const unranked = artists.filter(({ kind, key }) => kind === 'followed-artist' && !ranked.includes(key));
    expect(new Set(unranked.map(({ key }) => key))).toEqual(
      new Set(fact('followed_unranked@spotify').entries.map(({ key }: any) => key)),
    );
    const planted = (await itemsOf('shared_themes')).map(({ occurredAt, ...rest }) => ({
      ...rest,
      at: occurredAt === null ? null : Date.parse(occurredAt),
    }));
    const again = buildSignature(statisticsOf(planted, ['github', 'spotify']), { asOf: ASOF, zone: null });
    expect(again.facts.find(({ key }) => key === 'shared_themes')).toEqual(fact('shared_themes'));
  });
});

describe('readEvidence', () => {
  it('gives back from each claim’s predicate alone the items that make the same value again', async () => {
    const document = buildSignature(await readStatistics(query, 'maker', BOTH), { asOf: ASOF, zone: ZONE });
    const known = Object.entries(document.facets).filter(([, facet]) => facet.status === 'known');
    expect(known.map(([key]) => key)).toEqual(
      expect.arrayContaining(['taste.repeat', 'rhythms.peak@github', 'creation.burstiness', 'creation.share_of_days']),
    );
    for (const [key, facet] of known) {
      if (facet.status !== 'known') throw new Error(key);
      const items = await all('maker', JSON.parse(JSON.stringify(facet.evidence.predicate)) as Predicate, 4_000);
      expect(items).toHaveLength(facet.evidence.count);
      const planted = items.map(({ occurredAt, ...rest }) => ({
        ...rest,
        at: occurredAt === null ? null : Date.parse(occurredAt),
      }));
      const again = buildSignature(statisticsOf(planted, BOTH.connected), { asOf: ASOF, zone: ZONE });
      expect(again.facets[key]).toEqual(facet);
    }
  });

  it('pages newest first, undated last, without showing or skipping an item twice, also within one instant', async () => {
    const same = Date.parse('2026-01-01T00:00:00Z');
    const library = [
      ...['c', 'A', 'b', 'ä'].map((id) => item('saved-track', id, { at: same, timeMeaning: 'user_act' })),
      item('saved-track', 'newer', { at: same + 1, timeMeaning: 'user_act' }),
      item('playlist', 'u2', {}),
      item('playlist', 'u1', {}),
    ];
    await store('pager', library);
    const predicate = {
      platforms: ['spotify'],
      kinds: ['playlist', 'saved-track'],
      dayFrom: null,
      dayTo: null,
      timeMeaning: null,
    };
    for (const limit of [1, 2, 3, 50]) {
      const ids = (await all('pager', predicate, limit)).map(({ externalId }) => externalId);
      expect(ids).toEqual(['newer', 'A', 'b', 'c', 'ä', 'u1', 'u2']);
    }
  });

  it('pages acts of several kinds on known days in the same order, in pages of any length', async () => {
    const noon = Date.parse('2026-02-01T12:00:00Z');
    const acts = Array.from({ length: 30 }, (_, n) =>
      item(['play', 'saved-track', 'saved-album'][n % 3]!, `act ${n}`, {
        at: noon + Math.floor(n / 7) * 86_400_000,
        timeMeaning: 'user_act',
      }),
    );
    await store('acts', acts);
    const day = Math.floor(noon / 86_400_000);
    const predicate: Predicate = {
      platforms: ['github', 'spotify'],
      kinds: ['play', 'saved-track'],
      dayFrom: day + 1,
      dayTo: day + 3,
      timeMeaning: 'user_act',
    };
    const expected = acts
      .map((act, n) => ({ act, day: Math.floor(n / 7) }))
      .filter(({ act, day: since }) => act.kind !== 'saved-album' && since >= 1 && since <= 3)
      .sort(
        (one, other) =>
          other.day - one.day || (one.act.kind + one.act.externalId < other.act.kind + other.act.externalId ? -1 : 1),
      )
      .map(({ act }) => act.externalId);
    expect(expected).toHaveLength(14);
    for (const limit of [1, 2, 3, 5, 50]) {
      expect((await all('acts', predicate, limit)).map(({ externalId }) => externalId)).toEqual(expected);
    }
  });

  it('refuses a cursor that it did not make', async () => {
    const document = buildSignature(await readStatistics(query, 'listener', OPTIONS), { asOf: ASOF, zone: ZONE });
    const { predicate } = evidenceOf(document, 'taste.breadth')!;
    for (const forged of [
      'x',
      Buffer.from('["now","a","b","c"]').toString('base64url'),
      Buffer.from('[1]').toString('base64url'),
    ]) {
      await expect(readEvidence(query, 'listener', predicate, { cursor: forged, limit: 5 })).rejects.toThrow(
        EvidenceCursorError,
      );
    }
  });
});
