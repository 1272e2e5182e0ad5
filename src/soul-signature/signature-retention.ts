import type { Database } from '../database/database.js';
import { SENSITIVE } from './soul-signature.service.js';

/** How many versions of a person stay, however old: the newest, and the one that it is compared with. */
const KEPT = 2;

/** How many old versions are looked at each time. Most of them stay, and that is seen only by looking at the newer ones. */
const PAGE = 2_000;

/**
 * Deletes old versions, but for those that stay. Versions that may be hidden are not counted among these. Each time a page
 * of old versions is looked at, in the order of their age, so the cost does not grow with the people who went away. A
 * process begins anywhere, so that what is looked at does not depend on how long processes live.
 */
export class SignatureRetention {
  /** Up to when the versions that were looked at were built; undefined before the first look. */
  private lookedTo: string | undefined;

  constructor(
    private readonly database: Database,
    private readonly days: number,
  ) {}

  async clean(): Promise<void> {
    this.lookedTo ??= await this.anywhere();
    const looked = await this.cleanFrom(this.lookedTo, PAGE);
    if (looked === PAGE) return;
    this.lookedTo = FIRST;
    await this.cleanFrom(FIRST, PAGE - looked);
  }

  /** Goes on while many of a page are due, because then more are. @returns how many versions of the last page there were */
  private async cleanFrom(after: string, atMost: number): Promise<number> {
    let page = await this.cleanPage(after, atMost);
    while (page.looked >= atMost && page.gone > page.looked / 10) {
      page = await this.cleanPage(this.lookedTo ?? FIRST, PAGE);
    }
    return page.looked;
  }

  private async anywhere(): Promise<string> {
    const [row] = await this.database.query<{ at: string | null }>(
      `SELECT (min(built_at) + random() * (now() - interval '${this.days} days' - min(built_at)))::text AS at FROM signatures`,
    );
    return row?.at ?? FIRST;
  }

  /** @returns how many versions were looked at, and how many of them are gone */
  private async cleanPage(after: string, atMost: number): Promise<{ readonly looked: number; readonly gone: number }> {
    const [page] = await this.database.transaction(async (tx) => {
      const [, answer] = await Promise.all([
        // A plan from when the table was small would read all of it.
        tx.query(`SELECT set_config('enable_seqscan', 'off', true)`),
        tx.query<{ looked: number; gone: number; last: string | null }>(
          `WITH page AS (
             SELECT user_id, version, built_at FROM signatures
             WHERE built_at > $1::timestamptz AND built_at < now() - interval '${this.days} days' ORDER BY built_at LIMIT $2
           ), gone AS (
             DELETE FROM signatures WHERE ctid = ANY (ARRAY(
               SELECT signatures.ctid FROM signatures JOIN page USING (user_id, version)
               WHERE ${KEPT} <= (SELECT count(*) FROM signatures AS newer
                 WHERE newer.user_id = page.user_id AND newer.version > page.version AND NOT ${SENSITIVE})
               FOR UPDATE OF signatures SKIP LOCKED))
             RETURNING 1
           )
           SELECT count(*) AS looked, (SELECT count(*) FROM gone) AS gone, max(built_at)::text AS last FROM page`,
          [after, atMost],
        ),
      ]);
      return answer;
    }, 'long');
    if (page?.last) this.lookedTo = page.last;
    return page ?? { looked: 0, gone: 0 };
  }
}

/** Before all versions. */
const FIRST = '-infinity';
