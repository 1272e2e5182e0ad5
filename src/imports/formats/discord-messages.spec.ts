import { beginningOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import { discordMessages, discordMessagesCsv } from './discord-messages.js';

/** 2023-04-05 06:07:08.123 UTC, and the message after it in the same ms. */
const AT = new Date('2023-04-05T06:07:08.123Z');
const IDS = [0n, 1n].map((sequence) => String((BigInt(AT.getTime() - 1_420_070_400_000) << 22n) + sequence));
const [ID = '', NEXT = ''] = IDS;
const NAME = 'Messages/c112233445566778899/messages.json';

const read = (text: string, name = NAME, receivedAt?: Date) =>
  readArchiveFile(discordMessages, text, { name, receivedAt });
const row = (id: string, timestamp: string, more = '') =>
  `{"ID": ${id}, "Timestamp": ${timestamp}, "Contents": "my secret", "Attachments": "https://cdn.example/a.png"${more}}`;

describe('messages on Discord', () => {
  it('are acts of the person at the exact time of their id, counted for their channel', async () => {
    expect(await read(`[${row(ID, '"2023-04-05 06:07:08"')}]`)).toEqual([
      {
        item: {
          kind: 'message',
          externalId: ID,
          key: 'channel:112233445566778899',
          occurredAt: AT,
          timeMeaning: 'user_act',
          payload: { channelId: '112233445566778899' },
        },
      },
    ]);
  });

  it('keep ids that no number can hold, so that two in one ms stay two', async () => {
    const outcomes = await read(`[${IDS.map((id) => row(id, '"2023-04-05 06:07:08"')).join()}]`);
    expect(outcomes).toMatchObject([{ item: { externalId: ID } }, { item: { externalId: NEXT } }]);
  });

  it('tell the same in both forms of the file, with ids as numbers and as text', async () => {
    const expected = await read(`[${row(ID, '"2023-04-05 06:07:08"')}]`);
    expect(await read(`[${row(`"${ID}"`, '"2023-04-05T06:07:08.123000+00:00"')}]`)).toEqual(expected);
    const csv = `ID,Timestamp,Contents,Attachments\r\n${ID},2023-04-05 06:07:08.123000+00:00,"my, secret",\r\n`;
    expect(
      await readArchiveFile(discordMessagesCsv, csv, { name: 'messages/112233445566778899/messages.csv' }),
    ).toEqual(expected);
  });

  it('never keep what was written or attached, nor how much', async () => {
    const told = JSON.stringify(await read(`[${row(ID, '"2023-04-05 06:07:08"')}]`));
    expect(told).not.toMatch(/secret|example|Contents|Attachments|length/);
  });

  it('of a file without its folder are of no channel', async () => {
    for (const name of ['messages.json', 'my files/messages.json', '../../etc/messages.json']) {
      expect(await read(`[${row(ID, '"2023-04-05 06:07:08"')}]`, name)).toMatchObject([
        { item: { key: null, payload: {} } },
      ]);
    }
  });

  it('are timed by the id alone where no time is written', async () => {
    expect(await read(`[{"ID": ${ID}, "Contents": ""}]`)).toEqual([
      expect.objectContaining({ missing: ['Timestamp'], item: expect.objectContaining({ occurredAt: AT }) }),
    ]);
    expect(await read(`[${row(ID, 'null')}]`)).toMatchObject([{ item: { occurredAt: AT } }]);
  });

  it.each([
    ['an id of another kind', row('12', '"2023-04-05 06:07:08"'), 'BAD_ROW'],
    ['an id that is no number', row('"me\\u0000"', '"2023-04-05 06:07:08"'), 'BAD_ROW'],
    ['an id with a fraction', row('1.5e18', '"2023-04-05 06:07:08"'), 'BAD_ROW'],
    ['no id', '{"Timestamp": "2023-04-05 06:07:08"}', 'BAD_ROW'],
    ['nothing', 'null', 'BAD_ROW'],
    ['a list', '[1]', 'BAD_ROW'],
    ['a time that is not that of the id', row(ID, '"2021-04-05 06:07:08"'), 'BAD_TIME'],
    ['a time that is none', row(ID, '"soon"'), 'BAD_TIME'],
    ['a time of another type', row(ID, '{"$date": 1}'), 'BAD_TIME'],
    ['a time after the archive', row('9000000000000000000', '"2083-01-01 00:00:00"'), 'BAD_TIME'],
  ])('with %s are reported and not kept', async (_, text, word) => {
    expect((await read(`[${text}]`, NAME, new Date('2026-01-01'))).map(wordOf)).toEqual([word]);
  });

  it('name fields that are new', async () => {
    expect(await read(`[${row(ID, '"2023-04-05 06:07:08"', ', "Mood": 1')}]`)).toMatchObject([{ unknown: ['Mood'] }]);
  });

  it('that end within a row are told as cut short', async () => {
    expect((await read(`[${row(ID, '"2023-04-05 06:07:08"')}, {"ID": 1`)).map(wordOf)).toEqual([
      'message',
      'CUT_SHORT',
    ]);
  });

  it('are recognised by the fields of the first one', () => {
    expect(discordMessages.detect(beginningOf(`[\n  ${row(ID, '"2023-04-05 06:07:08"')}]`))).toBe(true);
    expect(discordMessages.detect(beginningOf('[{"id": "1", "timestamp": "2023", "content": ""}]'))).toBe(false);
    expect(discordMessages.detect(beginningOf('[]'))).toBe(false);
    expect(discordMessagesCsv.detect(beginningOf('ID,Timestamp,Contents,Attachments\r\n'))).toBe(true);
    expect(discordMessagesCsv.detect(beginningOf('id,permalink,thread_id,date\r\n'))).toBe(false);
  });
});
