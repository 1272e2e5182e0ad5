import { Injectable, Logger } from '@nestjs/common';
import { MachineryDatabase, type Transaction } from '../database/database.js';
import { TransientDatabaseError } from '../database/failures.js';
import { runsEnded } from '../metrics/metrics.js';
import { describeError, RATE_LIMITED } from './errors.js';
import { Job, JOB_COLUMNS } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { LINE, LINE_CLOSED, LINE_REASON, PROVIDER_WAIT } from './lines.js';
import { Turns } from './turns.js';

/** After so many claims without an outcome since the last checkpoint a job fails as `POISON`. */
const POISON_CRASHES = 3;

/** The next claim without an outcome makes it poison. */
export const LAST_CHANCE_CRASHES = POISON_CRASHES - 1;

/**
 * How long a lease must be seen to have run out before its job is taken away, in a row that nobody has locked. Behind a
 * lock no lease can be renewed; when it is released, a run that is alive needs a moment for that (`leases.ts`).
 */
export const CONFIRMED_MS = 1_500;

/** How many ids are read at once. */
const MOST = 1_000;

/** Before all overdue jobs. */
const FIRST = { at: '-infinity', id: '00000000-0000-0000-0000-000000000000' } as const;

const RUN_OUT = 'lease_until < now()';

/** Jobs of paused queues do not expire. */
const NOT_PAUSED = `NOT EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND paused_at IS NOT NULL)`;

/** How long what waits in a line has to start when the line has been closed and is open again. */
const TIME_TO_START = `interval '1 hour'`;

/** What was not started in time, or was told by a provider to wait and has waited for its day. */
const OVERDUE = `status = 'waiting' AND expires_at < now()
  AND (claim = 0 OR (snoozed_until IS NOT NULL AND error_code = '${RATE_LIMITED}' AND first_due_at < now() - ${PROVIDER_WAIT}))
  AND ${NOT_PAUSED}`;

/** The time for which its line is closed is not held against a job, up to a day. */
const HELD_UP = `claim = 0 AND first_due_at > now() - ${PROVIDER_WAIT} AND EXISTS (
  SELECT FROM queue_lines WHERE queue_lines.queue = jobs.queue AND line = ${LINE} AND closed_until > now() - ${TIME_TO_START})`;

/**
 * The job, if the condition still holds and its row is not locked: a worker that freezes in a transaction must not
 * block all dispatchers.
 */
const unlocked = (condition: string) =>
  `jobs.id = (SELECT id FROM jobs WHERE id = $1 AND ${condition} FOR UPDATE SKIP LOCKED)`;

/** Recovers jobs of dead processes, and expires jobs that were not started in time. */
@Injectable()
export class JobRecovery {
  private readonly logger = new Logger('Queue');
  /** The claims whose leases had run out at the last look, and since when, by `performance.now()`. */
  private runOut: ReadonlyMap<string, { readonly claim: number; readonly since: number }> = new Map();
  private readonly reclaims = new Turns(
    () => [...this.runOut.keys()].filter((id) => this.isConfirmed(id)),
    async (id) => this.isConfirmed(id) && this.reclaim(id, RUN_OUT),
  );
  /** The last of the overdue jobs that were read; the first when all have been. */
  private readTo: { readonly at: string; readonly id: string } = FIRST;
  private readonly ends = new Turns(
    () => this.overdue(),
    (id) =>
      this.alone(id, async (tx) => {
        if (!(await this.postpone(tx, id, OVERDUE))) await this.end(tx, id, OVERDUE);
      }),
  );

  constructor(
    private readonly database: MachineryDatabase,
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Takes jobs from workers that no longer renew their lease, as many as a turn allows. They keep their place in the queue.
   * @returns whether more are left
   */
  async reclaimExpiredLeases(): Promise<boolean> {
    const rows = await this.runOutNow();
    const now = performance.now();
    this.runOut = new Map(
      rows.map(({ id, claim }) => {
        const known = this.runOut.get(id);
        return [id, known?.claim === claim ? known : { claim, since: now }];
      }),
    );
    return this.reclaims.next();
  }

  /**
   * For the start of a deployment's only process: every active job belongs to a dead process and every hint is void, so
   * no lease has to run out first.
   */
  async reclaimAll(): Promise<void> {
    const active = await this.plannedEachTime<{ id: string }>(`SELECT id FROM jobs WHERE status = 'active'`);
    for (const { id } of active) await this.reclaim(id, 'true');
    await this.database.query(
      `UPDATE jobs SET dispatched_at = NULL WHERE status = 'waiting' AND dispatched_at IS NOT NULL`,
    );
  }

  /**
   * Ends jobs that were not started within their expiry, and those that have waited for a provider for a day, as many as a
   * turn allows.
   * @returns whether more are left
   */
  async expire(): Promise<boolean> {
    return (await this.ends.next()) || this.readTo !== FIRST;
  }

  /**
   * Does something with one job. What it needs may be locked by others, and what it causes may fail: that must hold up
   * neither other jobs nor the dispatcher, so it is left to the next sweep.
   */
  private async alone(id: string, act: (tx: Transaction) => Promise<void>): Promise<void> {
    try {
      await this.database.transaction(async (tx) => {
        await tx.query(`SELECT set_config('lock_timeout', '200ms', true)`);
        await act(tx);
      });
    } catch (error) {
      if (error instanceof TransientDatabaseError) throw error;
      this.logger.warn(`Job ${id} is left to the next sweep: ${describeError(error).message}`);
    }
  }

  /** Gives a job another expiry for the time for which its line was closed; false if it was not. */
  private async postpone(tx: Transaction, id: string, condition: string): Promise<boolean> {
    const [row] = await tx.query<Job & { closed: boolean }>(
      `UPDATE jobs SET expires_at = least(greatest(closed_until, now()) + ${TIME_TO_START}, first_due_at + ${PROVIDER_WAIT}),
         snoozed_until = closed_until, error_code = '${RATE_LIMITED}', error_message = ${LINE_REASON},
         problem = queue_lines.problem
       FROM queue_lines WHERE ${unlocked(`${condition} AND ${HELD_UP}`)} AND queue_lines.queue = jobs.queue AND line = ${LINE}
       RETURNING ${JOB_COLUMNS}, closed_until > now() AS closed`,
      [id],
    );
    if (!row) return false;
    const { closed, ...job } = row;
    const retryAt = job.snoozedUntil ?? job.runAt;
    if (closed) {
      await this.observers.transition(tx, job, {
        kind: 'delayed',
        code: RATE_LIMITED,
        reason: job.errorMessage ?? LINE_CLOSED,
        retryAt,
      });
    }
    return true;
  }

  private async end(tx: Transaction, id: string, condition: string): Promise<void> {
    const [row] = await tx.query<Job & { provider: boolean }>(
      `UPDATE jobs SET status = 'expired', claim = claim + 1, finished_at = now(), error_code = 'EXPIRED',
         error_message = CASE WHEN provider THEN 'The provider allowed no requests for a day' ELSE 'Not started in time' END
       FROM (SELECT coalesce(error_code = '${RATE_LIMITED}', false) AND (claim > 0 OR first_due_at <= now() - ${PROVIDER_WAIT}) AS provider
         FROM jobs WHERE id = $1) AS overdue
       WHERE ${unlocked(`${condition} AND NOT (${HELD_UP})`)} RETURNING ${JOB_COLUMNS}, provider`,
      [id],
    );
    if (!row) return;
    const { provider, ...job } = row;
    await this.observers.transition(tx, job, { kind: 'expired', reason: provider ? 'provider' : 'not_started' });
    tx.afterCommit(() => this.signals.settle(id));
  }

  private reclaim(id: string, which: string): Promise<void> {
    return this.alone(id, async (tx) => {
      const [job] = await tx.query<Job>(
        `UPDATE jobs SET claim = claim + 1, crashes = crashes + 1, lease_until = NULL, error_stack = NULL, problem = NULL,
           status = CASE WHEN crashes + 1 < ${POISON_CRASHES} THEN 'waiting' ELSE 'failed' END,
           finished_at = CASE WHEN crashes + 1 < ${POISON_CRASHES} THEN NULL ELSE now() END,
           error_code = CASE WHEN crashes + 1 < ${POISON_CRASHES} THEN 'CRASHED' ELSE 'POISON' END,
           error_message = 'Processes that died while running it since its last checkpoint: ' || crashes + 1
         WHERE ${unlocked(`status = 'active' AND ${which}`)} RETURNING ${JOB_COLUMNS}`,
        [id],
      );
      if (!job) return;
      if (job.status === 'waiting') {
        tx.afterCommit(() => this.signals.wake(job.queue));
        return;
      }
      const error = { code: 'POISON', message: job.errorMessage ?? '' };
      await this.observers.transition(tx, job, {
        kind: 'failed',
        error,
        attempt: job.attemptsMade + 1,
        willRetry: false,
      });
      tx.afterCommit(() => {
        runsEnded.inc({ job: job.name, outcome: 'fail' });
        this.signals.settle(id);
      });
    });
  }

  private isConfirmed(id: string): boolean {
    const since = this.runOut.get(id)?.since;
    return since !== undefined && performance.now() - since >= CONFIRMED_MS;
  }

  /** Claims whose leases have run out, in rows that nobody has locked. */
  private runOutNow(): Promise<{ id: string; claim: number }[]> {
    return this.plannedEachTime(
      `SELECT id, claim FROM jobs WHERE status = 'active' AND ${RUN_OUT} ORDER BY id LIMIT ${MOST} FOR SHARE SKIP LOCKED`,
    );
  }

  /** The overdue jobs that follow on those that were read last, so that some which cannot be ended hold up no others. */
  private async overdue(): Promise<string[]> {
    const rows = await this.plannedEachTime<{ id: string; at: string }>(
      `SELECT id, expires_at::text AS at FROM jobs WHERE ${OVERDUE} AND (expires_at, id) > ($1::timestamptz, $2::uuid)
       ORDER BY expires_at, id LIMIT ${MOST}`,
      [this.readTo.at, this.readTo.id],
    );
    this.readTo = (rows.length === MOST && rows.at(-1)) || FIRST;
    return rows.map(({ id }) => id);
  }

  /** A plan made for a small table could read all finished jobs every second. */
  private plannedEachTime<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return this.database.transaction(async (tx) => {
      const [, rows] = await Promise.all([
        tx.query(`SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`),
        tx.query<Row>(sql, parameters),
      ]);
      return rows;
    });
  }
}
