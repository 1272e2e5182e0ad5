import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type HandMadeEntry, handMadeZip } from '../../test/support/hand-made-zip.js';
import { inFull } from '../../test/support/length.js';
import { Recognition } from './recognition.js';

const HISTORY = '[{"ts":"2023-04-05T06:07:08Z","ms_played":200000}]';
const LARGE = { content: 'x', bytes: 300 * 2 ** 20 };
const HTML = '<html><body><a href="https://www.youtube.com/watch?v=2uXS20iWve4">x</a></body></html>';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'recognition-'));
});

afterAll(() => rm(folder, { recursive: true }));

/** What is recognised of an archive. */
async function recognitionOf(entries: readonly HandMadeEntry[]): Promise<Recognition> {
  const path = join(folder, 'upload');
  const zip = handMadeZip(entries);
  await writeFile(path, zip);
  const files = [{ name: 'my.zip', path, bytes: zip.length, sha256: '' }];
  const recognition = await Recognition.of({ files, profile: undefined, forget: () => Promise.resolve() });
  await recognition.close();
  return recognition;
}

describe('The files in an archive', () => {
  it('are recognised beside those that cannot be read, each of which has its reason', async () => {
    const { entries } = await recognitionOf([
      { name: 'activity/analytics/events-2024.json', ...LARGE },
      { name: 'videos/mine.mp4', content: Buffer.alloc(2_000_000) },
      { name: 'secret.json', content: HISTORY, flags: 1 },
      { name: 'rare.json', content: HISTORY, method: 9 },
      { name: 'link.json', content: HISTORY, mode: 0o120777 },
      { name: 'damaged.json', content: HISTORY, crc32: 1 },
      { name: 'history.json', content: HISTORY },
    ]);
    expect(entries.map(({ reason, format }) => reason ?? format)).toEqual([
      ...[
        'ARCHIVE_TOO_LARGE',
        'ARCHIVE_BOMB',
        'ARCHIVE_ENCRYPTED',
        'ARCHIVE_BROKEN',
        'ARCHIVE_BROKEN',
        'ARCHIVE_BROKEN',
      ],
      'spotify-extended',
    ]);
  });

  it.each([
    [413, 'ARCHIVE_TOO_LARGE', [{ name: 'a', ...LARGE }]],
    [422, 'ARCHIVE_BOMB', [{ name: 'a', content: Buffer.alloc(2_000_000) }]],
    [422, 'ARCHIVE_ENCRYPTED', [{ name: 'empty' }, { name: 'a', flags: 1 }, { name: 'b', flags: 1 }]],
    [
      422,
      'ARCHIVE_BROKEN',
      [
        { name: 'read me.txt', content: 'hello' },
        { name: 'a', method: 9 },
      ],
    ],
    [422, 'NOTHING_RECOGNIZED', [{ name: 'empty' }]],
  ])('are refused with %i %s where nothing else is in it', async (status, code, entries) => {
    await expect(recognitionOf(entries)).rejects.toMatchObject({ status, code });
  });

  it('are refused with the way to the right export where one of them tells it', async () => {
    const entries = [
      { name: 'a', ...LARGE },
      { name: 'watch-history.html', content: HTML },
    ];
    await expect(recognitionOf(entries)).rejects.toMatchObject({
      code: 'NOTHING_RECOGNIZED',
      message: expect.stringContaining('JSON'),
    });
  });

  it('may be thousands: each is looked at for itself', async () => {
    const channels = inFull(9_000, 500);
    const messages = '[{"ID":1092959867891335168,"Timestamp":"2023-04-05 06:07:08","Contents":"a","Attachments":""}]';
    const entries = Array.from({ length: channels }, (_, n) => [
      { name: `messages/c${n}/messages.json`, content: messages },
      { name: `messages/c${n}/channel.json`, content: '{"id":"100000000000000","type":0}' },
    ]);
    const recognition = await recognitionOf(entries.flat());
    expect(recognition.readable).toHaveLength(channels);
    expect(recognition.entries).toHaveLength(2 * channels);
  });
});
