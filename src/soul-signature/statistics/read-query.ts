import type { CoverageGap } from './statistics.js';

/** Runs one SQL statement with `$1` parameters; TypeORM's, pg's and PGlite's `query` all fit behind
 * it. Rows come untyped from the database: the caller states their type beside the SELECT list that makes it true. */
export type Query = <Row>(sql: string, parameters: unknown[]) => Promise<Row[]>;

/** Whose items are read, and which of them count as acts: dated in a real past. */
export interface ReadScope {
  readonly userId: string;
  readonly connected: readonly string[];
  readonly asOf: Date;
  readonly gaps: readonly CoverageGap[];
}

/** Older dates are placeholders (Spotify writes 1970-01-01): no platform existed. */
export const EARLIEST_ACT = '2000-01-01T00:00:00.000Z';

/** How many items stand for a claim. */
export const SAMPLE = 3;

/**
 * UTC day of an item since 1970. `floor`, because Postgres rounds on a cast; `date_part`, because it
 * is a float where `extract` is a slow numeric (a float keeps microseconds apart at the borders until the year 2100).
 */
export const UTC_DAY = `floor(date_part('epoch', occurred_at) / 86400)::int`;

/** Condition of an act; parameters 1 to 4 are those of `scopeParameters`. */
export const IS_ACT = `(time_meaning = 'user_act' AND occurred_at >= $3::timestamptz AND occurred_at < $4::timestamptz)`;

/** The same of a row of the kept statistics; both bounds are whole days. */
export const IS_ACT_DAY = `(day >= (date_part('epoch', $3::timestamptz) / 86400)::int AND day < (date_part('epoch', $4::timestamptz) / 86400)::int)`;

/** Condition of a row that does not lie on a day of which the provider had forgotten a part; `day` is its UTC day. */
export function outsideGaps(gaps: readonly CoverageGap[], row: string, day: string): string {
  if (gaps.length === 0) return 'true';
  const values = gaps.map(
    ({ platform, kind, dayFrom, dayTo }) => `(${literal(platform)}, ${literal(kind)}, ${dayFrom}, ${dayTo})`,
  );
  return `NOT EXISTS (SELECT FROM (VALUES ${values.join(', ')}) AS gap(platform, kind, first, last)
    WHERE gap.platform = ${row}.platform AND gap.kind = ${row}.kind AND ${day} BETWEEN gap.first AND gap.last)`;
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Rows of one person at the platforms that are read; parameters 1 and 2 are those of `scopeParameters`. */
export const OWN_ROWS = `user_id = $1 AND platform = ANY($2::text[])`;

/** What a complete list no longer has is not theirs any more. */
export const OWN_ITEMS = `${OWN_ROWS} AND gone_at IS NULL`;

/** Acts of one kind of one platform whose key has a prefix; parameters 5 to 7 are platform, kind and prefix. */
export const KEYED_ACTS = `${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = $6 AND starts_with(key, $7)`;

/** An item's written id. */
export const ITEM_ID = `platform || '/' || kind || '/' || external_id`;

/** $1 user, $2 connected platforms, $3 and $4 the bounds of an act: whole UTC days, that of `asOf` included. */
export function scopeParameters({ userId, connected, asOf }: ReadScope): unknown[] {
  const tomorrow = new Date((Math.floor(asOf.getTime() / 86_400_000) + 1) * 86_400_000);
  return [userId, [...connected], EARLIEST_ACT, tomorrow.toISOString()];
}

/** SQL for the name of the artist in `key`, as it is written: that of the item's first artist, or the item's own. */
export const ARTIST_NAME = `coalesce(payload->'artists'->0->>'name',
  CASE WHEN kind IN ('top-artist', 'followed-artist') THEN payload->>'name' END)`;
