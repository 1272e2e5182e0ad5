import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { LISTENING_KIND, Listenings } from './listenings.js';

/** Who tells what a connected platform's API gives, among the sources of an item; imports are named by their id. */
export const CONNECTION = 'connection';

/** Where the rows are that a source has told: items, and tellings of listenings that other items show. */
const TABLES = ['items', 'witnesses'] as const;

/** A place among the rows of a person's platform, in their order. */
export interface SourcePosition {
  readonly table: (typeof TABLES)[number];
  readonly kind: string;
  readonly externalId: string;
}

/** What one source has told of a person's platform. */
export interface Told {
  readonly userId: string;
  readonly platform: string;
  /** `CONNECTION`, or the id of an import. */
  readonly source: string;
}

const START: SourcePosition = { table: 'items', kind: '', externalId: '' };

/** Takes out what one source has told. What another one has told too stays. */
@Injectable()
export class ItemSources {
  constructor(private readonly listenings: Listenings) {}

  /** How many rows the source has told, counted no further than `atMost`. */
  async count(tx: Transaction, { userId, platform, source }: Told, atMost?: number): Promise<number> {
    const [row] = await tx.query<{ rows: number }>(
      `SELECT count(*) AS rows FROM (
         SELECT FROM items WHERE user_id = $1 AND platform = $2 AND $3 = ANY (sources)
         UNION ALL SELECT FROM witnesses WHERE user_id = $1 AND platform = $2 AND $3 = ANY (sources) LIMIT $4) AS counted`,
      [userId, platform, source, atMost ?? null],
    );
    return row?.rows ?? 0;
  }

  /**
   * Takes out at most so many rows, in the order of their keys.
   * @param after goes on after a place that an earlier piece has returned
   * @returns how many, and where to go on; no place when nothing is left
   */
  async takeOut(
    tx: Transaction,
    told: Told,
    atMost: number,
    after: SourcePosition = START,
  ): Promise<{ readonly rows: number; readonly last: SourcePosition | undefined }> {
    await this.listenings.lock(tx, told.userId);
    let rows = 0;
    let position = after;
    for (const table of TABLES.slice(TABLES.indexOf(after.table))) {
      if (table !== position.table) position = { ...START, table };
      const taken = await this.takeOutOf(tx, told, atMost - rows, position);
      rows += taken.length;
      const last = taken.at(-1);
      if (last && rows === atMost) return { rows, last: { table, ...last } };
    }
    return { rows, last: undefined };
  }

  private async takeOutOf(
    tx: Transaction,
    { userId, platform, source }: Told,
    atMost: number,
    { table, kind, externalId }: SourcePosition,
  ): Promise<readonly { readonly kind: string; readonly externalId: string }[]> {
    const rows = await tx.query<{ place: string; kind: string; externalId: string; alone: boolean }>(
      `SELECT ctid::text AS place, kind, external_id AS "externalId", sources = ARRAY[$3] AS alone FROM ${table}
       WHERE user_id = $1 AND platform = $2 AND $3 = ANY (sources) AND (kind, external_id) > ($4, $5)
       ORDER BY kind, external_id LIMIT $6 FOR UPDATE`,
      [userId, platform, source, kind, externalId, atMost],
    );
    const gone = rows.filter(({ alone }) => alone);
    const kept = rows.filter(({ alone }) => !alone);
    const placesOf = (some: typeof rows) => [some.map(({ place }) => place)];
    if (kept.length > 0) {
      await tx.query(`UPDATE ${table} SET sources = array_remove(sources, $2) WHERE ctid = ANY ($1::tid[])`, [
        ...placesOf(kept),
        source,
      ]);
    }
    if (gone.length > 0) await tx.query(`DELETE FROM ${table} WHERE ctid = ANY ($1::tid[])`, placesOf(gone));
    if (table === 'items') {
      const listenings = gone.filter(({ kind }) => kind === LISTENING_KIND);
      await this.listenings.release(
        tx,
        userId,
        listenings.map(({ externalId }) => ({ platform, externalId })),
      );
    }
    return rows.map(({ kind, externalId }) => ({ kind, externalId }));
  }
}
