import { outcomesOf, resultOf } from '../../../test/support/archive-text.js';
import type { RowOutcome } from '../format.js';
import { spotifyExtended } from './spotify-extended.js';

const ROW = {
  ts: '2023-04-05T06:07:08Z',
  username: 'listener',
  platform: 'iOS 16.4 (iPhone14,5)',
  ms_played: 200_123,
  conn_country: 'DE',
  ip_addr: '203.0.113.7',
  user_agent_decrypted: 'unknown/Agent 5',
  master_metadata_track_name: 'Song (feat. Other) - 2011 Remaster',
  master_metadata_album_artist_name: 'BJÖRK',
  master_metadata_album_album_name: 'Album',
  spotify_track_uri: 'spotify:track:4uLU6hMCjMI75M1A2tKUQC',
  episode_name: null,
  episode_show_name: null,
  spotify_episode_uri: null,
  reason_start: 'clickrow',
  reason_end: 'trackdone',
  shuffle: false,
  skipped: false,
  offline: true,
  offline_timestamp: 1_680_674_800,
  incognito_mode: false,
};
const START = Date.parse(ROW.ts) - ROW.ms_played;
const NO_TRACK = {
  master_metadata_track_name: null,
  master_metadata_album_artist_name: null,
  master_metadata_album_album_name: null,
  spotify_track_uri: null,
};
const EPISODE = {
  ...ROW,
  ...NO_TRACK,
  episode_name: 'Part 1',
  episode_show_name: 'The  Show',
  spotify_episode_uri: 'spotify:episode:5Xt5DXGzch68nYYamXrNxZ',
};

async function read(...rows: unknown[]): Promise<RowOutcome[]> {
  return outcomesOf(spotifyExtended, JSON.stringify(rows));
}

async function readOne(row: unknown): Promise<RowOutcome> {
  const [outcome] = await read(row);
  return outcome!;
}

async function itemOf(row: unknown) {
  const outcome = await readOne(row);
  if (!('item' in outcome)) throw new Error(`no item but ${resultOf(outcome)}`);
  return outcome.item;
}

describe("A row of Spotify's extended history", () => {
  it('is a play from its start, with the name of its account', async () => {
    expect(await readOne(ROW)).toEqual({
      account: 'listener',
      item: {
        kind: 'play',
        externalId: `4uLU6hMCjMI75M1A2tKUQC@${START}`,
        key: 'artist:björk',
        occurredAt: new Date(START),
        timeMeaning: 'user_act',
        payload: {
          type: 'track',
          name: 'Song (feat. Other) - 2011 Remaster',
          uri: 'spotify:track:4uLU6hMCjMI75M1A2tKUQC',
          artists: [{ name: 'BJÖRK' }],
          album: { name: 'Album' },
          msPlayed: 200_123,
          reasonStart: 'clickrow',
          reasonEnd: 'trackdone',
          shuffle: false,
          skipped: false,
          offline: true,
        },
        listening: {
          title: 'björk\nsong (feat. other) - 2011 remaster',
          from: START,
          to: Date.parse(ROW.ts),
          told: 'span',
        },
      },
    });
  });

  it('is a play from 30 seconds on, and below them a skip without a key', async () => {
    expect(await itemOf({ ...ROW, ms_played: 30_000 })).toMatchObject({ kind: 'play', key: 'artist:björk' });
    const skip = await itemOf({ ...ROW, ms_played: 29_999 });
    expect(skip).toMatchObject({
      kind: 'skipped-play',
      key: null,
      timeMeaning: 'user_act',
      payload: { msPlayed: 29_999 },
    });
    expect(await itemOf({ ...ROW, ms_played: 0 })).toMatchObject({
      kind: 'skipped-play',
      payload: { msPlayed: 0 },
      listening: { told: 'span' },
    });
  });

  it('of a podcast has a kind of its own, and counts for its show', async () => {
    expect(await itemOf(EPISODE)).toMatchObject({
      kind: 'podcast-play',
      externalId: `5Xt5DXGzch68nYYamXrNxZ@${START}`,
      key: 'show:the show',
      payload: { type: 'episode', name: 'Part 1', show: { name: 'The  Show' } },
      listening: { title: 'the show\npart 1', told: 'span' },
    });
    expect(await itemOf({ ...EPISODE, ms_played: 5 })).toMatchObject({ kind: 'skipped-podcast-play', key: null });
    expect(await itemOf({ ...EPISODE, episode_show_name: null })).toMatchObject({ kind: 'podcast-play', key: null });
  });

  it.each([
    ['INCOGNITO', { incognito_mode: true }],
    ['INCOGNITO', { incognito_mode: 'true', ts: 'nonsense', ms_played: -1 }],
    ['AUDIOBOOK', { ...NO_TRACK, audiobook_title: 'Book', audiobook_uri: 'spotify:show:1' }],
    ['VIDEO', { ...NO_TRACK, video_uri: 'spotify:video:1' }],
    ['LOCAL_FILE', { ...NO_TRACK, spotify_track_uri: 'spotify:local:A:B:C:100' }],
    ['LOCAL_FILE', { ...NO_TRACK, master_metadata_track_name: 'Title without an artist' }],
    ['REMOVED', { ...NO_TRACK }],
    ['REMOVED', { ...NO_TRACK, spotify_track_uri: ROW.spotify_track_uri }],
    ['REMOVED', { ...NO_TRACK, spotify_episode_uri: EPISODE.spotify_episode_uri }],
    ['NOTHING_PLAYED', { ...NO_TRACK, ms_played: 0 }],
    ['BAD_TIME', { ts: '2099-01-01T00:00:00Z' }],
    ['BAD_TIME', { ts: '2005-12-31T23:59:59Z' }],
    ['BAD_TIME', { ts: '1970-01-01T00:00:00Z' }],
    ['BAD_TIME', { ts: '2023-02-30T00:00:00Z' }],
    ['BAD_TIME', { ts: null }],
    ['BAD_TIME', { ts: 1_680_674_828 }],
    ['BAD_ROW', { ms_played: -1 }],
    ['BAD_ROW', { ms_played: 86_400_001 }],
    ['BAD_ROW', { ms_played: '200000' }],
    ['BAD_ROW', { ms_played: null }],
  ])('is %s when it has %j', async (result, fields) => {
    expect(resultOf(await readOne({ ...ROW, ...fields }))).toBe(result);
  });

  it('of a local file with names is a play with an id made of them', async () => {
    const local = { ...ROW, spotify_track_uri: null };
    const { externalId, kind, payload } = await itemOf(local);
    expect(kind).toBe('play');
    expect(externalId).toMatch(new RegExp(`^sha256:[0-9a-f]{64}@${START}$`));
    expect(payload).not.toHaveProperty('uri');
    expect((await itemOf({ ...local, master_metadata_track_name: 'Another' })).externalId).not.toBe(externalId);
    expect(await itemOf({ ...ROW, spotify_track_uri: 'spotify:local:A:B:C:1' })).toMatchObject({ kind: 'play' });
  });

  it('that began before midnight belongs to the day before', async () => {
    const { occurredAt } = await itemOf({ ...ROW, ts: '2023-04-05T00:00:10Z' });
    expect(occurredAt).toEqual(new Date('2023-04-04T23:56:49.877Z'));
  });

  it('may tell its time without seconds, and then only the minute of the end is known', async () => {
    const { occurredAt, listening } = await itemOf({ ...ROW, ts: '2023-04-05T06:07Z' });
    const minute = Date.parse('2023-04-05T06:07:00Z');
    expect(occurredAt).toEqual(new Date(minute - ROW.ms_played));
    expect(listening).toMatchObject({ from: minute, to: minute + 59_999, told: 'minute' });
  });

  it('may have null, or something else, where it says how it was played', async () => {
    const fields = { skipped: null, shuffle: 'no', offline: 1, reason_start: '203.0.113.7 and more', reason_end: 5 };
    const { payload } = await itemOf({ ...ROW, ...fields });
    expect(Object.keys(payload)).toEqual(['type', 'name', 'uri', 'artists', 'album', 'msPlayed']);
  });

  it('has the same id as an exact copy of it, and another one than a play of other length in the same second', async () => {
    const items = await Promise.all([ROW, ROW, { ...ROW, ms_played: 200_124 }].map(itemOf));
    const ids = items.map(({ externalId }) => externalId);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it('has another id than a skip that began in the same millisecond and was longer', async () => {
    const first = await itemOf({ ...ROW, ms_played: 0 });
    const second = await itemOf({ ...ROW, ms_played: 1_000, ts: '2023-04-05T06:07:09Z' });
    expect(second.occurredAt).toEqual(first.occurredAt);
    expect(second.externalId).not.toBe(first.externalId);
  });

  it('names the fields that are new and those that are gone', async () => {
    const { offline: _, ...without } = ROW;
    expect(await readOne({ ...without, dj_mode: true })).toMatchObject({ unknown: ['dj_mode'], missing: ['offline'] });
    expect(await readOne({ ...ROW, incognito_mode: true, dj_mode: true })).toMatchObject({ unknown: ['dj_mode'] });
  });

  it('does not pass on an e-mail address as the name of an account', async () => {
    expect((await readOne({ ...ROW, username: 'somebody@example.org' })).account).toBeUndefined();
  });

  it('leaves nothing private behind', async () => {
    const places = {
      city: 'Berlin',
      region: 'BE',
      latitude: 52.5,
      longitude: 13.4,
      metro_code: '7',
      ip_addr_decrypted: '203.0.113.8',
    };
    const outcomes = await read({ ...ROW, ...places }, { ...EPISODE, ...places }, { ...ROW, ...places, ms_played: 1 });
    expect(JSON.stringify(outcomes)).not.toMatch(/203\.0|iPhone|iOS|Agent|"DE"|Berlin|52\.5|13\.4/);
  });

  it('of hostile values comes to an outcome', async () => {
    const hostile = [
      null,
      true,
      0,
      -1,
      1e308,
      '',
      '\0',
      ' ',
      'x'.repeat(60_000),
      [],
      {},
      [[[[]]]],
      { a: { b: 1 } },
      '2023-04-05',
    ];
    const rows = Object.keys(ROW).flatMap((name) => hostile.map((value) => ({ ...ROW, [name]: value })));
    const outcomes = await read(...hostile, ...rows, { ...ROW, __proto__: null });
    expect(outcomes).toHaveLength(hostile.length + rows.length + 1);
    for (const outcome of outcomes) {
      expect(resultOf(outcome)).toMatch(/^[a-z-]+$|^[A-Z_]+$/);
      if ('item' in outcome) {
        expect(outcome.item.externalId.length).toBeLessThan(500);
        expect(outcome.item.key?.length ?? 0).toBeLessThan(500);
      }
    }
  });
});
