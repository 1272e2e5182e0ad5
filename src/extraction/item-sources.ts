import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Listening } from '../platforms/listening.js';
import { CONNECTION, withoutSource } from './item-versions.js';
import { Listenings } from './listenings.js';

/**
 * Where the rows are that a source has told: tellings of listenings that other items show, and items. Witnesses go first,
 * so that few of them come back as items that have to go as well.
 */
const TABLES = ['witnesses', 'items'] as const;

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

const START: SourcePosition = { table: 'witnesses', kind: '', externalId: '' };

interface ToldRow {
  readonly place: string;
  readonly kind: string;
  readonly externalId: string;
  readonly occurredAt: Date | null;
  readonly listening: Listening | null;
  /** Whether nobody else tells it. */
  readonly alone: boolean;
}

/** Takes out what one source has told. What another one has told too stays. */
@Injectable()
export class ItemSources {
  constructor(private readonly listenings: Listenings) {}

  /** How many rows the source has told, counted no further than `atMost`. */
  async count(tx: Transaction, { userId, platform, source }: Told, atMost?: number): Promise<number> {
    const [row] = await tx.query<{ rows: number }>(
      `SELECT count(*) AS rows FROM (
         SELECT FROM items WHERE user_id = $1 AND platform = $2 AND ${toldBy(source, '$4')}
         UNION ALL SELECT FROM witnesses WHERE user_id = $1 AND platform = $2 AND ${toldBy(source, '$4')} LIMIT $3) AS counted`,
      [userId, platform, atMost ?? null, ...parametersOf(source)],
    );
    return row?.rows ?? 0;
  }

  /**
   * Takes out at most so many rows, in the order of their keys. What others of the source's tellings move to before that
   * place, where those are settled anew, is left for another go from the start.
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
      if (last && rows === atMost) return { rows, last: { table, kind: last.kind, externalId: last.externalId } };
    }
    const isMore = (await this.count(tx, told, 1)) > 0;
    return { rows, last: isMore ? START : undefined };
  }

  private async takeOutOf(
    tx: Transaction,
    { userId, platform, source }: Told,
    atMost: number,
    { table, kind, externalId }: SourcePosition,
  ): Promise<readonly ToldRow[]> {
    const rows = await tx.query<ToldRow>(
      `SELECT ctid::text AS place, kind, external_id AS "externalId", occurred_at AS "occurredAt", listening,
         cardinality(sources) = 1 AS alone
       FROM ${table}
       WHERE user_id = $1 AND platform = $2 AND ${toldBy(source, '$6')} AND (kind, external_id) > ($3, $4)
       ORDER BY kind, external_id LIMIT $5 FOR UPDATE`,
      [userId, platform, kind, externalId, atMost, ...parametersOf(source)],
    );
    const gone = rows.filter(({ alone }) => alone);
    const kept = rows.filter(({ alone }) => !alone);
    const placesOf = (some: typeof rows) => some.map(({ place }) => place);
    const retold = kept.length > 0 ? await withoutSource(tx, table, placesOf(kept), source) : [];
    if (gone.length > 0) await tx.query(`DELETE FROM ${table} WHERE ctid = ANY ($1::tid[])`, [placesOf(gone)]);
    const tellings = gone.filter(({ listening }) => listening !== null);
    if (table === 'witnesses') {
      await this.listenings.settle(tx, userId, [...tellings, ...retold]);
    } else {
      const heads = tellings.map(({ kind, externalId }) => ({ platform, kind, externalId }));
      await this.listenings.release(tx, userId, heads);
      await this.listenings.settle(tx, userId, retold);
    }
    return rows;
  }
}

/** That a source has told a row, in SQL. An index has what connections have told: beside an archive that is little. */
function toldBy(source: string, parameter: string): string {
  return `${source === CONNECTION ? `'${CONNECTION}'` : parameter} = ANY (sources)`;
}

/** What `toldBy` needs after the other parameters. */
function parametersOf(source: string): string[] {
  return source === CONNECTION ? [] : [source];
}
