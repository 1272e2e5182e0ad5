import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runWithBuilt } from '../support/built-program.js';
import type { Child } from '../support/child.js';
import { randomOf } from '../support/planted-users.js';
import { PostgresServer } from '../support/postgres-server.js';
import { until } from '../support/until.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

/** A start, up to the migrations; prints the schema before and after, when they begin, and how long they took. */
function starting(env: Readonly<Record<string, string>>): Child {
  return runWithBuilt(
    `
    const { parseConfig } = await import(built('config/config.js'));
    const { connectDataSource } = await import(built('database/data-source.js'));
    const { migrate } = await import(built('database/migrate.js'));
    const dataSource = await connectDataSource(parseConfig(process.env), []);
    const schema = async () => JSON.stringify(await dataSource.query(
      \`SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns
       WHERE table_schema = 'public' UNION ALL SELECT tablename, indexname, indexdef, indisvalid::text, '' FROM pg_indexes
       JOIN pg_index ON indexrelid = to_regclass(indexname) WHERE schemaname = 'public'
       ORDER BY 1, 2, 3\`));
    console.log('found ' + await schema());
    console.log('begin');
    const begun = performance.now();
    await migrate(dataSource);
    console.log('took ' + (performance.now() - begun));
    console.log('left ' + await schema());
    await dataSource.destroy();`,
    { env },
  );
}

const said = (child: Child, word: string) =>
  child.lines.find((line) => line.startsWith(`${word} `))?.slice(word.length + 1);

/** Whether a schema is the old one, or the new one but for indexes, some of which are built outside of the transaction. */
function isWhole(found: string | undefined, complete: string | undefined): boolean {
  const withoutIndexes = (schema = '') =>
    (JSON.parse(schema) as { data_type: string }[]).filter((row) => !row.data_type.startsWith('CREATE INDEX'));
  return found === '[]' || JSON.stringify(withoutIndexes(found)) === JSON.stringify(withoutIndexes(complete));
}

describe.each(['embedded', 'postgres'] as const)('migrations (%s)', (where) => {
  let server: PostgresServer | undefined;
  let folder: string;
  let places = 0;

  /** A database in which nothing is yet. */
  const place = async (): Promise<Readonly<Record<string, string>>> => {
    if (server) return { DATABASE_URL: (await server.createDatabase({ empty: true })).url };
    return { DATA_DIR: join(folder, String(places++)) };
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'soul-migrations-'));
    if (where === 'postgres') server = await PostgresServer.start({ durable: true });
  });
  afterAll(async () => {
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(SEEDS)(
    'of a process that is killed in the midst leave the old schema or the new (R25, seed %d)',
    async (seed) => {
      const random = randomOf(seed);
      const whole = starting(await place());
      expect(await whole.ended).toEqual({ code: 0, signal: null });
      const [tookMs, complete] = [Number(said(whole, 'took')), said(whole, 'left')];

      let env = await place();
      let kills = 0;
      let midst = 0;
      while (kills < inFull(5, 3)) {
        const child = starting(env);
        await until(
          'it to begin',
          () => {
            if (!child.isRunning) throw new Error(child.output);
            return child.lines.includes('begin');
          },
          { everyMs: 1 },
        );
        expect(isWhole(said(child, 'found'), complete)).toBe(true);
        await sleep(tookMs * random());
        await child.end('SIGKILL');
        kills += 1;
        if (said(child, 'took') === undefined) midst += 1;
        // A kill that came too late leaves nothing to do, so the next one gets another database.
        if (said(child, 'took') !== undefined || said(child, 'found') !== '[]') env = await place();
      }
      const after = starting(env);
      expect(await after.ended).toEqual({ code: 0, signal: null });
      console.info(`${kills} kills, ${midst} of them in the midst of migrations that take ${tookMs.toFixed(0)} ms`);
      expect(said(after, 'left')).toBe(complete);
      expect(midst).toBeGreaterThan(0);
    },
  );
});
