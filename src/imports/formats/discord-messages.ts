import { trimmed } from '../../platforms/item-fields.js';
import { firstObject, firstRecords } from '../rows/beginnings.js';
import { Columns } from '../rows/columns.js';
import { type ArchiveFormat, objectOf, type ReadingContext, type RowOutcome } from '../format.js';
import { fieldComparer } from '../rows/known-fields.js';
import { csvRows, jsonRows } from '../rows/rows.js';
import { canHaveHappened, utcTime } from '../rows/utc-time.js';
import { snowflakeOf, snowflakeTime } from './discord-snowflake.js';

const READ = ['ID', 'Timestamp'] as const;
/** What the person wrote and attached. */
const IGNORED = ['Contents', 'Attachments'];
const changesOf = fieldComparer({ expected: READ, others: IGNORED });

/** Discord's ids count from the first day of 2015. */
const BEGINNING = Date.UTC(2015, 0);

/** How far the written time may be from that of the id (ms): wide enough for one in somebody's local time. */
const APART = 86_400_000;

const FORMAT = {
  platform: 'discord',
  gives: ['message'],
} as const;

/**
 * Discord's `messages/c<channel>/messages.json`: the person's own messages in one channel. What they wrote and attached
 * is left out, and so is how much.
 */
export const discordMessages: ArchiveFormat = {
  ...FORMAT,
  name: 'discord-messages',
  title: 'Discord, messages',
  detect: (beginning) => isHeader(Object.keys(firstObject(beginning) ?? {})),
  async *read(text, context) {
    const channelId = channelIn(context);
    for await (const row of jsonRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      const fields = objectOf(row.value);
      if (!fields) {
        yield { unread: 'BAD_ROW' };
        continue;
      }
      yield {
        ...changesOf(fields),
        ...message(fields['ID'], fields['Timestamp'], channelId, context),
      };
    }
  },
};

/** The same as `messages.csv`, as older packages have it. */
export const discordMessagesCsv: ArchiveFormat = {
  ...FORMAT,
  name: 'discord-messages-csv',
  title: 'Discord, messages (CSV)',
  detect: (beginning) => isHeader(firstRecords(beginning, 1)[0] ?? []),
  async *read(text, context) {
    const channelId = channelIn(context);
    let columns: Columns<(typeof READ)[number]> | undefined;
    for await (const row of csvRows(text)) {
      if ('unread' in row) {
        yield row;
        continue;
      }
      columns ??= new Columns(row.value.header, READ, IGNORED);
      const [id, timestamp] = [columns.cell(row.value, 'ID'), columns.cell(row.value, 'Timestamp')];
      yield { ...columns.fields, ...message(id, timestamp, channelId, context) };
    }
  },
};

function isHeader(names: readonly string[]): boolean {
  return ['ID', 'Timestamp', 'Contents'].every((name) => names.includes(name));
}

/** The channel's id stands only in the path; a file that was sent without its folder has messages of no channel. */
function channelIn({ name }: ReadingContext): string | null {
  return snowflakeOf(/(?:^|[/\\])c?(\d+)[/\\][^/\\]*$/i.exec(name)?.[1]);
}

/** The id holds the exact time, so that both forms of the file tell the same; the written one has to agree with it. */
function message(
  written: unknown,
  timestamp: unknown,
  channelId: string | null,
  { receivedAt }: ReadingContext,
): RowOutcome {
  const id = snowflakeOf(written);
  if (id === null) return { unread: 'BAD_ROW' };
  const occurredAt = snowflakeTime(id);
  if (!canHaveHappened(occurredAt.getTime(), BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  if (timestamp !== undefined && timestamp !== null && timestamp !== '') {
    const told = utcTime(timestamp);
    if (!told || Math.abs(told.at - occurredAt.getTime()) > APART) return { unread: 'BAD_TIME' };
  }
  return {
    item: {
      kind: 'message',
      externalId: id,
      key: channelId === null ? null : `channel:${channelId}`,
      occurredAt,
      timeMeaning: 'user_act',
      payload: trimmed({ channelId }),
    },
  };
}
