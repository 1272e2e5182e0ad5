import { detects, outcomesOf, resultOf } from '../../../test/support/archive-text.js';
import { listenbrainz } from './listenbrainz.js';

const LISTEN = {
  inserted_at: 1_680_674_900,
  listened_at: 1_680_674_828,
  recording_msid: '2a6c4f4e-7ef2-4ee1-8a31-8bbd8d1c5b5e',
  track_metadata: {
    artist_name: 'BJÖRK & Another',
    track_name: 'Song',
    release_name: 'Album',
    additional_info: {
      artist_names: ['BJÖRK', 'Another'],
      duration_ms: 200_123,
      origin_url: 'https://example.org/search?q=secret',
      submission_client: 'Phone 7',
      user_agent: 'Agent 5',
    },
    mbid_mapping: { recording_mbid: 'E60B9417-ACFE-4796-A048-76208FB4A9AD', recording_name: 'Song' },
  },
};
const AT = LISTEN.listened_at * 1_000;

const withMetadata = (fields: object) => ({ ...LISTEN, track_metadata: { ...LISTEN.track_metadata, ...fields } });
const lines = (...rows: unknown[]) => rows.map((row) => JSON.stringify(row)).join('\n');

async function itemOf(row: unknown) {
  const [outcome] = await outcomesOf(listenbrainz, lines(row));
  if (!outcome || !('item' in outcome)) throw new Error('no item');
  return outcome.item;
}

describe('A listen of ListenBrainz', () => {
  it('is a play at an instant', async () => {
    expect(await outcomesOf(listenbrainz, lines({ ...LISTEN, user_name: 'listener' }))).toEqual([
      {
        account: 'listener',
        item: {
          kind: 'play',
          externalId: expect.stringMatching(new RegExp(`^sha256:[0-9a-f]{64}@${AT}$`)),
          key: 'artist:björk',
          occurredAt: new Date(AT),
          timeMeaning: 'user_act',
          payload: {
            type: 'track',
            name: 'Song',
            artists: [{ name: 'BJÖRK' }, { name: 'Another' }],
            album: { name: 'Album' },
            durationMs: 200_123,
            recordingMbid: 'e60b9417-acfe-4796-a048-76208fb4a9ad',
          },
          listening: { title: 'björk\nsong', from: AT, to: AT, told: 'instant' },
        },
      },
    ]);
  });

  it('has its artists in one text where the player told them so', async () => {
    for (const names of [undefined, null, [], ['BJÖRK', 5], 'BJÖRK']) {
      const item = await itemOf(withMetadata({ additional_info: { artist_names: names } }));
      expect(item.key).toBe('artist:björk & another');
    }
    expect((await itemOf(withMetadata({ additional_info: null, mbid_mapping: null }))).payload).toEqual({
      type: 'track',
      name: 'Song',
      artists: [{ name: 'BJÖRK & Another' }],
      album: { name: 'Album' },
    });
  });

  it('has the same id whatever recording it is taken for, and another one for any other names', async () => {
    const rows = [
      LISTEN,
      withMetadata({ mbid_mapping: null }),
      withMetadata({ track_name: 'song' }),
      withMetadata({ release_name: null }),
      { ...LISTEN, recording_msid: null },
      { ...LISTEN, listened_at: LISTEN.listened_at + 1 },
    ];
    const ids = (await Promise.all(rows.map(itemOf))).map(({ externalId }) => externalId);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(rows.length - 1);
  });

  it.each([
    ['NO_DATE', { listened_at: null }],
    ['NO_DATE', { playing_now: true }],
    ['BAD_TIME', { listened_at: 0 }],
    ['BAD_TIME', { listened_at: 4_000_000_000 }],
    ['BAD_TIME', { listened_at: 1e300 }],
    ['BAD_TIME', { listened_at: '1680674828' }],
    ['BAD_TIME', { listened_at: undefined }],
    ['BAD_ROW', { track_metadata: null }],
    ['BAD_ROW', { track_metadata: { artist_name: 'A', track_name: ' ' } }],
    ['BAD_ROW', { track_metadata: { artist_name: 5, track_name: 'B' } }],
  ])('is %s when it has %j', async (result, fields) => {
    const outcomes = await outcomesOf(listenbrainz, lines({ ...LISTEN, ...fields }));
    expect(outcomes.map(resultOf)).toEqual([result]);
  });

  it.each([
    [200_000, { duration: 200 }],
    [200_000, { duration: '200' }],
    [200_000, { duration_ms: '200000' }],
    [undefined, { duration_ms: -5 }],
    [undefined, { duration_ms: 1e300 }],
    [undefined, { duration: {}, duration_ms: [] }],
    [undefined, {}],
  ])('lasts %p ms with %j', async (durationMs, additional_info) => {
    expect((await itemOf(withMetadata({ additional_info }))).payload['durationMs']).toBe(durationMs);
  });

  it('leaves nothing private behind, and names fields that are new', async () => {
    const [outcome] = await outcomesOf(
      listenbrainz,
      lines({ ...LISTEN, ip: '203.0.113.7', user_name: 'a@example.org' }),
    );
    expect(outcome).toMatchObject({ unknown: ['ip'] });
    expect(JSON.stringify(outcome)).not.toMatch(/203\.0|secret|Phone|Agent|@example/);
  });

  it('is a line, or an element of one array', async () => {
    const rows = [LISTEN, withMetadata({ track_name: 'Next' })];
    const fromLines = await outcomesOf(listenbrainz, `${lines(...rows)}\n`);
    expect(fromLines).toHaveLength(2);
    expect(await outcomesOf(listenbrainz, JSON.stringify(rows, null, 2))).toEqual(fromLines);
  });

  it('that was cut short, or is no JSON, is counted', async () => {
    const text = `${lines(LISTEN)}\nnonsense\n\n5\n${lines(LISTEN).slice(0, 50)}`;
    expect((await outcomesOf(listenbrainz, text)).map(resultOf)).toEqual(['play', 'BAD_ROW', 'BAD_ROW', 'CUT_SHORT']);
  });

  it('is recognised, and the other files of the export are not', () => {
    expect(detects(listenbrainz, lines(LISTEN))).toBe(true);
    expect(detects(listenbrainz, lines(...Array.from({ length: 1_000 }, () => LISTEN)))).toBe(true);
    expect(detects(listenbrainz, JSON.stringify([LISTEN], null, 2))).toBe(true);
    expect(detects(listenbrainz, '{"recording_msid":null,"recording_mbid":"x","score":1,"created":1680674828}\n')).toBe(
      false,
    );
    expect(detects(listenbrainz, '{"user_id":1,"username":"listener"}')).toBe(false);
    expect(detects(listenbrainz, lines(LISTEN).slice(0, 80))).toBe(false);
  });
});
