import type { TimeMeaning } from '../../platforms/platform.js';
import type { Predicate } from '../document/evidence.js';
import { ITEM_ID, outsideGaps, UTC_DAY, type Query } from './read-query.js';

/** One item behind a claim. */
export interface EvidenceItem {
  /** `platform/kind/externalId` */
  readonly id: string;
  readonly platform: string;
  readonly kind: string;
  readonly externalId: string;
  readonly key: string | null;
  /** ISO 8601, UTC. */
  readonly occurredAt: string | null;
  readonly timeMeaning: TimeMeaning;
  readonly payload: Readonly<Record<string, unknown>>;
  /** Who told it: `connection`, or the id of an import. */
  readonly sources: readonly string[];
  /** Other tellings of the same listening. */
  readonly witnesses: readonly Witness[];
}

interface Witness extends Pick<EvidenceItem, 'platform' | 'externalId' | 'occurredAt' | 'sources'> {
  /** How exactly it tells the time: both ends, one instant, or only the minute. */
  readonly told: 'span' | 'instant' | 'minute';
}

export interface EvidencePage {
  readonly items: readonly EvidenceItem[];
  /** Continues after the last item; null at the end. */
  readonly nextCursor: string | null;
}

/** The cursor was not made by `readEvidence`. */
export class EvidenceCursorError extends Error {
  readonly code = 'CURSOR_INVALID';
  constructor() {
    super('this cursor does not continue any list of evidence');
  }
}

const DAY_MS = 86_400_000;

/** Position in the order of evidence: time (as PostgreSQL writes it), platform, kind, external id of the last item. */
type Position = readonly [at: string, platform: string, kind: string, externalId: string];

/**
 * A page of the items that a claim's stored predicate selects, newest first, undated last, then by id: an order without
 * ties, continued by key, so no item is shown twice or skipped while others arrive.
 */
export async function readEvidence(
  query: Query,
  userId: string,
  predicate: Predicate,
  { cursor, limit }: { readonly cursor?: string | null | undefined; readonly limit: number },
): Promise<EvidencePage> {
  const after = cursor ? positionOf(cursor) : null;
  const parameters: unknown[] = [userId, ...(after ?? [null, null, null, null]), limit + 1];
  const source = isOfDatedActs(predicate) ? datedActs(predicate, parameters) : anyItems(predicate, parameters);
  const rows = await query<EvidenceItem & { at: string }>(
    `SELECT ${ITEM_ID} AS id, platform, kind, external_id AS "externalId", key, time_meaning AS "timeMeaning", payload,
            ${isoTime('occurred_at')} AS "occurredAt", at::text AS at, sources, ${WITNESSES} AS witnesses
     ${source}
     ORDER BY at DESC, platform COLLATE "C", kind COLLATE "C", external_id COLLATE "C"
     LIMIT $6::int`,
    parameters,
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ at: _at, ...item }) => item),
    nextCursor: rows.length > limit && last ? cursorOf([last.at, last.platform, last.kind, last.externalId]) : null,
  };
}

function isoTime(column: string): string {
  return `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

/** The other tellings of a listening; other items have none. */
const WITNESSES = `CASE WHEN listening IS NULL THEN '[]'::jsonb ELSE coalesce((
  SELECT jsonb_agg(jsonb_build_object('platform', witness.platform, 'externalId', witness.external_id,
    'occurredAt', ${isoTime('witness.occurred_at')}, 'sources', witness.sources, 'told', witness.listening ->> 'told')
    ORDER BY witness.platform, witness.external_id)
  FROM witnesses AS witness WHERE witness.user_id = $1 AND witness.shown_platform = selected.platform
    AND witness.shown_kind = selected.kind AND witness.shown_id = selected.external_id), '[]'::jsonb) END`;

/** Items after the cursor, whose position is in $2 to $5. */
const AFTER_CURSOR = `($2::text IS NULL OR at < $2::timestamptz OR (at = $2::timestamptz
  AND (platform COLLATE "C", kind COLLATE "C", external_id COLLATE "C") > ($3::text, $4::text, $5::text)))`;

function anyItems(predicate: Predicate, parameters: unknown[]): string {
  return `FROM (SELECT *, coalesce(occurred_at, '-infinity') AS at FROM items
    WHERE user_id = $1 AND gone_at IS NULL AND (${condition(predicate, parameters)})) selected
    WHERE ${AFTER_CURSOR}`;
}

/** Acts on known days, as most claims rest on: the index `items_by_time` has them in order. */
function isOfDatedActs({ timeMeaning, dayFrom, also }: Predicate): boolean {
  return timeMeaning === 'user_act' && dayFrom !== null && !also;
}

/**
 * The newest of each kind, so that a page costs as much as it shows, however many items there are. Those of the same instant
 * come all together, for they have their order only with those of other kinds.
 */
function datedActs(predicate: Predicate, parameters: unknown[]): string {
  const parameter = (value: unknown, type: string) => `$${parameters.push(value)}::${type}`;
  const startOf = (day: number) => parameter(new Date(day * DAY_MS).toISOString(), 'timestamptz');
  const from = startOf(predicate.dayFrom ?? 0);
  const end = predicate.dayTo === null ? "'infinity'" : startOf(predicate.dayTo + 1);
  const each = (values: readonly string[]) => `unnest(${parameter([...new Set(values)], 'text[]')})`;
  return `FROM ${each(predicate.platforms)} AS of_platform, ${each(predicate.kinds)} AS of_kind, LATERAL (
    SELECT * FROM (SELECT *, occurred_at AS at FROM items) AS items
    WHERE user_id = $1 AND platform = of_platform AND kind = of_kind AND gone_at IS NULL AND time_meaning = 'user_act'
      AND occurred_at >= ${from} AND occurred_at < ${end} AND occurred_at <= coalesce($2::timestamptz, 'infinity')
      AND (${condition(predicate, parameters)}) AND ${AFTER_CURSOR}
    ORDER BY occurred_at DESC FETCH FIRST ($6::int) ROWS WITH TIES) selected`;
}

/** The predicate in SQL; its values become further parameters. */
function condition(predicate: Predicate, parameters: unknown[]): string {
  const parameter = (value: unknown, type: string) => `$${parameters.push(value)}::${type}`;
  const { dayFrom, dayTo, keyStartsWith, externalId, timeMeaning } = predicate;
  const parts = [
    `platform = ANY(${parameter([...predicate.platforms], 'text[]')})`,
    `kind = ANY(${parameter([...predicate.kinds], 'text[]')})`,
  ];
  if (timeMeaning !== null) parts.push(`time_meaning = ${parameter(timeMeaning, 'text')}`);
  if (dayFrom !== null) parts.push(`${UTC_DAY} >= ${parameter(dayFrom, 'int')}`);
  if (dayTo !== null) parts.push(`${UTC_DAY} <= ${parameter(dayTo, 'int')}`);
  if (keyStartsWith !== undefined) parts.push(`starts_with(key, ${parameter(keyStartsWith, 'text')})`);
  if (externalId) {
    const end = parameter(externalId.endsWith, 'text');
    parts.push(`starts_with(external_id, ${parameter(externalId.startsWith, 'text')})`);
    parts.push(`right(external_id, length(${end})) = ${end}`);
  }
  if (predicate.payload) parts.push(`payload @> ${parameter(JSON.stringify(predicate.payload), 'jsonb')}`);
  if (predicate.except && predicate.except.length > 0) parts.push(outsideGaps(predicate.except, 'items', UTC_DAY));
  const own = parts.join(' AND ');
  return predicate.also ? `(${own}) OR (${condition(predicate.also, parameters)})` : own;
}

function cursorOf(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url');
}

function positionOf(cursor: string): Position {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    throw new EvidenceCursorError();
  }
  if (!isPosition(parsed)) throw new EvidenceCursorError();
  return parsed;
}

function isPosition(value: unknown): value is Position {
  if (!Array.isArray(value) || value.length !== 4) return false;
  if (!value.every((part) => typeof part === 'string' && !part.includes('\0'))) return false;
  const [at] = value as string[];
  return at === '-infinity' || (at !== undefined && /^\d{4}-\d\d-\d\d \d/.test(at) && !Number.isNaN(Date.parse(at)));
}
