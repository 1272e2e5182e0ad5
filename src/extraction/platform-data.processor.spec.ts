import '../../test/support/own-data-folder.js';
import { Logger } from '@nestjs/common';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { until } from '../../test/support/until.js';
import { pageStoreOf } from '../../test/support/page-store.js';
import { parseConfig } from '../config/config.js';
import { PlatformDataDeletion } from '../connectors/platform-data-deletion.js';
import { PIECE_ROWS, PlatformDataErasers } from '../connectors/platform-data-erasers.js';
import type { Transaction } from '../database/database.js';
import { DeadLetters } from '../queues/dead-letters.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { JobObservers, type Progress } from '../queues/job-observers.js';
import { JobQueries } from '../queues/job-queries.js';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { JobSignals } from '../queues/job-signals.js';
import { Leases } from '../queues/leases.js';
import { PlatformDataProcessor } from './platform-data.processor.js';

/** Three pieces. */
const ITEMS = 2 * PIECE_ROWS + 1;

describe('The job that deletes the data of a platform', () => {
  let open: OpenDatabase;
  let intake: JobIntake;
  let ledger: JobLedger;
  let processor: PlatformDataProcessor;
  let deletion: PlatformDataDeletion;
  /** What happens right before the end of the job is committed. */
  let beforeItsEnd: () => Promise<unknown>;
  let progress: Progress[];
  /** What happens in the transaction of a piece, from 1. */
  let inPiece: (tx: Transaction, piece: number) => unknown;
  let pieces: number;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    open = await openDatabase();
    const { database } = open;
    const [observers, signals, erasers] = [new JobObservers(), new JobSignals(), new PlatformDataErasers()];
    intake = new JobIntake(observers, signals);
    ledger = new JobLedger(database, observers, signals);
    const store = pageStoreOf(database);
    erasers.register({
      count: (...of) => store.count(...of),
      erase: async (tx, ...of) => {
        const rows = await store.erase(tx, ...of);
        await inPiece(tx, (pieces += 1));
        return rows;
      },
    });
    deletion = new PlatformDataDeletion(
      database,
      erasers,
      intake,
      new JobQueries(database, signals),
      new DeadLetters(database, observers, signals),
      ledger,
    );
    observers.register('delete-platform-data', {
      onTransition: async (...transition) => {
        await deletion.onTransition(...transition);
        if (transition[2].kind === 'completed') await beforeItsEnd();
      },
      onProgress: (_, now) => progress.push(now),
    });
    observers.register('extract-platform', {
      onTransition: (tx, { data }, { kind }) => {
        if (kind === 'delayed') deletion.wakeAfter(tx, data);
        return Promise.resolve();
      },
    });
    const runner = new JobRunner(ledger, new Leases(open.machinery), database, observers, parseConfig({}));
    processor = new PlatformDataProcessor(runner, database, erasers);
  });
  afterAll(() => open.close());

  beforeEach(async () => {
    progress = [];
    pieces = 0;
    inPiece = () => undefined;
    beforeItsEnd = () => Promise.resolve();
    await query('DELETE FROM users');
    await query(`INSERT INTO users (id) VALUES ('ana'), ('bo')`);
    await plant('ana', 'spotify', ITEMS);
    await plant('ana', 'github', 3);
    await plant('bo', 'spotify', 3);
    await query(`INSERT INTO cursors (user_id, platform, list, cursor) VALUES ('ana', 'spotify', 'play', '1')`);
  });

  const query = <Row>(sql: string, parameters: readonly unknown[] = []) => open.database.query<Row>(sql, parameters);
  const plant = (userId: string, platform: string, count: number) =>
    query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       SELECT $1, $2, 'play', 't' || n % 7 || '@' || n, 'artist:' || n % 5, now() - n * interval '1 hour', 'user_act', '{}'
       FROM generate_series(1, $3::int) AS n`,
      [userId, platform, count],
    );
  const counts = async (table: 'items' | 'stat_kind' = 'items') => {
    const rows = await query<{ of: string; count: number }>(
      `SELECT user_id || ' ' || platform AS of, ${table === 'items' ? 'count(*)' : 'sum(items)::int'} AS count
       FROM ${table} GROUP BY 1 ORDER BY 1`,
    );
    return Object.fromEntries(rows.map(({ of, count }) => [of, count]));
  };
  const enqueue = async () =>
    (
      await open.database.transaction((tx) =>
        intake.enqueue(tx, 'delete-platform-data', { userId: 'ana', platform: 'spotify' }, { trigger: 'manual' }),
      )
    ).job.id;
  /** Gives the job to a worker, whoever has it, and resolves with its row when the run has ended. */
  const run = async (jobId: string): Promise<Job> => {
    const [row] = await query<{ dispatch: number }>(
      `UPDATE jobs SET status = 'waiting', dispatch = dispatch + 1, dispatched_at = now() WHERE id = $1 RETURNING dispatch`,
      [jobId],
    );
    const hint = { name: 'delete-platform-data', data: { jobId, dispatch: row?.dispatch } };
    await processor.deletePlatformData(hint as BullJob<'delete-platform-data'>).catch(() => undefined);
    const [job] = await query<Job>('SELECT * FROM jobs WHERE id = $1', [jobId]);
    if (!job) throw new Error('The job is gone');
    return job;
  };

  it('deletes all of it in pieces, with all that belongs to it and nothing else', async () => {
    expect(await run(await enqueue())).toMatchObject({ status: 'completed', items: ITEMS, result: { items: ITEMS } });
    expect(pieces).toBe(3);
    expect(progress.map(({ items }) => items)).toEqual([PIECE_ROWS, 2 * PIECE_ROWS, ITEMS]);
    expect(progress.map((each) => each.progress)).toEqual([49, 98, 99]);
    const others = { 'ana github': 3, 'bo spotify': 3 };
    expect([await counts(), await counts('stat_kind')]).toEqual([others, others]);
    expect(await query('SELECT FROM cursors')).toEqual([]);
  });

  it('has nothing to do where there is nothing', async () => {
    await query(`DELETE FROM items WHERE user_id = 'ana' AND platform = 'spotify'`);
    expect(await run(await enqueue())).toMatchObject({ status: 'completed', items: 0, result: { items: 0 } });
  });

  it('counts what it has deleted, and not what it meant to', async () => {
    // The embedded database has one connection, so what goes meanwhile goes in the transaction of the piece.
    inPiece = (tx, piece) =>
      piece === 1 &&
      tx.query(
        `DELETE FROM items WHERE ctid = ANY (ARRAY(
           SELECT ctid FROM items WHERE user_id = 'ana' AND platform = 'spotify' LIMIT 100))`,
      );
    const left = ITEMS - 100;
    expect(await run(await enqueue())).toMatchObject({ status: 'completed', items: left, result: { items: left } });
    expect(progress.at(-1)).toMatchObject({ items: left });
  });

  it('goes on where a run ended that failed in the midst of a piece', async () => {
    const jobId = await enqueue();
    inPiece = (_, piece) => {
      if (piece === 2) throw new Error('on purpose');
    };
    expect(await run(jobId)).toMatchObject({ status: 'waiting', items: PIECE_ROWS, attempts_made: 1 });
    expect(await counts()).toMatchObject({ 'ana spotify': PIECE_ROWS + 1 });
    expect(await run(jobId)).toMatchObject({ status: 'completed', items: ITEMS, result: { items: ITEMS } });
    expect(await counts()).not.toHaveProperty('ana spotify');
  });

  it('leaves the rest to the next run once it is taken for dead', async () => {
    const jobId = await enqueue();
    inPiece = (tx, piece) =>
      piece === 1 && tx.query(`UPDATE jobs SET status = 'waiting', claim = claim + 1 WHERE id = $1`, [jobId]);
    expect(await run(jobId)).toMatchObject({ status: 'waiting', items: PIECE_ROWS });
    expect(pieces).toBe(1);
    expect(await run(jobId)).toMatchObject({ status: 'completed', items: ITEMS, result: { items: ITEMS } });
    expect(pieces).toBe(3);
  });

  it.each([
    ['lets an extraction that waits for its end begin', 'BLOCKED', true],
    ['lets an extraction wait that its provider has put off', 'RATE_LIMITED', false],
  ])('%s', async (_, code, begins) => {
    const jobId = await enqueue();
    const { job } = await open.database.transaction((tx) =>
      intake.enqueue(tx, 'extract-platform', { userId: 'ana', platform: 'spotify' }, { trigger: 'manual' }),
    );
    await query(
      `UPDATE jobs SET error_code = $2, run_at = now() + interval '1 minute', snoozed_until = now() + interval '1 minute' WHERE id = $1`,
      [job.id, code],
    );
    await run(jobId);
    expect(await query('SELECT run_at <= now() AS due FROM jobs WHERE id = $1', [job.id])).toEqual([{ due: begins }]);
  });

  describe.each([
    ['right before its end is stored', true],
    ['right after its end', false],
  ])('and an extraction that begins to wait %s', (_, before) => {
    // The embedded database has one connection, so there nothing happens at the same time.
    (before ? inFull(it.skip, it) : it)('begins', async () => {
      const jobId = await enqueue();
      const { job } = await open.database.transaction((tx) =>
        intake.enqueue(tx, 'extract-platform', { userId: 'ana', platform: 'spotify' }, { trigger: 'manual' }),
      );
      await query('UPDATE jobs SET dispatch = 1, dispatched_at = now() WHERE id = $1', [job.id]);
      const extraction = await ledger.claim('extract-platform', { jobId: job.id, dispatch: 1 });
      const wait = await deletion.letEnd('ana', 'spotify').catch((error: unknown) => error);
      const begin = () => ledger.snooze(extraction!, wait, new Date(Date.now() + 60_000));
      if (before) beforeItsEnd = begin;
      await run(jobId);
      if (!before) await begin();
      await until(
        'the extraction to be due',
        async () => {
          const rows = await query(`SELECT FROM jobs WHERE id = $1 AND status = 'waiting' AND run_at <= now()`, [
            job.id,
          ]);
          return rows.length === 1;
        },
        { limitMs: 30_000 },
      );
    });
  });

  it('stops between two pieces when it is cancelled', async () => {
    const jobId = await enqueue();
    inPiece = (tx, piece) => piece === 2 && ledger.cancel(tx, jobId);
    expect(await run(jobId)).toMatchObject({ status: 'cancelled', items: 2 * PIECE_ROWS });
    expect(await counts()).toMatchObject({ 'ana spotify': 1 });
  });

  // The embedded database has one connection, so there nothing happens at the same time.
  inFull(it.skip, it)('goes on until nothing is left, whatever others change meanwhile', async () => {
    const jobId = await enqueue();
    let deleting: Promise<Job> | undefined;
    await open.database.transaction(async (tx) => {
      await tx.query(`UPDATE items SET key = 'artist:x' WHERE user_id = 'ana' AND external_id = 't1@1'`);
      deleting = run(jobId);
      await until('the deletion to wait', async () => {
        const rows = await query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return rows.length > 0;
      });
    });
    expect(await deleting).toMatchObject({ status: 'completed', items: ITEMS });
    expect(await counts()).not.toHaveProperty(['ana spotify']);
  });
});
