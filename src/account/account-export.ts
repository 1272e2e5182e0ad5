import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Users } from '../auth/users.js';
import { BulkDatabase } from '../database/database.js';
import { ConnectionsBusyError } from '../database/failures.js';
import { HOLDINGS, type Holding } from './holdings.js';

/** After a page an export rests so many times as long as the page took. */
const RESTS = 3;

/** How often a page waits for a connection, each time as long as a request does. */
const BUSY_TRIES = 12;

/**
 * Exports everything about a person as one JSON document, in pieces. It can be larger than the memory and its reader can
 * be slow, so it is read page by page, with no transaction open in between. Between two pages it rests, so that most of its
 * processor and of the database's is left to others.
 */
@Injectable()
export class AccountExport {
  constructor(
    private readonly database: BulkDatabase,
    private readonly users: Users,
  ) {}

  async *of(userId: string): AsyncGenerator<string, void, undefined> {
    const user = await this.users.find(userId);
    const person = {
      userId,
      displayName: user.displayName,
      timeZone: user.timeZone,
      sensitiveTopics: user.sensitiveTopics,
      plan: user.premium ? 'premium' : 'free',
      createdAt: user.createdAt,
      lastSeen: user.seenOn,
    };
    yield `{"exportedAt":${JSON.stringify(new Date())},"user":${JSON.stringify(person)}`;
    for (const holding of HOLDINGS) {
      yield `,${JSON.stringify(holding.title)}:[`;
      yield* this.rows(userId, holding);
      yield ']';
    }
    yield '}';
  }

  private async *rows(
    userId: string,
    { table, columns, key, pageSize, owned = 'user_id = $1' }: Holding,
  ): AsyncGenerator<string> {
    const expressions = key.map(([expression]) => expression).join(', ');
    const places = key.map(([, type], index) => `$${index + 2}::${type}`).join(', ');
    for (let position: readonly unknown[] | undefined; ;) {
      const page = `SELECT ARRAY[${key.map(([expression]) => `(${expression})::text`).join(', ')}] AS position, ${columns} FROM ${table}
         WHERE ${owned} ${position === undefined ? '' : `AND (${expressions}) > (${places})`}
         ORDER BY ${expressions} LIMIT ${pageSize}`;
      const parameters = [userId, ...(position ?? [])];
      const begun = performance.now();
      const rows = await patiently(() =>
        this.database.transaction((tx) => tx.query<{ row: object; position: unknown[] }>(page, parameters), 'long'),
      );
      const texts = rows.map(({ position: _, ...row }) => JSON.stringify(row));
      const tookMs = performance.now() - begun;
      if (texts.length > 0) yield (position === undefined ? '' : ',') + texts.join(',');
      if (rows.length < pageSize) return;
      position = rows.at(-1)?.position;
      await sleep(RESTS * tookMs);
    }
  }
}

/** Waits for a connection longer than requests do: what was sent of the document until now would be lost. */
async function patiently<Result>(read: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await read();
    } catch (error) {
      if (tries === BUSY_TRIES || !(error instanceof ConnectionsBusyError)) throw error;
    }
  }
}
