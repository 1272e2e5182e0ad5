import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { COMPARED, MIN_OTHERS, quantilesOf, type Population } from './portrait/uniqueness.js';

/** A table older than this may be made anew. */
const REST = '7 days';
/** So many people must have come or gone before it is: the difference of two tables must not show a person. */
const CHANGED = 10;

/** The people of this deployment who agreed to be counted. Nobody is compared with anyone else, and never with a norm. */
@Injectable()
export class PopulationTables {
  constructor(private readonly database: Database) {}

  async join(userId: string, participate: boolean): Promise<void> {
    await this.database.query(
      participate
        ? 'INSERT INTO population_members (user_id) VALUES ($1) ON CONFLICT DO NOTHING'
        : 'DELETE FROM population_members WHERE user_id = $1',
      [userId],
    );
  }

  async participates(userId: string): Promise<boolean> {
    const rows = await this.database.query('SELECT FROM population_members WHERE user_id = $1', [userId]);
    return rows.length > 0;
  }

  /** The frozen tables as this person may see them: themselves not counted. People who do not take part see none. */
  async of(userId: string): Promise<Population> {
    if (!(await this.participates(userId))) return {};
    await this.refresh();
    const rows = await this.database.query<{ facet: string; others: number; quantiles: number[] }>(
      `SELECT facet, quantiles,
              members - (EXISTS (SELECT FROM population_entries entry
                                 WHERE entry.facet = population_tables.facet AND user_id = $1))::int AS others
       FROM population_tables`,
      [userId],
    );
    return Object.fromEntries(rows.map(({ facet, others, quantiles }) => [facet, { others, quantiles }]));
  }

  /** Makes anew what is a week old and has changed enough; one process at a time. */
  private async refresh(): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query(`SELECT pg_advisory_xact_lock(hashtext('population_tables'))`);
      const fresh = await tx.query<{ facet: string }>(
        `SELECT facet FROM population_tables WHERE taken_at > now() - interval '${REST}'`,
      );
      const due = COMPARED.filter((facet) => !fresh.some((table) => table.facet === facet));
      if (due.length === 0) return;
      for (const facet of due) await this.freeze(tx, facet);
    });
  }

  private async freeze(tx: Transaction, facet: string): Promise<void> {
    const values = await tx.query<{ userId: string; value: number }>(
      `SELECT "userId", (facet->>'value')::float8 AS value
       FROM (SELECT DISTINCT ON (user_id) user_id AS "userId", document->'facets'->$1 AS facet
             FROM signatures JOIN population_members USING (user_id) ORDER BY user_id, version DESC) latest
       WHERE facet->>'status' = 'known' AND facet->'confidence'->>'level' IN ('high', 'medium')`,
      [facet],
    );
    if (values.length < MIN_OTHERS) return;
    const [table] = await tx.query<{ members: number; left: string[] }>(
      `SELECT members, array(SELECT user_id FROM population_entries entry WHERE entry.facet = $1) AS left
       FROM population_tables WHERE facet = $1`,
      [facet],
    );
    if (table) {
      const now = new Set(values.map(({ userId }) => userId));
      const stayed = table.left.filter((userId) => now.has(userId)).length;
      if (table.members - stayed + (now.size - stayed) < CHANGED) return;
    }
    await tx.query('DELETE FROM population_tables WHERE facet = $1', [facet]);
    await tx.query('INSERT INTO population_tables (facet, taken_at, members, quantiles) VALUES ($1, now(), $2, $3)', [
      facet,
      values.length,
      quantilesOf(values.map(({ value }) => value)),
    ]);
    await tx.query('INSERT INTO population_entries (facet, user_id) SELECT $1, unnest($2::text[])', [
      facet,
      values.map(({ userId }) => userId),
    ]);
  }
}
