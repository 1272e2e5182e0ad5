import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { runsEnded } from '../metrics/metrics.js';
import { Job, JOB_COLUMNS } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';

/** Claims without an outcome since the last checkpoint after which a job is taken for poison. */
const POISON_CRASHES = 3;

/** Time during which a queue stands still does not count. */
const NOT_PAUSED = `NOT EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND paused_at IS NOT NULL)`;

/**
 * The job, if the condition still holds and nobody has hold of it: a worker that froze in the middle of a transaction
 * must not make all dispatchers wait for it.
 */
const unlocked = (condition: string) =>
  `id = (SELECT id FROM jobs WHERE id = $1 AND ${condition} FOR UPDATE SKIP LOCKED)`;

/** Brings back what was lost with a process, and ends what came too late. */
@Injectable()
export class JobRecovery {
  constructor(
    private readonly database: Database,
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {}

  /** Takes jobs away from workers that no longer renew their lease. They keep their place in the order. */
  reclaimExpiredLeases(): Promise<void> {
    return this.reclaim('lease_until < now()');
  }

  /**
   * For a process that knows it is the only one: at its start every active job is an orphan, and every hint is void, so
   * nothing has to wait for a lease to run out.
   */
  async reclaimAll(): Promise<void> {
    await this.reclaim('true');
    await this.database.query(
      `UPDATE jobs SET dispatched_at = NULL WHERE status = 'waiting' AND dispatched_at IS NOT NULL`,
    );
  }

  /** Ends jobs that were not started within their expiry. */
  async expire(): Promise<void> {
    await this.each(
      `status = 'waiting' AND claim = 0 AND expires_at < now() AND ${NOT_PAUSED}`,
      async (tx, id, condition) => {
        const [job] = await tx.query<Job>(
          `UPDATE jobs SET status = 'expired', claim = claim + 1, finished_at = now(),
           error_code = 'EXPIRED', error_message = 'Not started within its time'
         WHERE ${unlocked(condition)} RETURNING ${JOB_COLUMNS}`,
          [id],
        );
        if (!job) return;
        await this.observers.transition(tx, job, { kind: 'expired' });
        tx.afterCommit(() => this.signals.settle(id));
      },
    );
  }

  private reclaim(which: string): Promise<void> {
    return this.each(`status = 'active' AND ${which}`, async (tx, id, condition) => {
      const [job] = await tx.query<Job>(
        `UPDATE jobs SET claim = claim + 1, crashes = crashes + 1, lease_until = NULL, error_stack = NULL,
           status = CASE WHEN crashes + 1 < ${POISON_CRASHES} THEN 'waiting' ELSE 'failed' END,
           finished_at = CASE WHEN crashes + 1 < ${POISON_CRASHES} THEN NULL ELSE now() END,
           error_code = CASE WHEN crashes + 1 < ${POISON_CRASHES} THEN 'CRASHED' ELSE 'POISON' END,
           error_message = 'Its process died while running it, for the ' || crashes + 1 || '. time since its last checkpoint'
         WHERE ${unlocked(condition)} RETURNING ${JOB_COLUMNS}`,
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

  /**
   * One short transaction a job, so that a great many of them never hold the database. What to look at is planned each
   * time: a plan from when there were few jobs may read all that have finished since, every second.
   */
  private async each(
    condition: string,
    act: (tx: Transaction, id: string, condition: string) => Promise<void>,
  ): Promise<void> {
    const rows = await this.database.snapshot((tx) =>
      tx.query<{ id: string }>(`SELECT id FROM jobs WHERE ${condition} ORDER BY id LIMIT 1000`),
    );
    for (const { id } of rows) await this.database.transaction((tx) => act(tx, id, condition));
  }
}
