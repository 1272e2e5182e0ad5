import type { TimeMeaning } from '../../platforms/platform.js';
import type { Predicate } from '../signature.js';
import { ITEM_ID, UTC_DAY, type Query } from './read-query.js';

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
  const rows = await query<EvidenceItem & { at: string }>(
    `SELECT ${ITEM_ID} AS id, platform, kind, external_id AS "externalId", key, time_meaning AS "timeMeaning", payload,
            to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "occurredAt", at::text AS at
     FROM (SELECT *, coalesce(occurred_at, '-infinity') AS at FROM items
           WHERE user_id = $1 AND platform = ANY($2::text[]) AND kind = ANY($3::text[])
             AND ($4::text IS NULL OR time_meaning = $4)
             AND ($5::int IS NULL OR ${UTC_DAY} >= $5) AND ($6::int IS NULL OR ${UTC_DAY} <= $6)
             AND ($7::text IS NULL OR starts_with(key, $7))
             AND ($8::text IS NULL OR starts_with(external_id, $8))
             AND ($9::text IS NULL OR right(external_id, length($9)) = $9)
             AND ($15::jsonb IS NULL OR payload @> $15::jsonb)) selected
     WHERE $10::text IS NULL OR at < $10::timestamptz OR (at = $10::timestamptz
       AND (platform COLLATE "C", kind COLLATE "C", external_id COLLATE "C") > ($11::text, $12::text, $13::text))
     ORDER BY at DESC, platform COLLATE "C", kind COLLATE "C", external_id COLLATE "C"
     LIMIT $14::int`,
    [
      userId,
      [...predicate.platforms],
      [...predicate.kinds],
      predicate.timeMeaning,
      predicate.dayFrom,
      predicate.dayTo,
      predicate.keyStartsWith ?? null,
      predicate.externalId?.startsWith ?? null,
      predicate.externalId?.endsWith ?? null,
      ...(after ?? [null, null, null, null]),
      limit + 1,
      predicate.payload ? JSON.stringify(predicate.payload) : null,
    ],
  );
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    items: page.map(({ at: _at, ...item }) => item),
    nextCursor: rows.length > limit && last ? cursorOf([last.at, last.platform, last.kind, last.externalId]) : null,
  };
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
