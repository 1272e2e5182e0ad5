import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Listening } from '../platforms/listening.js';
import { comparableKinds, sameListenings, type Telling } from './same-listenings.js';

/**
 * How long before and after a telling others of the same listening are looked for: longer than what is played in one go,
 * because others are found by their start.
 */
export const AROUND_MS = 6 * 3_600_000;

/** The id of a stored telling. */
type TellingId = Pick<Telling, 'platform' | 'kind' | 'externalId'>;

/** A telling that has just been stored or deleted; it tells no listening where it has no time, or nothing to find others by. */
interface Told {
  readonly kind: string;
  readonly occurredAt: Date | null;
  readonly listening?: Listening | null | undefined;
}

/** A telling as it is stored now: an item, or a witness of the item that shows the listening. */
interface StoredTelling extends Telling {
  readonly shownPlatform: string | null;
  readonly shownKind: string | null;
  readonly shownId: string | null;
}

/** A time range. */
interface Range {
  readonly from: Date;
  readonly to: Date;
}

/**
 * Lets a listening that several sources tell count once: the most exact telling stays an item, the others become its
 * witnesses, and come back when it goes. Whoever stores or deletes tellings settles theirs in the same transaction.
 */
@Injectable()
export class Listenings {
  /** Lets nobody else store tellings of this person until the transaction ends. */
  async lock(tx: Transaction, userId: string): Promise<void> {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended('listenings ' || $1, 0))`, [userId]);
  }

  /**
   * Settles the listenings around these tellings, which have just been stored, or deleted as witnesses.
   * @returns the names of those tellings whose listening another source tells too
   */
  async settle(tx: Transaction, userId: string, tellings: readonly Told[]): Promise<ReadonlySet<string>> {
    if (tellings.length === 0) return new Set();
    const ranges = rangesAround(tellings);
    const areAllSpans = tellings.every(({ listening }) => listening?.told === 'span');
    // An archive has very many spans, and mostly nobody else tells anything at their time.
    const told = areAllSpans ? await this.toldByOthers(tx, userId, ranges) : ranges;
    if (told.length === 0) return new Set();
    const kinds = [...new Set(tellings.flatMap(({ kind }) => comparableKinds(kind)))];
    const stored = await this.around(tx, userId, told, kinds);
    const shown = sameListenings(stored);
    await this.move(tx, userId, shown);
    return alsoTold(shown);
  }

  /** Shows the witnesses of items that were deleted, and settles their listenings anew. */
  async release(tx: Transaction, userId: string, deleted: readonly TellingId[]): Promise<void> {
    if (deleted.length === 0) return;
    const released = await tx.query<Told>(
      `WITH released AS (
         DELETE FROM witnesses WHERE ctid = ANY (ARRAY(
           SELECT witness.ctid FROM unnest($2::text[], $3::text[], $4::text[]) AS deleted (platform, kind, id)
           CROSS JOIN LATERAL (SELECT ctid FROM witnesses WHERE user_id = $1 AND shown_platform = deleted.platform
             AND shown_kind = deleted.kind AND shown_id = deleted.id OFFSET 0) AS witness))
         RETURNING *),
       shown AS (INSERT INTO items (${COLUMNS}) SELECT ${COLUMNS} FROM released)
       SELECT kind, occurred_at AS "occurredAt", listening FROM released`,
      [userId, ...idsOf(deleted)],
    );
    await this.settle(tx, userId, released);
  }

  /** The ranges in which something is told less exactly than by both ends. */
  private async toldByOthers(tx: Transaction, userId: string, ranges: readonly Range[]): Promise<readonly Range[]> {
    return tx.query<Range>(
      `SELECT range.from_at AS "from", range.to_at AS "to" FROM unnest($2::timestamptz[], $3::timestamptz[]) AS range (from_at, to_at)
       WHERE EXISTS (SELECT FROM (SELECT FROM items WHERE user_id = $1 AND listening ->> 'told' <> 'span'
           AND occurred_at BETWEEN range.from_at AND range.to_at OFFSET 0) AS item)
         OR EXISTS (SELECT FROM (SELECT FROM witnesses WHERE user_id = $1
           AND occurred_at BETWEEN range.from_at AND range.to_at OFFSET 0) AS witness)`,
      [userId, ranges.map(({ from }) => from), ranges.map(({ to }) => to)],
    );
  }

  /** All tellings of these kinds in the ranges, and those that are one with them now. */
  private async around(
    tx: Transaction,
    userId: string,
    ranges: readonly Range[],
    kinds: readonly string[],
  ): Promise<StoredTelling[]> {
    const rows = await tx.query<Omit<StoredTelling, 'at'> & { occurredAt: Date }>(AROUND, [
      userId,
      ranges.map(({ from }) => from),
      ranges.map(({ to }) => to),
      kinds,
    ]);
    return rows.map(({ occurredAt, ...row }) => ({ ...row, at: occurredAt.getTime() }));
  }

  /** Makes items witnesses, witnesses items, or lets another item show them. */
  private async move(tx: Transaction, userId: string, shown: ReadonlyMap<StoredTelling, StoredTelling>): Promise<void> {
    const moved = [...shown].filter(([telling, head]) => !isShownBy(telling, head));
    const back = moved.filter(([telling, head]) => telling === head).map(([telling]) => telling);
    const away = moved.filter(([telling, head]) => telling !== head && telling.shownId === null);
    const over = moved.filter(([telling, head]) => telling !== head && telling.shownId !== null);
    if (back.length > 0) await tx.query(BACK, [userId, ...idsOf(back)]);
    for (const [sql, pairs] of [
      [OVER, over],
      [AWAY, away],
    ] as const) {
      if (pairs.length === 0) continue;
      const [tellings, heads] = [pairs.map(([telling]) => telling), pairs.map(([, head]) => head)];
      await tx.query(sql, [userId, ...idsOf(tellings), ...idsOf(heads)]);
    }
  }
}

/** How a telling is named in what `settle` returns. */
export function tellingName({ platform, kind, externalId }: TellingId): string {
  return `${platform} ${kind} ${externalId}`;
}

/** Those whose listening has more than one telling. */
function alsoTold(shown: ReadonlyMap<StoredTelling, StoredTelling>): ReadonlySet<string> {
  const counts = new Map<StoredTelling, number>();
  for (const head of shown.values()) counts.set(head, (counts.get(head) ?? 0) + 1);
  return new Set([...shown].filter(([, head]) => (counts.get(head) ?? 0) > 1).map(([telling]) => tellingName(telling)));
}

function isShownBy(telling: StoredTelling, head: StoredTelling): boolean {
  if (telling === head) return telling.shownId === null;
  const { shownPlatform, shownKind, shownId } = telling;
  return shownPlatform === head.platform && shownKind === head.kind && shownId === head.externalId;
}

function idsOf(tellings: readonly TellingId[]): [string[], string[], string[]] {
  return [
    tellings.map(({ platform }) => platform),
    tellings.map(({ kind }) => kind),
    tellings.map(({ externalId }) => externalId),
  ];
}

/** The times around listenings, from where they may have begun to where they may have ended; those that overlap as one, in order. */
function rangesAround(tellings: readonly Told[]): Range[] {
  const times = tellings.flatMap(({ occurredAt, listening }) => {
    if (!occurredAt || !listening) return [];
    const at = occurredAt.getTime();
    return [{ from: Math.min(at, listening.from) - AROUND_MS, to: Math.max(at, listening.to) + AROUND_MS }];
  });
  const ranges: { from: number; to: number }[] = [];
  for (const time of times.sort((one, other) => one.from - other.from)) {
    const last = ranges.at(-1);
    if (last && time.from <= last.to) last.to = Math.max(last.to, time.to);
    else ranges.push(time);
  }
  return ranges.map(({ from, to }) => ({ from: new Date(from), to: new Date(to) }));
}

const COLUMNS =
  'user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, first_seen_at, updated_at, sources, versions, listening';

const TELLING = `platform, kind, external_id AS "externalId", occurred_at AS "occurredAt", listening`;

/**
 * $1 user, $2 and $3 ranges, $4 kinds. Each look-up is by an index, whatever the plan (OFFSET 0). A pair is read whole: half
 * of one outside of the range would be taken for alone.
 */
const AROUND = `
  WITH ranges AS (SELECT * FROM unnest($2::timestamptz[], $3::timestamptz[]) AS ranges (from_at, to_at)),
  kinds AS (SELECT DISTINCT platform, kind FROM stat_kind WHERE user_id = $1 AND kind = ANY ($4)),
  near AS MATERIALIZED (
    SELECT near.* FROM ranges CROSS JOIN kinds CROSS JOIN LATERAL (
      SELECT platform, kind, external_id FROM items
      WHERE user_id = $1 AND items.platform = kinds.platform AND items.kind = kinds.kind AND time_meaning = 'user_act'
        AND occurred_at BETWEEN ranges.from_at AND ranges.to_at AND listening IS NOT NULL OFFSET 0) AS near
  ), witnesses_near AS MATERIALIZED (
    SELECT near.* FROM ranges CROSS JOIN LATERAL (
      SELECT shown_platform, shown_kind, shown_id FROM witnesses
      WHERE user_id = $1 AND kind = ANY ($4) AND occurred_at BETWEEN ranges.from_at AND ranges.to_at OFFSET 0) AS near
  ), heads AS MATERIALIZED (
    SELECT platform, kind, external_id FROM near UNION SELECT shown_platform, shown_kind, shown_id FROM witnesses_near
  ), tellings AS (
    SELECT head.*, NULL AS shown_platform, NULL AS shown_kind, NULL AS shown_id FROM heads CROSS JOIN LATERAL (
      SELECT platform, kind, external_id, occurred_at, listening FROM items
      WHERE user_id = $1 AND items.platform = heads.platform AND items.kind = heads.kind
        AND items.external_id = heads.external_id OFFSET 0) AS head
    UNION ALL
    SELECT witness.* FROM heads CROSS JOIN LATERAL (
      SELECT platform, kind, external_id, occurred_at, listening, shown_platform, shown_kind, shown_id FROM witnesses
      WHERE user_id = $1 AND shown_platform = heads.platform AND shown_kind = heads.kind
        AND shown_id = heads.external_id OFFSET 0) AS witness
  )
  SELECT ${TELLING}, shown_platform AS "shownPlatform", shown_kind AS "shownKind", shown_id AS "shownId" FROM tellings`;

/** $2 to $4 witnesses that show a listening now. */
const BACK = `
  WITH back AS (
    DELETE FROM witnesses USING unnest($2::text[], $3::text[], $4::text[]) AS named (platform, kind, id)
    WHERE user_id = $1 AND witnesses.platform = named.platform AND witnesses.kind = named.kind AND external_id = named.id
    RETURNING witnesses.*)
  INSERT INTO items (${COLUMNS}) SELECT ${COLUMNS} FROM back`;

/** $2 to $4 tellings, $5 to $7 the items that show their listening now. */
const NAMED = `unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
  AS named (platform, kind, id, shown_platform, shown_kind, shown_id)`;

/** Lets other items show witnesses. */
const OVER = `
  UPDATE witnesses
  SET shown_platform = named.shown_platform, shown_kind = named.shown_kind, shown_id = named.shown_id FROM ${NAMED}
  WHERE user_id = $1 AND witnesses.platform = named.platform AND witnesses.kind = named.kind AND external_id = named.id`;

/** Makes items witnesses. */
const AWAY = `
  WITH away AS (
    DELETE FROM items USING ${NAMED}
    WHERE user_id = $1 AND items.platform = named.platform AND items.kind = named.kind AND external_id = named.id
    RETURNING items.*, named.shown_platform, named.shown_kind, named.shown_id)
  INSERT INTO witnesses (${COLUMNS}, shown_platform, shown_kind, shown_id)
  SELECT ${COLUMNS}, shown_platform, shown_kind, shown_id FROM away`;
