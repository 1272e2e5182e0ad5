import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { runWithBuilt } from '../../test/support/built-program.js';
import type { Child } from '../../test/support/child.js';
import { copyEmbeddedDatabase } from '../../test/support/embedded-database.js';
import { inFull } from '../../test/support/length.js';
import { until } from '../../test/support/until.js';
import { EmbeddedPostgres } from './embedded-postgres.js';

/** Rows of 300 kB, as large pages of items make them. */
const LARGE = 300_000;

async function connect({ address }: EmbeddedPostgres): Promise<Client> {
  const client = new Client({ ...address, user: 'postgres', database: 'postgres' });
  await client.connect();
  return client;
}

describe('The embedded PostgreSQL', () => {
  let folder: string;
  let child: Child | undefined;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'embedded-'));
  });

  afterEach(async () => {
    await child?.end('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });

  it('is spoken to by the ordinary driver, keeps its data, and leaves no socket and no lock', async () => {
    // Its path is longer than that of a socket may be.
    const deep = join(folder, ...Array<string>(12).fill('a-long-name'));
    await copyEmbeddedDatabase(deep);
    const first = await EmbeddedPostgres.open(deep);
    const client = await connect(first);
    const text = 'ä🦄'.repeat(LARGE / 4);
    await client.query('CREATE TABLE kept (n int, text text)');
    await client.query('INSERT INTO kept VALUES ($1, $2)', [1, text]);
    await client.end();
    const socketFolder = first.address.host;
    expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
    await first.close();
    expect(existsSync(socketFolder)).toBe(false);
    expect(readdirSync(deep)).toEqual(['postgres']);

    const second = await EmbeddedPostgres.open(deep);
    const again = await connect(second);
    const { rows } = await again.query('SELECT n, text FROM kept');
    expect(rows).toEqual([{ n: 1, text }]);
    await again.end();
    await second.close();
  });

  it('refuses a folder that is in use, and leaves its user alone', async () => {
    await copyEmbeddedDatabase(folder);
    const first = await EmbeddedPostgres.open(folder);
    await expect(EmbeddedPostgres.open(folder)).rejects.toMatchObject({ code: 'DATA_FOLDER_LOCKED' });
    const client = await connect(first);
    expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
    await client.end();
    await first.close();
  });

  it('says what to do about a folder that cannot be opened, and gives it back', async () => {
    writeFileSync(join(folder, 'postgres'), 'not a folder');
    await expect(EmbeddedPostgres.open(folder)).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringMatching(/^The embedded database in .* cannot be opened \(.+\)\. .*DATA_DIR/s),
    });
    expect(readdirSync(folder)).toEqual(['postgres']);
  });

  it('holds, after its process was killed in the middle of work, exactly what was committed', async () => {
    await copyEmbeddedDatabase(folder);
    for (let round = 1; round <= inFull(2, 1); round += 1) {
      // Each number is inserted, and printed when its commit has been answered; every third one is rolled back.
      child = runWithBuilt(`
        const { EmbeddedPostgres } = await import(built('database/embedded-postgres.js'));
        const { createRequire } = await import('node:module');
        const { Client } = createRequire(built('main.js'))('pg');
        const server = await EmbeddedPostgres.open(${JSON.stringify(folder)});
        const client = new Client({ ...server.address, user: 'postgres', database: 'postgres' });
        await client.connect();
        await client.query('CREATE TABLE IF NOT EXISTS numbers (round int, n int, text text)');
        const text = 'x'.repeat(${LARGE});
        for (let n = 1; ; n += 1) {
          await client.query('BEGIN');
          await client.query('INSERT INTO numbers VALUES ($1, $2, $3)', [${round}, n, text]);
          if (n % 3 === 0) await client.query('ROLLBACK');
          else {
            await client.query('COMMIT');
            console.log(n);
          }
        }
      `);
      await until('some commits', () => child!.lines.length >= 20, { limitMs: 100_000, everyMs: 10 });
      await child.end('SIGKILL');
      const told = child.lines.map(Number);

      const server = await EmbeddedPostgres.open(folder);
      const client = await connect(server);
      const { rows } = await client.query<{ n: number; length: number }>(
        'SELECT n, length(text) FROM numbers WHERE round = $1 ORDER BY n',
        [round],
      );
      await client.end();
      await server.close();

      expect(told.every(Number.isInteger)).toBe(true);
      const found = rows.map(({ n }) => n);
      // The last commit may have succeeded without having been printed.
      expect(found.slice(0, told.length)).toEqual(told);
      expect(found.length).toBeLessThanOrEqual(told.length + 1);
      expect(found.filter((n) => n % 3 === 0)).toEqual([]);
      expect(rows.every(({ length }) => length === LARGE)).toBe(true);
    }
  });
});
