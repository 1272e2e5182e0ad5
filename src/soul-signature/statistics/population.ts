import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../database/database.js';
import type { Facets } from '../document/facet.js';
import { comparableThemes, MIN_HOLDERS, type ThemePopulation } from '../portrait/theme-rarity.js';
import { COMPARED, MIN_OTHERS, quantilesOf, type Population } from '../portrait/uniqueness.js';

/** A table older than this may be made anew. */
const REST = '7 days';
/** So many people must have come or gone before it is: the difference of two tables must not show a person. */
const CHANGED = 10;
/** For so long a process takes the tables as they are: whether they are due is seen only by reading all members. */
const LOOK_MS = 600_000;
/** The name of the table of themes, among those of the facets. */
const THEMES = 'interests.themes';

/** What a person may see of the others. */
interface Others {
  readonly population: Population;
  readonly themePopulation: ThemePopulation | null;
}

/** What one person puts into a table: the value of a facet, or their themes. */
interface Entry {
  readonly userId: string;
  readonly value: number;
  readonly themes: readonly string[];
}

/** The people of this deployment who agreed to be counted. Nobody is compared with anyone else, and never with a norm. */
@Injectable()
export class PopulationTables {
  /** When to look again, by the monotonic clock. */
  private nextLook = 0;

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
  async of(userId: string): Promise<Others> {
    if (!(await this.participates(userId))) return { population: {}, themePopulation: null };
    await this.refresh();
    const rows = await this.database.query<{
      facet: string;
      others: number;
      quantiles: number[];
      holders: Record<string, number>;
      own: string[];
    }>(
      `SELECT facet, quantiles, holders, members - (entry.user_id IS NOT NULL)::int AS others,
              coalesce(entry.themes, '{}') AS own
       FROM population_tables
       LEFT JOIN (SELECT * FROM population_entries WHERE user_id = $1) entry USING (facet)`,
      [userId],
    );
    const themes = rows.find(({ facet }) => facet === THEMES);
    const facets = rows.filter(({ facet }) => facet !== THEMES);
    return {
      population: Object.fromEntries(facets.map(({ facet, others, quantiles }) => [facet, { others, quantiles }])),
      themePopulation: themes
        ? {
            others: themes.others,
            holders: Object.fromEntries(
              Object.entries(themes.holders).map(([key, count]) => [key, count - (themes.own.includes(key) ? 1 : 0)]),
            ),
          }
        : null,
    };
  }

  /**
   * Makes anew what is a week old and has changed enough. One process at a time does so: whoever comes meanwhile takes the
   * tables as they are, and keeps no connection waiting.
   */
  private async refresh(): Promise<void> {
    if (performance.now() < this.nextLook) return;
    const looked = await this.database.transaction(async (tx) => {
      const [lock] = await tx.query<{ ours: boolean }>(
        `SELECT pg_try_advisory_xact_lock(hashtext('population_tables')) AS ours`,
      );
      if (!lock?.ours) return false;
      const fresh = await tx.query<{ facet: string }>(
        `SELECT facet FROM population_tables WHERE taken_at > now() - interval '${REST}'`,
      );
      const due = [...COMPARED, THEMES].filter((facet) => !fresh.some((table) => table.facet === facet));
      for (const facet of due) await this.freeze(tx, facet);
      return true;
    }, 'long');
    if (looked) this.nextLook = performance.now() + LOOK_MS;
  }

  private async freeze(tx: Transaction, facet: string): Promise<void> {
    const entries = facet === THEMES ? await this.themesOf(tx) : await this.valuesOf(tx, facet);
    if (entries.length < MIN_OTHERS) return;
    const [table] = await tx.query<{ members: number; left: string[] }>(
      `SELECT members, array(SELECT user_id FROM population_entries entry WHERE entry.facet = $1) AS left
       FROM population_tables WHERE facet = $1`,
      [facet],
    );
    if (table) {
      const now = new Set(entries.map(({ userId }) => userId));
      const stayed = table.left.filter((userId) => now.has(userId)).length;
      if (table.members - stayed + (now.size - stayed) < CHANGED) return;
    }
    await tx.query('DELETE FROM population_tables WHERE facet = $1', [facet]);
    await tx.query(
      `INSERT INTO population_tables (facet, taken_at, members, quantiles, holders) VALUES ($1, now(), $2, $3, $4)`,
      [
        facet,
        entries.length,
        facet === THEMES ? [] : quantilesOf(entries.map(({ value }) => value)),
        JSON.stringify(holdersOf(entries)),
      ],
    );
    await tx.query(
      `INSERT INTO population_entries (facet, user_id, themes)
       SELECT $1, entry->>'userId', array(SELECT jsonb_array_elements_text(entry->'themes'))
       FROM jsonb_array_elements($2::jsonb) entry`,
      [facet, JSON.stringify(entries)],
    );
  }

  /** The values of those of whom the facet is known well enough. */
  private async valuesOf(tx: Transaction, facet: string): Promise<Entry[]> {
    const rows = await tx.query<{ userId: string; value: number }>(
      `SELECT "userId", (facet->>'value')::float8 AS value
       FROM (SELECT DISTINCT ON (user_id) user_id AS "userId", document->'facets'->$1 AS facet
             FROM signatures JOIN population_members USING (user_id) ORDER BY user_id, version DESC) latest
       WHERE facet->>'status' = 'known' AND facet->'confidence'->>'level' IN ('high', 'medium')`,
      [facet],
    );
    return rows.map((row) => ({ ...row, themes: [] }));
  }

  /** The themes of those of whom they are known: seen or not, a theme is counted and not estimated. */
  private async themesOf(tx: Transaction): Promise<Entry[]> {
    const rows = await tx.query<{ userId: string; facets: Facets }>(
      `SELECT DISTINCT ON (user_id) user_id AS "userId", (
         SELECT coalesce(jsonb_object_agg(key, value - '{evidence,explain,restsOn,coverage}'::text[]), '{}') FROM jsonb_each(document->'facets')
         WHERE key LIKE 'interests.salience@%') AS facets
       FROM signatures JOIN population_members USING (user_id) ORDER BY user_id, version DESC`,
    );
    return rows.flatMap(({ userId, facets }) => {
      const themes = comparableThemes(facets);
      return themes ? [{ userId, value: 0, themes }] : [];
    });
  }
}

/** How many show each theme, of those themes that enough people show for their number to be kept at all. */
function holdersOf(entries: readonly Entry[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const theme of entries.flatMap(({ themes }) => themes)) counts.set(theme, (counts.get(theme) ?? 0) + 1);
  return Object.fromEntries([...counts].filter(([, count]) => count >= MIN_HOLDERS));
}
