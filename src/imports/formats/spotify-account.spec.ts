import { detects, outcomesOf, resultOf } from '../../../test/support/archive-text.js';
import { spotifyAccount } from './spotify-account.js';

const ROW = { endTime: '2023-04-05 06:07', artistName: 'BJÖRK', trackName: 'Song', msPlayed: 200_123 };
const PODCAST = { endTime: '2023-04-05 06:07', podcastName: 'The Show', episodeName: 'Part 1', msPlayed: 200_123 };
const MINUTE = Date.parse('2023-04-05T06:07:00Z');

async function readOne(row: unknown) {
  const [outcome] = await outcomesOf(spotifyAccount, JSON.stringify([row]));
  return outcome!;
}

async function itemOf(row: unknown) {
  const outcome = await readOne(row);
  if (!('item' in outcome)) throw new Error(`no item but ${resultOf(outcome)}`);
  return outcome.item;
}

describe("A row of Spotify's account data", () => {
  it('is a play of which the minute of the end is known', async () => {
    expect(await readOne(ROW)).toEqual({
      item: {
        kind: 'play',
        externalId: expect.stringMatching(new RegExp(`^sha256:[0-9a-f]{64}@${MINUTE}\\+200123$`)),
        key: 'artist:björk',
        occurredAt: new Date(MINUTE - ROW.msPlayed),
        timeMeaning: 'user_act',
        payload: { type: 'track', name: 'Song', artists: [{ name: 'BJÖRK' }], msPlayed: 200_123 },
        listening: { title: 'björk\nsong', from: MINUTE, to: MINUTE + 59_999, told: 'minute' },
      },
    });
  });

  it('is a skip below 30 seconds', async () => {
    expect(await itemOf({ ...ROW, msPlayed: 30_000 })).toMatchObject({ kind: 'play' });
    expect(await itemOf({ ...ROW, msPlayed: 29_999 })).toMatchObject({ kind: 'skipped-play', key: null });
    expect(await itemOf({ ...ROW, msPlayed: 0 })).toMatchObject({ listening: { told: 'minute' } });
  });

  it('of a podcast has a kind of its own', async () => {
    expect(await itemOf(PODCAST)).toMatchObject({
      kind: 'podcast-play',
      key: 'show:the show',
      payload: { type: 'episode', name: 'Part 1', show: { name: 'The Show' } },
      listening: { title: 'the show\npart 1', told: 'minute' },
    });
    expect(await itemOf({ ...PODCAST, msPlayed: 0 })).toMatchObject({ kind: 'skipped-podcast-play', key: null });
  });

  it('of an audiobook is left out', async () => {
    const row = { endTime: ROW.endTime, audiobookName: 'A', chapterName: 'B', authorName: 'C', msPlayed: 200_123 };
    expect(detects(spotifyAccount, JSON.stringify([row]))).toBe(true);
    expect(await readOne(row)).toEqual({ skipped: 'AUDIOBOOK' });
    expect(await readOne({ ...row, audiobookName: null, newField: 1 })).toEqual({
      skipped: 'AUDIOBOOK',
      unknown: ['newField'],
    });
  });

  it('has the same id as a row in the same words, and another one than any other row, before the @ its track', async () => {
    const others = [
      { ...ROW, msPlayed: 200_124 },
      { ...ROW, endTime: '2023-04-05 06:08' },
      { ...ROW, trackName: 'song' },
      { ...ROW, artistName: 'BJÖRKS', trackName: 'ong' },
      { ...PODCAST, podcastName: 'BJÖRK', episodeName: 'Song' },
    ];
    const ids = (await Promise.all([ROW, ROW, ...others].map(itemOf))).map(({ externalId }) => externalId);
    expect(ids[0]).toBe(ids[1]);
    expect(new Set(ids).size).toBe(others.length + 1);
    const tracks = ids.map((id) => id.split('@')[0]);
    expect(tracks.slice(0, 4)).toEqual(Array(4).fill(tracks[0]));
    expect(new Set(tracks).size).toBe(4);
  });

  it.each([
    ['REMOVED', { artistName: null, trackName: null }],
    ['REMOVED', { artistName: 'Unknown Artist', trackName: 'Unknown Track' }],
    ['NOTHING_PLAYED', { trackName: '', msPlayed: 0 }],
    ['BAD_TIME', { endTime: '2099-01-01 00:00' }],
    ['BAD_TIME', { endTime: '1970-01-01 00:00' }],
    ['BAD_TIME', { endTime: '2023-04-31 00:00' }],
    ['BAD_TIME', { endTime: null }],
    ['BAD_ROW', { msPlayed: -1 }],
    ['BAD_ROW', { msPlayed: 86_400_001 }],
    ['BAD_ROW', { msPlayed: 1.5 }],
    ['BAD_ROW', { msPlayed: null }],
  ])('is %s when it has %j', async (result, fields) => {
    expect(resultOf(await readOne({ ...ROW, ...fields }))).toBe(result);
  });

  it('that began before midnight belongs to the day before', async () => {
    expect((await itemOf({ ...ROW, endTime: '2023-04-05 00:01' })).occurredAt).toEqual(
      new Date('2023-04-04T23:57:39.877Z'),
    );
  });

  it('names the fields that are new and those that are gone, and keeps none of the new ones', async () => {
    const { trackName: _, ...without } = ROW;
    const outcome = await readOne({ ...ROW, ip: '203.0.113.7' });
    expect(outcome).toMatchObject({ unknown: ['ip'] });
    expect(JSON.stringify(outcome)).not.toContain('203.0');
    expect(await readOne(without)).toMatchObject({ skipped: 'REMOVED', missing: ['trackName'] });
  });

  it('of hostile values comes to an outcome', async () => {
    const hostile = [null, true, 0, -1, 1e308, '', '\0', 'x'.repeat(60_000), [], {}, [[[[]]]], '2023-04-05'];
    const rows = Object.keys(ROW).flatMap((name) => hostile.map((value) => ({ ...ROW, [name]: value })));
    const outcomes = await outcomesOf(spotifyAccount, JSON.stringify([...hostile, ...rows]));
    expect(outcomes).toHaveLength(hostile.length + rows.length);
    for (const outcome of outcomes) {
      if ('item' in outcome) expect(outcome.item.externalId.length).toBeLessThan(500);
    }
  });
});
