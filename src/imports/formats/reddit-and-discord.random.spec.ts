import * as fc from 'fast-check';
import { csvOf, wordOf } from '../../../test/support/archive-rows.js';
import { readArchiveFile } from '../../../test/support/read-archive-file.js';
import type { ArchiveFormat, RowOutcome } from '../format.js';
import { discordMessages, discordMessagesCsv } from './discord-messages.js';
import { discordServers } from './discord-servers.js';
import { redditComments } from './reddit-comments.js';
import { redditPosts } from './reddit-posts.js';
import { redditSaved } from './reddit-saved.js';
import { redditSubscriptions } from './reddit-subscriptions.js';

const FORMATS = [
  ...[redditComments, redditPosts, redditSubscriptions, redditSaved],
  ...[discordMessages, discordMessagesCsv, discordServers],
];

/** Stands in every field that is not to be kept. */
const SECRET = 'S3CR3T';
const RECEIVED = new Date('2026-01-01T00:00:00Z');

/** A row, and what is to come of it. */
interface Planted<Row> {
  readonly row: Row;
  readonly word: string;
}

const dates = fc.date({ min: new Date('2016-01-01'), max: new Date('2025-12-31'), noInvalidDate: true });
const redditIds = fc.stringMatching(/^[0-9a-z]{1,10}$/);
const communities = fc.stringMatching(/^[A-Z][A-Za-z0-9_]{2,20}$/).filter((name) => !/^u_/i.test(name));
const redditDate = (date: Date) => date.toISOString().slice(0, 19).replace('T', ' ') + ' UTC';

const COMMENTS = ['id', 'permalink', 'date', 'ip', 'subreddit', 'gildings', 'link', 'parent', 'body', 'media'];
const comment = (id: string, date: string, subreddit: string) =>
  [id, SECRET, date, SECRET, subreddit, '0', SECRET, SECRET, `${SECRET}, "${SECRET}"\r\n${SECRET}`, SECRET] as const;

const plantedComments: fc.Arbitrary<Planted<readonly string[]>> = fc
  .record({
    id: redditIds,
    date: dates.map(redditDate),
    name: communities,
    word: fc.constantFrom(
      'comment',
      'comment',
      'comment',
      'bad id',
      'bad name',
      'short',
      'NO_DATE',
      'BAD_TIME',
      'person',
    ),
    odd: fc.constantFrom(
      'tomorrow',
      '2023-13-01 00:00:00 UTC',
      '1969-12-31 23:59:59 UTC',
      '2030-01-01 00:00:00 UTC',
      '1e9',
    ),
  })
  .map(({ id, date, name, word, odd }) => {
    switch (word) {
      case 'bad id':
        return { row: comment(`${id}!`, date, name), word: 'BAD_ROW' };
      case 'bad name':
        return { row: comment(id, date, `${name} ${SECRET}`), word: 'BAD_ROW' };
      case 'short':
        return { row: comment(id, date, name).slice(0, 7), word: 'BAD_ROW' };
      case 'NO_DATE':
        return { row: comment(id, ' ', name), word };
      case 'BAD_TIME':
        return { row: comment(id, odd, name), word };
      case 'person':
        return { row: comment(id, date, `u_${SECRET}`), word: 'comment' };
      default:
        return { row: comment(id, date, name), word };
    }
  });

const snowflakes = fc
  .tuple(dates, fc.nat(4_194_303))
  .map(([date, low]) => ({ date, id: String((BigInt(date.getTime() - 1_420_070_400_000) << 22n) + BigInt(low)) }));

const plantedMessages: fc.Arbitrary<Planted<string>> = fc
  .record({
    made: snowflakes,
    quoted: fc.boolean(),
    word: fc.constantFrom('message', 'message', 'message', 'BAD_ROW', 'BAD_TIME', 'no object'),
    odd: fc.constantFrom('"2015-01-01 00:00:00"', '"never"', '12', '[]', '"2024-02-30 00:00:00"'),
  })
  .map(({ made: { date, id }, quoted, word, odd }) => {
    const rowOf = (written: string, timestamp: string) =>
      `{"ID": ${written}, "Timestamp": ${timestamp}, "Contents": "${SECRET}", "Attachments": "${SECRET}"}`;
    const written = quoted ? `"${id}"` : id;
    const time = JSON.stringify(date.toISOString().slice(0, 19).replace('T', ' '));
    if (word === 'BAD_ROW') return { row: rowOf(`"${SECRET}"`, time), word };
    if (word === 'BAD_TIME') return { row: rowOf(written, odd), word };
    return word === 'no object'
      ? { row: JSON.stringify(SECRET), word: 'BAD_ROW' }
      : { row: rowOf(written, time), word };
  });

const pieces = fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 5 });

/** What holds for any outcome: it is one thing, small, and holds nothing that is not to be kept. */
function expectSound(outcomes: readonly RowOutcome[], { gives }: ArchiveFormat): void {
  expect(JSON.stringify(outcomes)).not.toContain(SECRET);
  for (const outcome of outcomes) {
    expect(['item', 'skipped', 'unread'].filter((name) => name in outcome)).toHaveLength(1);
    if (!('item' in outcome)) continue;
    const { item } = outcome;
    expect(gives).toContain(item.kind);
    expect(item.externalId).toMatch(/^.{1,499}$/s);
    expect((item.key ?? '').length).toBeLessThan(500);
    expect(item.occurredAt === null).toBe(item.timeMeaning === 'snapshot');
    expect(Number.isNaN(item.occurredAt?.getTime())).toBe(false);
  }
}

describe('archives of Reddit and Discord', () => {
  it('with any mixture of sound and planted odd comments come to what was planted, row by row', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plantedComments, { maxLength: 40 }), pieces, async (planted, lengths) => {
        const text = csvOf([COMMENTS, ...planted.map(({ row }) => row)]);
        const context = { name: 'comments.csv', receivedAt: RECEIVED };
        const outcomes = await readArchiveFile(redditComments, text, context, lengths);
        expect(outcomes.map(wordOf)).toEqual(planted.map(({ word }) => word));
        expectSound(outcomes, redditComments);
      }),
      { numRuns: 40 },
    );
  });

  it('with any mixture of sound and planted odd messages come to what was planted, row by row', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(plantedMessages, { maxLength: 40 }), pieces, async (planted, lengths) => {
        const text = `[${planted.map(({ row }) => row).join(',\n')}]`;
        const context = { name: 'messages/c112233445566778899/messages.json', receivedAt: RECEIVED };
        const outcomes = await readArchiveFile(discordMessages, text, context, lengths);
        expect(outcomes.map(wordOf)).toEqual(planted.map(({ word }) => word));
        expectSound(outcomes, discordMessages);
        const ids = outcomes.flatMap((outcome) => ('item' in outcome ? [outcome.item.externalId] : []));
        expect(ids).toEqual(
          planted.flatMap(({ row, word }) => (word === 'message' ? [/"ID": "?(\d+)/.exec(row)?.[1]] : [])),
        );
      }),
      { numRuns: 40 },
    );
  });

  it('give outcomes, never an exception, whatever a file holds, and the same ones again', async () => {
    const values = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.string(),
      fc.constantFrom('', '\0', '\u{1F600}', '-1', 'null'),
    );
    const tables = fc
      .tuple(
        fc.constantFrom(COMMENTS, ['id', 'permalink'], ['subreddit'], ['ID', 'Timestamp', 'Contents']),
        fc.array(fc.array(values, { maxLength: 11 }), { maxLength: 8 }),
      )
      .map(([header, rows]) => csvOf([header, ...rows]));
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      tables,
      fc.array(fc.json()).map((all) => `[${all.join()}]`),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...FORMATS), texts, pieces, async (format, text, lengths) => {
        const context = { name: 'a/b', receivedAt: RECEIVED };
        const outcomes = await readArchiveFile(format, text, context, lengths);
        expectSound(outcomes, format);
        expect(await readArchiveFile(format, text, context, lengths)).toEqual(outcomes);
      }),
      { numRuns: 100 },
    );
  });
});
