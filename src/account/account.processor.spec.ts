import '../../test/support/own-data-folder.js';
import { Logger } from '@nestjs/common';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { until } from '../../test/support/until.js';
import { AdminActions } from '../auth/admin-actions.js';
import { Users } from '../auth/users.js';
import { parseConfig } from '../config/config.js';
import { ConnectionRows, type HeldGrant } from '../connectors/connection-rows.js';
import { PIECE_ROWS } from '../connectors/platform-data-erasers.js';
import type { PlatformStatus } from '../connectors/platform-status.js';
import type { TokenRevocation } from '../connectors/token-revocation.js';
import type { Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { DeadLetters } from '../queues/dead-letters.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { JobObservers } from '../queues/job-observers.js';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { Leases } from '../queues/leases.js';
import { JobSignals } from '../queues/job-signals.js';
import type { QueueEntries } from '../queues/queue-entries.js';
import { Doorbell } from '../realtime/doorbell.js';
import { EventLog } from '../realtime/event-log.js';
import { AccountErasure } from './account-erasure.js';
import { AccountProcessor } from './account.processor.js';
import { AccountRows } from './account-rows.js';
import { HOLDINGS } from './holdings.js';

/** The tables whose rows go with the account. */
const OWNED = HOLDINGS.filter(({ kept }) => !kept).map(({ table }) => table);

/** The request deletes five pieces, the job three. */
const EVENTS = 7 * PIECE_ROWS;

describe.each(inFull([false, true], [false]))('The deletion of an account (embedded database: %s)', (embedded) => {
  let open: OpenDatabase;
  let users: Users;
  let intake: JobIntake;
  let ledger: JobLedger;
  let deadLetters: DeadLetters;
  let erasure: AccountErasure;
  let processor: AccountProcessor;
  let revoked: string[];
  /** What happens in the transaction of a piece, from 1. */
  let inPiece: (tx: Transaction, piece: number) => unknown;
  let pieces: number;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    open = await openDatabase({ embedded });
    const { database } = open;
    const [observers, signals, config] = [new JobObservers(), new JobSignals(), parseConfig({})];
    const housekeeping = new Housekeeping(database);
    users = new Users(database, housekeeping);
    intake = new JobIntake(observers, signals);
    ledger = new JobLedger(database, observers, signals);
    deadLetters = new DeadLetters(database, observers, signals);
    const rows = new AccountRows(users, new AdminActions(database, housekeeping));
    const erasePiece = rows.erasePiece.bind(rows);
    rows.erasePiece = async (tx, userId) => {
      const erased = await erasePiece(tx, userId);
      await inPiece(tx, (pieces += 1));
      return erased;
    };
    // No provider, no queue and no cache are needed here.
    const revocation = {
      ofConnection: ({ platform }: HeldGrant) => Promise.resolve(revoked.push(platform) > 0),
    } as unknown as TokenRevocation;
    erasure = new AccountErasure(
      database,
      users,
      rows,
      new ConnectionRows(database, new EventLog(database, new Doorbell(), housekeeping, config)),
      { forget: () => Promise.resolve() } as unknown as PlatformStatus,
      revocation,
      intake,
      ledger,
      signals,
      { forget: () => Promise.resolve() } as unknown as QueueEntries,
    );
    observers.register('delete-account', erasure);
    processor = new AccountProcessor(
      new JobRunner(ledger, new Leases(open.machinery), database, observers, config),
      database,
      rows,
      erasure,
    );
  });
  afterAll(() => open.close());

  beforeEach(async () => {
    revoked = [];
    pieces = 0;
    inPiece = () => undefined;
    await query('DELETE FROM items');
    for (const table of OWNED) await query(`DELETE FROM ${table}`);
    await query('DELETE FROM users');
    await query('DELETE FROM deleted_accounts');
    await query(`INSERT INTO users (id) VALUES ('ana'), ('bo')`);
    await query(
      `INSERT INTO connections (user_id, platform, origin, status, access_token, connected_at)
       VALUES ('ana', 'spotify', 'sandbox', 'connected', 'sealed', now()), ('ana', 'github', 'sandbox', 'disconnected', NULL, now()),
         ('bo', 'spotify', 'sandbox', 'connected', 'sealed', now())`,
    );
    await query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       VALUES ('ana', 'spotify', 'play', 't1@1', 'artist:1', now(), 'user_act', '{}')`,
    );
    await query(`INSERT INTO population_members (user_id) VALUES ('ana')`);
    await plant('bo', 3);
  });

  const query = <Row>(sql: string, parameters: readonly unknown[] = []) => open.database.query<Row>(sql, parameters);
  /** Events, because they are planted fast. */
  const plant = (userId: string, count: number) =>
    query(
      `INSERT INTO events (user_id, seq, type, payload) SELECT $1, n, 'batch_completed', '{}' FROM generate_series(1, $2::int) AS n`,
      [userId, count],
    );
  const eventsOf = async (userId: string) =>
    (await query<{ count: number }>('SELECT count(*) AS count FROM events WHERE user_id = $1', [userId]))[0]?.count;
  /** The tables that hold something of a person. */
  const holders = async (userId: string) => {
    const found: string[] = [];
    for (const table of [...OWNED, 'users']) {
      const column = table === 'users' ? 'id' : 'user_id';
      const rows = await query(`SELECT FROM ${table} WHERE ${column} = $1`, [userId]);
      if (rows.length > 0) found.push(table);
    }
    return found;
  };
  const enqueue = (name: 'extract-platform' | 'build-signature', tx?: Transaction) => {
    const add = (within: Transaction) =>
      intake.enqueue(within, name, { userId: 'ana', platform: 'spotify' }, { trigger: 'manual' });
    return tx ? add(tx) : open.database.transaction(add);
  };
  /** Deletes ana's account as a request does, and resolves with the job. */
  const begin = async () => {
    const { jobId } = await erasure.erase('ana');
    if (jobId === undefined) throw new Error('There was nothing left for a job');
    return jobId;
  };
  const jobRow = async (jobId: string) => (await query<Job>('SELECT * FROM jobs WHERE id = $1', [jobId]))[0];
  /** Gives the job to a worker, whoever has it, and resolves with its row when the run has ended. */
  const run = async (jobId: string) => {
    const [row] = await query<{ dispatch: number }>(
      `UPDATE jobs SET status = 'waiting', dispatch = dispatch + 1, dispatched_at = now() WHERE id = $1 RETURNING dispatch`,
      [jobId],
    );
    const hint = { name: 'delete-account', data: { jobId, dispatch: row?.dispatch } };
    await processor.deleteAccount(hint as BullJob<'delete-account'>).catch(() => undefined);
    return jobRow(jobId);
  };
  const admission = (issuedAt: Date) =>
    users.admit({ userId: 'ana', premium: false, issuedAt }).then(
      () => 'admitted',
      (error: unknown) => (error as { code?: string }).code,
    );

  it('is done at once where there is little, in one transaction', async () => {
    await plant('ana', 10);
    await enqueue('extract-platform');
    const connections = [{ platform: 'spotify', revoked: true }];
    expect(await erasure.erase('ana')).toEqual({ connections, jobId: undefined });
    expect([pieces, revoked]).toEqual([1, ['spotify']]);
    expect(await holders('ana')).toEqual([]);
    expect(await holders('bo')).toEqual(['schedules', 'connections', 'events', 'users']);
    expect(await query('SELECT user_id FROM jobs')).toEqual([]);
  });

  it('is left to a job where there is much, which ends with the person and itself', async () => {
    await plant('ana', EVENTS);
    const jobId = await begin();
    expect([await eventsOf('ana'), revoked]).toEqual([2 * PIECE_ROWS + 2, ['spotify']]);
    expect(await holders('ana')).not.toContain('population_members');
    expect(await jobRow(jobId)).toMatchObject({ status: 'waiting', items: 0 });

    inPiece = async (tx, piece) => {
      if (piece !== 7) return;
      const [{ progress } = { progress: -1 }] = await tx.query<Job>('SELECT progress FROM jobs WHERE id = $1', [jobId]);
      expect(progress).toBe(98);
    };
    expect(await run(jobId)).toBeUndefined();
    expect(pieces).toBe(8);
    expect(await holders('ana')).toEqual([]);
    expect(await eventsOf('bo')).toBe(3);
  });

  it('closes the account at once: to tokens from before, to new ones until its end, and to new jobs', async () => {
    await plant('ana', EVENTS);
    const before = new Date(Date.now() - 1_000);
    await enqueue('extract-platform');
    const jobId = await begin();
    const after = new Date(Date.now() + 1_000);
    expect([await admission(before), await admission(after)]).toEqual(['ACCOUNT_DELETED', 'ERASURE_RUNNING']);
    expect(await users.admitToWatch({ userId: 'ana', premium: false, issuedAt: before })).toBe(true);
    await expect(enqueue('extract-platform')).rejects.toMatchObject({ code: 'ACCOUNT_DELETED' });
    await expect(enqueue('build-signature')).rejects.toMatchObject({ code: 'ACCOUNT_DELETED' });
    await expect(erasure.erase('ana')).rejects.toMatchObject({ code: 'ACCOUNT_DELETED' });
    expect(await query<Job>('SELECT name FROM jobs')).toEqual([{ name: 'delete-account' }]);

    await run(jobId);
    expect([await admission(before), await admission(after)]).toEqual(['ACCOUNT_DELETED', 'admitted']);
    await expect(users.admitToWatch({ userId: 'ana', premium: false, issuedAt: before })).rejects.toMatchObject({
      code: 'ACCOUNT_DELETED',
    });
    expect(await holders('ana')).toEqual(['users']);
  });

  it('is the end of the token that asks for it, although the clock of its issuer is ahead', async () => {
    const issuedAt = new Date(Date.now() + 20_000);
    await erasure.erase('ana', issuedAt);
    expect(await admission(issuedAt)).toBe('ACCOUNT_DELETED');
    expect(await admission(new Date(issuedAt.getTime() + 1_000))).toBe('admitted');
  });

  it('goes on where a run ended that failed in the midst of a piece, or was taken for dead', async () => {
    await plant('ana', EVENTS);
    const jobId = await begin();
    inPiece = (_, piece) => {
      if (piece === 7) throw new Error('on purpose');
    };
    expect(await run(jobId)).toMatchObject({ status: 'waiting', items: PIECE_ROWS, attempts_made: 1 });
    inPiece = (tx, piece) =>
      piece === 8 && tx.query(`UPDATE jobs SET status = 'waiting', claim = claim + 1 WHERE id = $1`, [jobId]);
    expect(await run(jobId)).toMatchObject({ status: 'waiting', items: 2 * PIECE_ROWS });
    expect(await eventsOf('ana')).toBe(2);
    expect(await run(jobId)).toBeUndefined();
    expect(await holders('ana')).toEqual([]);
  });

  it('deletes with its last transaction what came after its last piece', async () => {
    await plant('ana', EVENTS);
    const jobId = await begin();
    inPiece = (tx, piece) =>
      piece === 8 && tx.query(`INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES ('ana', 'late', '')`);
    expect(await run(jobId)).toBeUndefined();
    expect(await holders('ana')).toEqual([]);
  });

  it('begins with a job of its own, should the process die right after closing the account', async () => {
    await plant('ana', 10);
    await enqueue('extract-platform');
    inPiece = () => {
      throw new Error('on purpose');
    };
    await expect(erasure.erase('ana')).rejects.toThrow('on purpose');
    expect(await holders('ana')).toContain('connections');
    inPiece = () => undefined;
    const [job] = await query<Job>(`SELECT id FROM jobs WHERE name = 'delete-account'`);
    expect(await run(job?.id ?? '')).toBeUndefined();
    expect(await holders('ana')).toEqual([]);
    expect(revoked).toEqual(['spotify']);
  });

  it('can be retried when it has failed for good, and stays hidden until then', async () => {
    await plant('ana', EVENTS);
    const jobId = await begin();
    await query(`UPDATE jobs SET status = 'failed', finished_at = now() WHERE id = $1`, [jobId]);
    await erasure.resume();
    expect(await query('SELECT id FROM jobs')).toEqual([{ id: jobId }]);
    expect(await admission(new Date(Date.now() + 1_000))).toBe('ERASURE_RUNNING');
    expect(await deadLetters.retry(jobId)).toBeUndefined();
    expect(await run(jobId)).toBeUndefined();
    expect(await holders('ana')).toEqual([]);
  });

  it.each(['cancelled', 'discarded'])('is begun anew when its job was %s', async (how) => {
    await plant('ana', EVENTS);
    const jobId = await begin();
    if (how === 'cancelled') await open.database.transaction((tx) => ledger.cancel(tx, jobId));
    else await query('DELETE FROM jobs WHERE id = $1', [jobId]);
    await erasure.resume();
    await erasure.resume();
    const jobs = await query<Job>(`SELECT id FROM jobs WHERE status = 'waiting'`);
    expect(jobs).toHaveLength(1);
    expect(await run(jobs[0]?.id ?? '')).toBeUndefined();
    expect(await holders('ana')).toEqual([]);
  });

  // The embedded database has one connection, so there nothing happens at the same time.
  if (embedded) return;
  describe('beside other transactions', () => {
    /** A transaction that has done its work and commits only when it is let go. */
    const held = async (work: (tx: Transaction) => Promise<unknown>) => {
      let commit: () => void = () => undefined;
      let ended: Promise<void> | undefined;
      await new Promise<void>((begun, failed) => {
        ended = open.database.transaction(async (tx) => {
          await work(tx);
          const released = new Promise<void>((release) => (commit = release));
          begun();
          await released;
        });
        ended.catch(failed);
      });
      return () => {
        commit();
        return ended;
      };
    };
    const somebodyWaits = () =>
      until('somebody to wait for a lock', async () => {
        const rows = await query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return rows.length > 0;
      });

    it('waits for a job that is being added, and deletes it', async () => {
      const commit = await held((tx) => enqueue('extract-platform', tx));
      const erased = erasure.erase('ana');
      await somebodyWaits();
      await commit();
      expect(await erased).toMatchObject({ jobId: undefined });
      expect(await holders('ana')).toEqual([]);
      expect(await query('SELECT FROM jobs')).toEqual([]);
    });

    it('spares an account that was begun under the same name while its request was frozen', async () => {
      await plant('ana', 10);
      let thaw: () => void = () => undefined;
      const frozen = new Promise<void>((resolve) => (thaw = resolve));
      const lock = ledger.lockUnfinished.bind(ledger);
      jest.spyOn(ledger, 'lockUnfinished').mockImplementationOnce(async (...of) => {
        await frozen;
        return lock(...of);
      });
      const erased = erasure.erase('ana');
      const job = await until('the account to be closed', async () => {
        return (await query<Job>(`SELECT id FROM jobs WHERE name = 'delete-account'`))[0];
      });
      expect(await run(job.id)).toBeUndefined();
      await query(`INSERT INTO users (id) VALUES ('ana')`);
      await plant('ana', 3);
      await enqueue('extract-platform');
      thaw();
      expect(await erased).toEqual({ connections: [], jobId: job.id });
      expect(await holders('ana')).toEqual(['jobs', 'events', 'users']);
    });

    it('goes on piece by piece when others have changed a row of one', async () => {
      await plant('ana', 3 * PIECE_ROWS);
      const commit = await held((tx) => tx.query(`UPDATE events SET type = 'x' WHERE user_id = 'ana' AND seq = 1`));
      const erased = erasure.erase('ana');
      await somebodyWaits();
      await commit();
      expect(await erased).toMatchObject({ jobId: undefined });
      expect(pieces).toBe(4);
      expect(await holders('ana')).toEqual([]);
    });

    it('lets nothing be added by whoever came while the account was being closed', async () => {
      const commit = await held(async (tx) => {
        await users.lockToErase(tx, 'ana');
        await users.beginErasure(tx, 'ana');
      });
      const late = enqueue('extract-platform').catch((error: unknown) => (error as { code?: string }).code);
      await somebodyWaits();
      await commit();
      expect(await late).toBe('ACCOUNT_DELETED');
      expect(await query('SELECT FROM jobs')).toEqual([]);
    });
  });
});
