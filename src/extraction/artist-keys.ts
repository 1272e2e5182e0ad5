import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson, storableText } from '../database/storable.js';
import type { JsonObject } from '../platforms/platform.js';
import type { Listening } from '../platforms/listening.js';
import { keyByName, listeningOfPlay } from '../platforms/spotify/spotify-keys.js';

/** The name of the move in `data_moves`. */
const MOVE = 'artist-keys';

/** The most rows that one transaction reads and writes, so that its locks are short. */
const CHUNK = 1_000;

/** The place of a row in the primary key; all rows are of one platform. */
type Position = readonly [userId: string, kind: string, externalId: string];

const FIRST: Position = ['', '', ''];

/** Which rows follow a position, `$1` to `$3`: of everybody, or of the person in it. */
const AFTER = {
  ofAll: `platform = 'spotify' AND (user_id, platform, kind, external_id) > ($1, 'spotify', $2, $3)`,
  ofPerson: `user_id = $1 AND platform = 'spotify' AND (kind, external_id) > ($2, $3)`,
} as const;

interface Row {
  readonly userId: string;
  readonly kind: string;
  readonly externalId: string;
  readonly key: string | null;
  readonly occurredAt: Date | null;
  readonly payload: JsonObject;
  readonly listening: Listening | null;
  /** As PostgreSQL writes it, with its microseconds. */
  readonly updatedAt: string;
}

/**
 * Gives stored items of Spotify what extraction gives them today: keys of artists and shows by name, where earlier
 * versions wrote ids, and of plays by what other tellings are found. Statistics follow by their triggers. What has no name keeps its key. A row that is read again has
 * the new key already, so every row is looked at once; where the look has got to is kept, and any process goes on from
 * there.
 */
@Injectable()
export class ArtistKeys implements OnModuleDestroy {
  private readonly logger = new Logger(ArtistKeys.name);
  /** Whether all rows of everybody are known to be moved. */
  private done = false;
  private stopped = false;

  constructor(private readonly database: Database) {}

  onModuleDestroy(): void {
    this.stopped = true;
  }

  /** Moves the rows of everybody, until all are moved or another process is found to be moving them. */
  async ofAll(): Promise<void> {
    while (!this.done && !this.stopped && (await this.moveNext()));
  }

  /** Moves the rows of one person now, so that whoever reads them next finds one form of keys only. */
  async ofPerson(userId: string, signal?: AbortSignal): Promise<void> {
    if (this.done) return;
    const [move] = await this.database.query<{ done: boolean; passed: boolean }>(
      `SELECT done_at IS NOT NULL AS done, coalesce(position->>0 > $2, false) AS passed FROM data_moves WHERE name = $1`,
      [MOVE, userId],
    );
    this.done = move?.done ?? false;
    if (this.done || move?.passed) return;
    for (let after: Position | null = [userId, '', '']; after;) {
      signal?.throwIfAborted();
      const from: Position = after;
      after = await this.database.transaction((tx) => moveChunk(tx, 'ofPerson', from), 'long');
    }
  }

  /** Moves the next chunk of everybody's rows. @returns whether this process should go on */
  private moveNext(): Promise<boolean> {
    return this.database.transaction(async (tx) => {
      const [move] = await tx.query<{ done: boolean; position: Position | null }>(
        `SELECT done_at IS NOT NULL AS done, position FROM data_moves WHERE name = $1 FOR UPDATE SKIP LOCKED`,
        [MOVE],
      );
      if (!move) return false;
      const position = move.done ? null : await moveChunk(tx, 'ofAll', move.position ?? FIRST);
      if (position) {
        await tx.query('UPDATE data_moves SET position = $2 WHERE name = $1', [MOVE, JSON.stringify(position)]);
        return true;
      }
      if (!move.done) {
        await tx.query('UPDATE data_moves SET position = NULL, done_at = now() WHERE name = $1', [MOVE]);
        tx.afterCommit(() => this.logger.log('Artists and shows of all stored items go by their names now'));
      }
      tx.afterCommit(() => (this.done = true));
      return false;
    }, 'long');
  }
}

/** Moves the rows that follow a position. @returns the position after them; null when no more follow */
async function moveChunk(tx: Transaction, whose: keyof typeof AFTER, after: Position): Promise<Position | null> {
  const rows = await tx.query<Row>(
    `SELECT user_id AS "userId", kind, external_id AS "externalId", key, occurred_at AS "occurredAt", payload, listening, updated_at::text AS "updatedAt"
     FROM items WHERE ${AFTER[whose]} ORDER BY user_id, platform, kind, external_id LIMIT ${CHUNK}`,
    after,
  );
  const moved = rows.flatMap(movedRow);
  if (moved.length > 0) await write(tx, moved);
  const last = rows[CHUNK - 1];
  return last ? [last.userId, last.kind, last.externalId] : null;
}

/** A row with the columns that it should have; nothing where it has them. */
function movedRow({ payload, occurredAt, listening: told, ...row }: Row) {
  const name = keyByName(row.kind, payload);
  const key = name === null ? row.key : storableText(name);
  const isPlay = row.kind === 'play' && occurredAt !== null;
  const listening = told ?? (isPlay ? listeningOfPlay(payload, occurredAt.getTime()) : undefined) ?? null;
  if (key === row.key && (told !== null || listening === null)) return [];
  return [{ ...row, former: row.key, key, listening: listening && storableJson(listening) }];
}

type MovedRow = ReturnType<typeof movedRow>[number];

/** The rows of `$1` as a table. */
const MOVED = `jsonb_to_recordset($1) AS moved
  ("userId" text, kind text, "externalId" text COLLATE "C", former text, key text, listening text, "updatedAt" timestamptz, place int)`;

const IS_MOVED = `items.user_id = moved."userId" AND items.platform = 'spotify' AND items.kind = moved.kind
  AND items.external_id = moved."externalId"`;

/**
 * Writes the rows that nobody has changed since they were read: what extraction writes meanwhile has its key by name.
 * They are locked in the order in which extraction writes, so that the two cannot deadlock.
 */
async function write(tx: Transaction, rows: readonly MovedRow[]): Promise<void> {
  const ordered = rows
    .map((row) => ({ row, id: JSON.stringify([row.userId, row.kind, row.externalId]) }))
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(({ row }, place) => ({ ...row, place }));
  const parameters = [JSON.stringify(ordered)];
  await tx.query(`SELECT FROM ${MOVED} JOIN items ON ${IS_MOVED} ORDER BY place FOR UPDATE OF items`, parameters);
  await tx.query(
    `UPDATE items SET key = moved.key, listening = moved.listening::jsonb FROM ${MOVED}
     WHERE ${IS_MOVED} AND items.key IS NOT DISTINCT FROM moved.former AND items.updated_at = moved."updatedAt"`,
    parameters,
  );
}
