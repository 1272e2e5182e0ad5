import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { Listening } from '../platforms/listening.js';
import { sameListenings, type Telling } from './same-listenings.js';

/** The kind of items that tell a listening. */
export const LISTENING_KIND = 'play';

/** How long before and after a telling others of the same listening are looked for: longer than what is played in one go. */
const AROUND_MS = 3_600_000;

/** The id of a stored telling. */
interface TellingId {
  readonly platform: string;
  readonly externalId: string;
}

/** A telling as it is stored now: an item, or a witness of the item that shows the listening. */
interface StoredTelling extends Telling {
  readonly shownPlatform: string | null;
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
   * Settles the listenings around these tellings, which have just been stored.
   * @returns the ids of those tellings whose listening another source tells too
   */
  async settle(
    tx: Transaction,
    userId: string,
    tellings: readonly { readonly occurredAt: Date | null; readonly listening?: Listening | undefined }[],
  ): Promise<ReadonlySet<string>> {
    const ranges = rangesAround(tellings.flatMap(({ occurredAt }) => (occurredAt ? [occurredAt.getTime()] : [])));
    const areAllSpans = tellings.every(({ listening }) => listening?.told === 'span');
    // An archive has very many spans, and mostly nobody else tells anything at their time.
    const told = areAllSpans ? await this.toldByOthers(tx, userId, ranges) : ranges;
    if (told.length === 0) return new Set();
    const stored = await this.around(tx, userId, told);
    const shown = sameListenings(stored);
    await this.move(tx, userId, shown);
    return alsoTold(shown);
  }

  /** Shows the witnesses of items that were deleted, and settles their listenings anew. */
  async release(tx: Transaction, userId: string, deleted: readonly TellingId[]): Promise<void> {
    if (deleted.length === 0) return;
    const released = await tx.query<{ occurredAt: Date; listening: Listening }>(
      `WITH released AS (
         DELETE FROM witnesses WHERE ctid = ANY (ARRAY(
           SELECT witness.ctid FROM unnest($2::text[], $3::text[]) AS deleted (platform, id) CROSS JOIN LATERAL (
             SELECT ctid FROM witnesses WHERE user_id = $1 AND shown_platform = deleted.platform AND kind = $4
               AND shown_id = deleted.id OFFSET 0) AS witness))
         RETURNING *),
       shown AS (INSERT INTO items (${COLUMNS}) SELECT ${COLUMNS} FROM released)
       SELECT occurred_at AS "occurredAt", listening FROM released`,
      [userId, deleted.map(({ platform }) => platform), deleted.map(({ externalId }) => externalId), LISTENING_KIND],
    );
    if (released.length > 0) await this.settle(tx, userId, released);
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

  /** All tellings in the ranges, and those that are one with them now. */
  private async around(tx: Transaction, userId: string, ranges: readonly Range[]): Promise<StoredTelling[]> {
    const rows = await tx.query<Omit<StoredTelling, 'at'> & { occurredAt: Date }>(AROUND, [
      userId,
      ranges.map(({ from }) => from),
      ranges.map(({ to }) => to),
      LISTENING_KIND,
    ]);
    return rows.map(({ occurredAt, ...row }) => ({ ...row, at: occurredAt.getTime() }));
  }

  /** Makes items witnesses, witnesses items, or lets another item show them. */
  private async move(tx: Transaction, userId: string, shown: ReadonlyMap<StoredTelling, StoredTelling>): Promise<void> {
    const moved = [...shown].filter(([telling, head]) => !isShownBy(telling, head));
    const back = moved.filter(([telling, head]) => telling === head).map(([telling]) => telling);
    const away = moved.filter(([telling, head]) => telling !== head && telling.shownId === null);
    const over = moved.filter(([telling, head]) => telling !== head && telling.shownId !== null);
    if (back.length > 0) await tx.query(BACK, [userId, LISTENING_KIND, ...idsOf(back)]);
    for (const [sql, pairs] of [
      [OVER, over],
      [AWAY, away],
    ] as const) {
      if (pairs.length === 0) continue;
      const [tellings, heads] = [pairs.map(([telling]) => telling), pairs.map(([, head]) => head)];
      await tx.query(sql, [userId, LISTENING_KIND, ...idsOf(tellings), ...idsOf(heads)]);
    }
  }
}

/** How a telling is named in what `settle` returns. */
export function tellingName({ platform, externalId }: TellingId): string {
  return `${platform} ${externalId}`;
}

/** Those whose listening has more than one telling. */
function alsoTold(shown: ReadonlyMap<StoredTelling, StoredTelling>): ReadonlySet<string> {
  const counts = new Map<StoredTelling, number>();
  for (const head of shown.values()) counts.set(head, (counts.get(head) ?? 0) + 1);
  return new Set([...shown].filter(([, head]) => (counts.get(head) ?? 0) > 1).map(([telling]) => tellingName(telling)));
}

function isShownBy(telling: StoredTelling, head: StoredTelling): boolean {
  if (telling === head) return telling.shownId === null;
  return telling.shownPlatform === head.platform && telling.shownId === head.externalId;
}

function idsOf(tellings: readonly TellingId[]): [string[], string[]] {
  return [tellings.map(({ platform }) => platform), tellings.map(({ externalId }) => externalId)];
}

/** The times around instants (ms), those that overlap as one, in order. */
function rangesAround(instants: readonly number[]): Range[] {
  const ranges: { from: number; to: number }[] = [];
  for (const at of [...instants].sort((one, other) => one - other)) {
    const last = ranges.at(-1);
    if (last && at - AROUND_MS <= last.to) last.to = at + AROUND_MS;
    else ranges.push({ from: at - AROUND_MS, to: at + AROUND_MS });
  }
  return ranges.map(({ from, to }) => ({ from: new Date(from), to: new Date(to) }));
}

const COLUMNS =
  'user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, first_seen_at, updated_at, sources, listening';

const TELLING = `platform, external_id AS "externalId", occurred_at AS "occurredAt", listening`;

/**
 * $1 user, $2 and $3 ranges, $4 kind. Each look-up is by an index, whatever the plan (OFFSET 0). A pair is read whole: half
 * of one outside of the range would be taken for alone.
 */
const AROUND = `
  WITH ranges AS (SELECT * FROM unnest($2::timestamptz[], $3::timestamptz[]) AS ranges (from_at, to_at)),
  platforms AS (SELECT DISTINCT platform FROM stat_kind WHERE user_id = $1 AND kind = $4),
  near AS MATERIALIZED (
    SELECT near.* FROM ranges CROSS JOIN platforms CROSS JOIN LATERAL (
      SELECT platform, external_id, occurred_at, listening FROM items
      WHERE user_id = $1 AND items.platform = platforms.platform AND kind = $4 AND time_meaning = 'user_act'
        AND occurred_at BETWEEN ranges.from_at AND ranges.to_at AND listening IS NOT NULL OFFSET 0) AS near
  ), witnesses_near AS MATERIALIZED (
    SELECT near.* FROM ranges CROSS JOIN LATERAL (
      SELECT platform, external_id, occurred_at, listening, shown_platform, shown_id FROM witnesses
      WHERE user_id = $1 AND kind = $4 AND occurred_at BETWEEN ranges.from_at AND ranges.to_at OFFSET 0) AS near
  ), heads AS MATERIALIZED (
    SELECT platform, external_id FROM near UNION SELECT shown_platform, shown_id FROM witnesses_near
  ), tellings AS (
    SELECT head.*, NULL AS shown_platform, NULL AS shown_id FROM heads CROSS JOIN LATERAL (
      SELECT platform, external_id, occurred_at, listening FROM items
      WHERE user_id = $1 AND items.platform = heads.platform AND kind = $4 AND items.external_id = heads.external_id OFFSET 0) AS head
    UNION ALL
    SELECT witness.* FROM heads CROSS JOIN LATERAL (
      SELECT platform, external_id, occurred_at, listening, shown_platform, shown_id FROM witnesses
      WHERE user_id = $1 AND kind = $4 AND shown_platform = heads.platform AND shown_id = heads.external_id OFFSET 0) AS witness
  )
  SELECT ${TELLING}, shown_platform AS "shownPlatform", shown_id AS "shownId" FROM tellings`;

/** $3 and $4 witnesses that show a listening now. */
const BACK = `
  WITH back AS (
    DELETE FROM witnesses USING unnest($3::text[], $4::text[]) AS named (platform, id)
    WHERE user_id = $1 AND kind = $2 AND witnesses.platform = named.platform AND external_id = named.id RETURNING witnesses.*)
  INSERT INTO items (${COLUMNS}) SELECT ${COLUMNS} FROM back`;

/** $3 and $4 witnesses, $5 and $6 the items that show their listening now. */
const OVER = `
  UPDATE witnesses SET shown_platform = named.shown_platform, shown_id = named.shown_id
  FROM unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS named (platform, id, shown_platform, shown_id)
  WHERE user_id = $1 AND kind = $2 AND witnesses.platform = named.platform AND external_id = named.id`;

/** $3 and $4 items that are witnesses now, $5 and $6 the items that show their listening. */
const AWAY = `
  WITH away AS (
    DELETE FROM items USING unnest($3::text[], $4::text[], $5::text[], $6::text[]) AS named (platform, id, shown_platform, shown_id)
    WHERE user_id = $1 AND kind = $2 AND items.platform = named.platform AND external_id = named.id
    RETURNING items.*, named.shown_platform, named.shown_id)
  INSERT INTO witnesses (${COLUMNS}, shown_platform, shown_id) SELECT ${COLUMNS}, shown_platform, shown_id FROM away`;
