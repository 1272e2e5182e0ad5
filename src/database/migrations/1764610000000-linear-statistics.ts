import type { MigrationInterface, QueryRunner } from 'typeorm';
import { keyDays, kinds, OF_KEY_DAY, OF_KIND, OF_QUARTER, quarters } from './1764400000000-signature-statistics.js';

/**
 * Counts what a statement changed in one pass over its rows. Before, each row of the statistics was compared with
 * everything that was deleted: 8,000 deleted plays took a minute, and 100,000 two hours.
 */
export class LinearStatistics1764610000000 implements MigrationInterface {
  readonly name = 'LinearStatistics1764610000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const [event, body] of Object.entries(BODIES)) {
      await queryRunner.query(
        `CREATE OR REPLACE FUNCTION statistics_${event}() RETURNS trigger LANGUAGE plpgsql SET enable_seqscan = off AS $$
         DECLARE moved bigint; BEGIN ${body} RETURN NULL; END $$`,
      );
    }
  }

  /** What is counted is the same either way. */
  async down(): Promise<void> {}
}

type Count = (rows: string) => string;

const TABLES: readonly (readonly [table: string, columns: readonly string[], count: Count])[] = [
  ['stat_kind', OF_KIND, kinds],
  ['stat_quarter', OF_QUARTER, quarters],
  ['stat_key_day', OF_KEY_DAY, keyDays],
];

/** What is different after a statement: what came, less what went; rows of which nothing is counted anew cancel out. */
function difference(columns: readonly string[], came: string | undefined, went: string | undefined): string {
  if (came !== undefined && went === undefined) return came;
  const of = columns.join(', ');
  const counted = [came ?? [], went === undefined ? [] : `SELECT ${of}, -items AS items FROM (${went}) went`].flat();
  return `SELECT ${of}, sum(items) AS items FROM (${counted.join(' UNION ALL ')}) moved GROUP BY ${of} HAVING sum(items) <> 0`;
}

/**
 * Adds the difference, row by row through the primary key and in its order, so that two writers cannot lock rows
 * crosswise. Then what has come to nothing is looked up in the same way (OFFSET 0 keeps that from becoming a join). The
 * functions run without sequential scans: a session keeps their plans from when the tables were small.
 */
function apply(came: string | undefined, went: string | undefined): string {
  return TABLES.map(([table, columns, count]) => {
    const counted = difference(columns, came && count(came), went && count(went));
    const of = columns.join(', ');
    // An index serves comparisons of its own collation only, and a key may be made of an id, which has another.
    const valueOf = (column: string) => `changed.${column}${column === 'key' ? ' COLLATE "default"' : ''}`;
    const same = columns.map((column) => `known.${column} = ${valueOf(column)}`).join(' AND ');
    const add = `INSERT INTO ${table} (${of}, items) SELECT * FROM (${counted}) changed ORDER BY ${of}
      ON CONFLICT (${of}) DO UPDATE SET items = ${table}.items + excluded.items;`;
    if (went === undefined) return add;
    return `${add} GET DIAGNOSTICS moved = ROW_COUNT;
      IF moved > 0 THEN
        DELETE FROM ${table} WHERE ctid = ANY (ARRAY(
          SELECT nothing.place FROM (${counted}) changed CROSS JOIN LATERAL (
            SELECT known.ctid AS place FROM ${table} known WHERE ${same} AND known.items <= 0 OFFSET 0) nothing
          WHERE changed.items < 0));
      END IF;`;
  }).join('\n');
}

const BODIES = {
  insert: apply('new_items', undefined),
  update: apply('new_items', 'old_items'),
  delete: apply(undefined, 'old_items'),
};
