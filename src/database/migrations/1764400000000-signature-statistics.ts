import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What signatures are computed from, kept with the items themselves: triggers count in the very transaction that writes,
 * changes or deletes items, whoever does it. Days and quarter hours are UTC, so a change of zone touches nothing.
 */
export class SignatureStatistics1764400000000 implements MigrationInterface {
  readonly name = 'SignatureStatistics1764400000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of [...TABLES, ...REBUILD_STATISTICS, ...TRIGGERS]) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const event of ['insert', 'update', 'delete']) {
      await queryRunner.query(`DROP TRIGGER statistics_${event} ON items`);
      await queryRunner.query(`DROP FUNCTION statistics_${event}()`);
    }
    await queryRunner.query('DROP VIEW stat_day');
    await queryRunner.query('DROP TABLE stat_kind, stat_quarter, stat_key_day');
  }
}

const TABLES = [
  `CREATE TABLE stat_kind (
    user_id text NOT NULL,
    platform text NOT NULL,
    kind text NOT NULL,
    items bigint NOT NULL,
    PRIMARY KEY (user_id, platform, kind)
  )`,
  `CREATE TABLE stat_quarter (
    user_id text NOT NULL,
    platform text NOT NULL,
    kind text NOT NULL,
    -- Quarter hours since 1970-01-01, UTC: every zone's offset is a multiple of 15 minutes.
    quarter integer NOT NULL,
    -- Acts in it.
    items integer NOT NULL,
    PRIMARY KEY (user_id, platform, kind, quarter)
  )`,
  // The quarter hours of a day that have an act are bits, the lowest 00:00 to 00:15; 48 fit into a number of JavaScript's.
  `CREATE VIEW stat_day AS
   SELECT user_id, platform, kind, quarter / 96 AS day, sum(items)::int AS items,
          coalesce(bit_or(1::bigint << (quarter % 96)) FILTER (WHERE quarter % 96 < 48), 0) AS morning,
          coalesce(bit_or(1::bigint << (quarter % 96 - 48)) FILTER (WHERE quarter % 96 >= 48), 0) AS afternoon
   FROM stat_quarter GROUP BY 1, 2, 3, 4`,
  `CREATE TABLE stat_key_day (
    user_id text NOT NULL,
    platform text NOT NULL,
    kind text NOT NULL,
    key text NOT NULL,
    day integer NOT NULL,
    items integer NOT NULL,
    PRIMARY KEY (user_id, platform, kind, key, day)
  )`,
];

/** `floor`, because Postgres rounds on a cast. */
const DAY = `floor(date_part('epoch', occurred_at) / 86400)::int`;
const QUARTER = `floor(date_part('epoch', occurred_at) / 900)::int`;
/** What a complete list no longer has counts no more. */
const THERE = 'gone_at IS NULL';
/** Older dates are placeholders (Spotify writes 1970-01-01). */
const ACT = `${THERE} AND time_meaning = 'user_act' AND occurred_at >= timestamptz '2000-01-01 00:00Z'`;

export const kinds = (rows: string) =>
  `SELECT user_id, platform, kind, count(*) AS items FROM ${rows} WHERE ${THERE} GROUP BY 1, 2, 3`;

export const quarters = (rows: string) =>
  `SELECT user_id, platform, kind, ${QUARTER} AS quarter, count(*)::int AS items FROM ${rows} WHERE ${ACT} GROUP BY 1, 2, 3, 4`;

/** The key of each act, and the track of each play of an artist: a play is called `track@time`. */
export const keyDays = (rows: string) =>
  `SELECT user_id, platform, kind, key, day, count(*)::int AS items
   FROM (SELECT user_id, platform, kind, ${DAY} AS day,
                unnest(CASE WHEN kind = 'play' AND starts_with(key, 'artist:')
                            THEN ARRAY[key, 'track:' || split_part(external_id, '@', 1)] ELSE ARRAY[key] END) AS key
         FROM ${rows} WHERE ${ACT} AND key IS NOT NULL) keyed
   GROUP BY 1, 2, 3, 4, 5`;

/** Counts everything anew; what the triggers keep is the same to the last act. */
export const REBUILD_STATISTICS = [
  'TRUNCATE stat_kind, stat_quarter, stat_key_day',
  `INSERT INTO stat_kind ${kinds('items')}`,
  `INSERT INTO stat_quarter ${quarters('items')}`,
  `INSERT INTO stat_key_day ${keyDays('items')}`,
];

/**
 * Everything is a count, so what comes is added and what goes is subtracted, in any order and by any number of writers.
 * Rows are taken in the order of their keys, so that two writers cannot lock them crosswise.
 */
const add = (table: string, columns: readonly string[], counts: string) =>
  `INSERT INTO ${table} ${counts} ORDER BY ${columns.map((_, i) => i + 1).join(', ')}
   ON CONFLICT (${columns.join(', ')}) DO UPDATE SET items = ${table}.items + excluded.items;`;
const subtract = (table: string, columns: readonly string[], counts: string) => {
  const same = columns.map((column) => `known.${column} = gone.${column}`).join(' AND ');
  return `PERFORM 1 FROM ${table} AS known JOIN (${counts}) gone ON ${same}
     ORDER BY ${columns.map((column) => `known.${column}`).join(', ')} FOR UPDATE OF known;
   UPDATE ${table} AS known SET items = known.items - gone.items FROM (${counts}) gone WHERE ${same};
   DELETE FROM ${table} AS known USING (${counts}) gone WHERE ${same} AND known.items <= 0;`;
};

export const OF_KIND = ['user_id', 'platform', 'kind'];
export const OF_QUARTER = [...OF_KIND, 'quarter'];
export const OF_KEY_DAY = [...OF_KIND, 'key', 'day'];
const addAll = (rows: string) =>
  `${add('stat_kind', OF_KIND, kinds(rows))} ${add('stat_quarter', OF_QUARTER, quarters(rows))} ${add('stat_key_day', OF_KEY_DAY, keyDays(rows))}`;
const subtractAll = (rows: string) =>
  `${subtract('stat_kind', OF_KIND, kinds(rows))} ${subtract('stat_quarter', OF_QUARTER, quarters(rows))} ${subtract('stat_key_day', OF_KEY_DAY, keyDays(rows))}`;

/** Of an update, the rows whose statistics differ; most change only a payload. */
const changed = (rows: string) =>
  `(SELECT ${rows}.* FROM ${rows} JOIN old_items o USING (user_id, platform, kind, external_id)
    JOIN new_items n USING (user_id, platform, kind, external_id)
    WHERE (o.key, o.occurred_at, o.time_meaning, o.gone_at) IS DISTINCT FROM (n.key, n.occurred_at, n.time_meaning, n.gone_at)) AS changed`;

const trigger = (event: string, transition: string, body: string): string[] => [
  `CREATE FUNCTION statistics_${event}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body} RETURN NULL; END $$`,
  `CREATE TRIGGER statistics_${event} AFTER ${event.toUpperCase()} ON items REFERENCING ${transition}
   FOR EACH STATEMENT EXECUTE FUNCTION statistics_${event}()`,
];

const TRIGGERS = [
  ...trigger('insert', 'NEW TABLE AS new_items', addAll('new_items')),
  ...trigger(
    'update',
    'OLD TABLE AS old_items NEW TABLE AS new_items',
    `IF EXISTS (SELECT FROM ${changed('new_items')}) THEN
       ${subtractAll(changed('old_items'))} ${addAll(changed('new_items'))}
     END IF;`,
  ),
  ...trigger('delete', 'OLD TABLE AS old_items', subtractAll('old_items')),
];
