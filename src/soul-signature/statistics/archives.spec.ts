import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';
import { buildSignature } from '../build-signature.js';
import { evidenceOf } from '../facets/evidence.js';
import { readEvidence } from './read-evidence.js';
import type { Query } from './read-query.js';
import { readStatistics } from './read-statistics.js';
import { statsDigest } from './statistics.js';

const PERSON = 'ana';
const ASOF = new Date('2026-11-20T12:00:00Z');
const OLDER = '01a00000-0000-7000-8000-000000000001';
const NEWER = '01a00000-0000-7000-8000-000000000002';

let open: OpenDatabase;
let statements: string[] = [];
const query: Query = async <Row>(sql: string, parameters: unknown[]) => {
  statements.push(sql);
  return open.database.query<Row>(sql, parameters);
};

beforeAll(async () => {
  open = await openDatabase();
});
afterAll(() => open.close());
beforeEach(async () => {
  await open.database.query('TRUNCATE users CASCADE');
  await open.database.query('TRUNCATE stat_kind, stat_quarter, stat_key_day');
  await open.database.query('INSERT INTO users (id) VALUES ($1)', [PERSON]);
  statements = [];
});

interface Act {
  readonly at: string;
  readonly by: readonly string[];
  readonly artist?: string;
  readonly ms?: number;
  readonly kind?: string;
  readonly platform?: string;
  readonly key?: string;
}

async function store(acts: readonly Act[], table: 'items' | 'witnesses' = 'items'): Promise<void> {
  const rows = acts.map(({ at, by, artist = 'a', ms, kind = 'play', platform = 'spotify', key }) => ({
    platform,
    kind,
    external_id: `t-${artist}@${Date.parse(at)}`,
    key: key ?? (kind === 'play' ? `artist:${artist}` : null),
    occurred_at: at,
    sources: by,
    payload: {
      name: `Song of ${artist}`,
      artists: [{ id: artist, name: artist }],
      ...(ms !== undefined && { msPlayed: ms }),
    },
  }));
  const more =
    table === 'items'
      ? ['', '']
      : [', first_seen_at, updated_at, listening, shown_platform, shown_id', ", now(), now(), '{}', platform, 'other'"];
  await open.database.query(
    `INSERT INTO ${table} (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, sources${more[0]})
     SELECT $1, platform, kind, external_id, key, occurred_at, 'user_act', payload, sources${more[1]}
     FROM jsonb_to_recordset($2::jsonb) AS row(platform text, kind text, external_id text, key text,
       occurred_at timestamptz, payload jsonb, sources text[])`,
    [PERSON, JSON.stringify(rows)],
  );
}

async function archive(id: string, at: string, format = 'spotify-extended'): Promise<void> {
  await open.database.query(
    `INSERT INTO imports (id, user_id, digest, files, receipt, uploaded, created_at) VALUES ($1, $2, 'd', '[]', '{}', true, $3)`,
    [id, PERSON, at],
  );
  await open.database.query(
    `INSERT INTO import_entries (import_id, user_id, entry, file, name, bytes, format) VALUES ($1, $2, 0, 0, 'x', 1, $3)`,
    [id, PERSON, format],
  );
}

const gap = (from: string, to: string) =>
  open.database.query(
    `INSERT INTO coverage_gaps (user_id, platform, kind, from_at, to_at) VALUES ($1, 'spotify', 'play', $2, $3)`,
    [PERSON, from, to],
  );

const read = (connected = ['spotify']) => readStatistics(query, PERSON, { connected, asOf: ASOF });
const signature = async (connected?: string[]) =>
  buildSignature(await read(connected), { asOf: ASOF, zone: { iana: 'UTC', source: 'user' } });

const dayOf = (date: string) => Date.parse(date) / 86_400_000;
const NO_DAY_KEPT_OPEN = { gaps: [] };

describe('who told what', () => {
  it('costs one short statement where there is no import, and is the connection then', async () => {
    await store([{ at: '2026-11-01T10:00:00Z', by: ['connection'] }]);
    const statistics = await read();
    expect(statistics.tellings).toEqual([]);
    expect(statistics.listening).toEqual([]);
    expect(statements.filter((sql) => sql.includes('witnesses') || sql.includes('msPlayed'))).toEqual([]);
    expect((await signature()).coverage['spotify']!.sources).toEqual([
      { source: 'connection', items: 1, from: '2026-11-01', to: '2026-11-01' },
    ]);
  });

  it('is said of the connection and of each archive, an act that several told counting for each', async () => {
    await archive(NEWER, '2026-11-19T08:00:00Z', 'spotify-account');
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await store([
      { at: '2024-01-01T10:00:00Z', by: [OLDER] },
      { at: '2026-11-01T10:00:00Z', by: [OLDER, NEWER] },
      { at: '2026-11-19T10:00:00Z', by: ['connection'] },
    ]);
    await store([{ at: '2026-11-01T10:03:00Z', by: ['connection'] }], 'witnesses');
    const { coverage } = await signature();
    expect(coverage['spotify']).toMatchObject({ items: 3, from: '2024-01-01', to: '2026-11-19' });
    expect(coverage['spotify']!.sources).toEqual([
      { source: 'connection', items: 2, from: '2026-11-01', to: '2026-11-19' },
      {
        source: 'import',
        importId: OLDER,
        importedAt: '2026-11-18T08:00:00.000Z',
        formats: [{ name: 'spotify-extended', title: expect.any(String) as string }],
        items: 2,
        from: '2024-01-01',
        to: '2026-11-01',
      },
      expect.objectContaining({ importId: NEWER, items: 1 }),
    ]);
    expect(statsDigest(await read())).toBe(statsDigest(await read()));
  });

  it('leaves out an archive that is being taken out', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await store([{ at: '2024-01-01T10:00:00Z', by: [OLDER] }]);
    await open.database.query('UPDATE imports SET deleting_at = now()');
    expect((await read()).tellings).toEqual([]);
  });
});

describe('what was cut short', () => {
  const truncations = async () => (await signature()).coverage['spotify']!.truncations;

  it('is nothing where archives tell of all days on which the connection saw plays', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await store([
      { at: '2024-01-01T10:00:00Z', by: [OLDER] },
      { at: '2026-11-18T06:00:00Z', by: [OLDER] },
      { at: '2026-11-18T07:00:00Z', by: ['connection'] },
    ]);
    const { coverage, facets, facts } = await signature();
    expect(coverage['spotify']).toMatchObject({ truncated: false, truncations: [] });
    expect(facts.find(({ key }) => key === 'plays_seen@spotify')).not.toHaveProperty('note');
    expect(JSON.stringify(facets)).not.toContain('"truncated":true');
  });

  it('is said of the days after the archive, on which there is only what the connection saw', async () => {
    await archive(OLDER, '2026-11-10T08:00:00Z');
    await store([
      { at: '2024-01-01T10:00:00Z', by: [OLDER] },
      { at: '2026-11-10T06:00:00Z', by: [OLDER] },
      { at: '2026-11-19T07:00:00Z', by: ['connection'] },
    ]);
    expect(await truncations()).toEqual([
      {
        kind: 'play',
        reason:
          'The archive reaches from 2024-01-01 to 2026-11-10. Of other days we have what the connection saw: Spotify keeps only about the last 50 plays.',
      },
    ]);
  });

  it('stays all but the last 50 plays where no archive tells of plays', async () => {
    await archive(OLDER, '2026-11-10T08:00:00Z', 'spotify-library');
    await store([
      { at: '2024-01-01T10:00:00Z', by: [OLDER], kind: 'saved-track' },
      { at: '2026-11-19T07:00:00Z', by: ['connection'] },
    ]);
    expect((await truncations())[0]!.reason).toContain('earlier ones were not there to read');
  });
});

describe('a gap between two polls', () => {
  beforeEach(async () => {
    await store([
      { at: '2026-10-01T10:00:00Z', by: ['connection'] },
      { at: '2026-10-05T10:00:00Z', by: ['connection'] },
    ]);
    await gap('2026-10-01T10:00:00Z', '2026-10-05T10:00:00Z');
  });

  it('is none any more when an archive tells of the time, and is one again without it', async () => {
    expect((await read()).gaps).toHaveLength(1);
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await store([
      { at: '2025-01-01T10:00:00Z', by: [OLDER] },
      { at: '2026-10-05T09:57:00Z', by: [OLDER] }, // the start of what the connection tells by its end
    ]);
    expect(await read()).toMatchObject(NO_DAY_KEPT_OPEN);
    await open.database.query(`DELETE FROM items WHERE sources = $1`, [[OLDER]]);
    await open.database.query('DELETE FROM imports');
    expect((await read()).gaps).toEqual([
      { platform: 'spotify', kind: 'play', dayFrom: dayOf('2026-10-01'), dayTo: dayOf('2026-10-05') },
    ]);
  });

  it('is one for the days after the archive’s last play', async () => {
    await archive(OLDER, '2026-10-03T08:00:00Z');
    await store([
      { at: '2025-01-01T10:00:00Z', by: [OLDER] },
      { at: '2026-10-03T07:00:00Z', by: [OLDER] },
    ]);
    expect((await read()).gaps).toEqual([
      { platform: 'spotify', kind: 'play', dayFrom: dayOf('2026-10-03'), dayTo: dayOf('2026-10-05') },
    ]);
  });

  it('is not filled by an archive that tells of other things in that time', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await store([
      { at: '2025-01-01T10:00:00Z', by: [OLDER], kind: 'podcast-play' },
      { at: '2026-11-05T10:00:00Z', by: [OLDER], kind: 'podcast-play' },
    ]);
    expect((await read()).gaps).toHaveLength(1);
  });
});

describe('the time between an archive and the connection', () => {
  const told = { at: '2026-11-10T06:00:00Z', by: [OLDER] };
  const polled = { at: '2026-11-15T07:00:00Z', by: ['connection'] };
  const between = [{ platform: 'spotify', kind: 'play', dayFrom: dayOf('2026-11-10'), dayTo: dayOf('2026-11-15') }];

  it.each([
    ['the archive', [told, polled]],
    ['the connection', [polled, told]],
  ])('is a gap if %s came first, and none without the archive', async (_, acts) => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    for (const act of acts) await store([act]);
    expect((await read()).gaps).toEqual(between);
    await open.database.query(`DELETE FROM items WHERE sources = $1`, [[OLDER]]);
    expect((await read()).gaps).toEqual([]);
  });

  it('is none where one of the archives reaches to what the connection saw, shown or not', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await archive(NEWER, '2026-11-18T08:00:00Z');
    await store([told, { at: polled.at, by: [NEWER] }]);
    await store([{ ...polled, at: '2026-11-15T07:03:00Z' }], 'witnesses');
    expect((await read()).gaps).toEqual([]);
  });

  it('is none for what the provider does not forget', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z', 'reddit-comments');
    const comment = { platform: 'reddit', kind: 'comment' };
    await store([told, polled].map((act) => ({ ...act, ...comment })));
    await store([told, polled].map((act) => ({ ...act, kind: 'saved-track' })));
    expect((await read(['reddit', 'spotify'])).gaps).toEqual([]);
  });
});

describe('the facts of an archive', () => {
  const ACTS: readonly Act[] = [
    { at: '2023-12-31T23:59:00Z', by: [OLDER], artist: 'first', ms: 60_000 },
    { at: '2024-01-01T00:01:00Z', by: [OLDER], artist: 'most', ms: 90_000 },
    { at: '2024-01-02T10:00:00Z', by: [OLDER], artist: 'most', ms: 210_000 },
    { at: '2024-01-05T10:00:00Z', by: [OLDER], artist: 'most', ms: 60_000 },
    { at: '2024-01-05T11:00:00Z', by: [OLDER], artist: 'first', ms: 60_000 },
    { at: '2024-01-05T12:00:00Z', by: [OLDER], kind: 'skipped-play', ms: 5_000 },
    { at: '2026-11-19T12:00:00Z', by: ['connection'], artist: 'first' },
    { at: '2026-11-19T13:00:00Z', by: ['connection'], artist: 'last' },
  ];
  beforeEach(async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    await store(ACTS);
  });
  const fact = async (name: string) => (await signature()).facts.find(({ key }) => key === `${name}@spotify`);

  it('have the minutes of each UTC year, of plays whose length is known', async () => {
    expect(await fact('minutes_by_year')).toMatchObject({
      unit: 'minutes',
      source: { count: 5 },
      points: [
        { label: '2023', value: 1 },
        { label: '2024', value: 7 },
      ],
      note: expect.stringContaining('of 2 others it is not') as string,
      evidence: { count: 7 },
    });
  });

  it('have the first play of each of the most played artists', async () => {
    expect(await fact('first_plays')).toMatchObject({
      entries: [
        { rank: 1, key: 'artist:first', count: 3, at: '2023-12-31T23:59:00.000Z' },
        { rank: 2, key: 'artist:most', count: 3, at: '2024-01-01T00:01:00.000Z' },
        { rank: 3, key: 'artist:last', count: 1 },
      ],
    });
  });

  it('have the longest run of days and the day with most plays, the earliest of equals', async () => {
    expect(await fact('longest_streak')).toMatchObject({
      value: 3,
      note: expect.stringContaining('2023-12-31') as string,
    });
    expect(await fact('most_played_day')).toMatchObject({ at: '2024-01-05T00:00:00.000Z', label: '2 plays' });
  });

  it('have evidence that selects as many items as it says', async () => {
    const document = await signature();
    for (const name of ['minutes_by_year', 'first_plays', 'longest_streak', 'most_played_day']) {
      const evidence = evidenceOf(document, `${name}@spotify`)!;
      const { items } = await readEvidence(query, PERSON, evidence.predicate, { limit: 100 });
      expect([name, items.length]).toEqual([name, evidence.count]);
    }
  });
});

describe('what archives bring of other platforms', () => {
  it('shows taste by scrobbles where there are no other plays', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z', 'listenbrainz');
    const days = Array.from({ length: 200 }, (_, day) =>
      new Date(Date.UTC(2026, 3, 1, 20) + day * 86_400_000).toISOString(),
    );
    await store(days.flatMap((at, day) => [{ at, by: [OLDER], platform: 'listenbrainz', artist: `a${day % 40}` }]));
    const { facets } = await signature(['listenbrainz']);
    expect(facets['taste.breadth']).toMatchObject({
      status: 'known',
      coverage: { platforms: ['listenbrainz'], truncated: false },
      restsOn: [{ what: 'items', platform: 'listenbrainz', kinds: ['play'] }],
    });
    expect(facets['taste.concentration']!.status).toBe('known');
  });

  it('shows taste by the plays that go on, and says where those count that two platforms tell', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z', 'lastfm');
    await archive(NEWER, '2026-11-19T08:00:00Z');
    const days = (from: number, count: number) =>
      Array.from({ length: count }, (_, day) => new Date(Date.UTC(from, 3, 1, 20) + day * 86_400_000).toISOString());
    await store(days(2010, 600).map((at, day) => ({ at, by: [OLDER], platform: 'lastfm', artist: `a${day % 40}` })));
    await store(days(2026, 230).map((at, day) => ({ at, by: [NEWER], artist: `b${day % 40}` })));
    await store([{ at: '2026-05-01T20:00:30Z', by: [OLDER], platform: 'lastfm' }], 'witnesses');
    await open.database.query(`UPDATE witnesses SET shown_platform = 'spotify'`);
    const { facets, facts } = await signature(['lastfm', 'spotify']);
    expect(facets['taste.breadth']).toMatchObject({ status: 'known', coverage: { platforms: ['spotify'] } });
    const note = '1 more count as plays of Spotify, which tells them more exactly.';
    for (const key of ['longest_streak', 'most_played_day', 'first_plays']) {
      expect(facts.find((fact) => fact.key === `${key}@lastfm`)?.note).toContain(note);
      expect(facts.find((fact) => fact.key === `${key}@spotify`)?.note).not.toContain('more exactly');
    }
  });

  it('finds the themes of the communities in which the person writes or reads', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z', 'reddit-comments');
    const subs = ['rust', 'learnrust', ...Array.from({ length: 10 }, (_, i) => `place${i}`)];
    await store(
      subs.map((sub, i) => ({
        at: `2026-10-${String(i + 10)}T10:00:00Z`,
        by: [OLDER],
        platform: 'reddit',
        kind: i === 0 ? 'post' : 'comment',
        artist: sub,
        key: `subreddit:${sub}`,
      })),
    );
    const { facets, coverage } = await signature(['reddit']);
    expect(facets['interests.salience@reddit']).toMatchObject({
      status: 'known',
      value: { themes: [{ key: 'theme:rust', sources: 2 }] },
    });
    expect(coverage['reddit']).toMatchObject({ title: 'Reddit', activeDays: 12 });
  });

  it('takes a skipped play as a sign of being awake, once an hour, and never as taste', async () => {
    await archive(OLDER, '2026-11-18T08:00:00Z');
    const at = (minute: string) => `2026-10-10T10:${minute}:00Z`;
    await store([
      { at: at('00'), by: [OLDER] },
      { at: at('05'), by: [OLDER], kind: 'skipped-play' },
    ]);
    const { keyDays, activity, kinds } = await read();
    expect(keyDays[0]).toMatchObject({ items: 1, days: 1 });
    expect(activity.map(({ kind, days }) => [kind, days])).toEqual([
      ['play', [[dayOf('2026-10-10'), [40]]]],
      ['skipped-play', [[dayOf('2026-10-10'), [40]]]],
    ]);
    expect(kinds.find(({ kind }) => kind === 'play')!.acts).toBe(1);
    expect((await signature()).facets['rhythms.clock']).toMatchObject({ reason: 'too_few_days', have: 1 });
  });
});
