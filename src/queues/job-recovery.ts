import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { runsEnded } from '../metrics/metrics.js';
import { Job, JOB_COLUMNS } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';

/** After so many claims without an outcome since the last checkpoint a job fails as `POISON`. */
const POISON_CRASHES = 3;

/** Jobs of paused queues do not expire. */
const NOT_PAUSED = `NOT EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND paused_at IS NOT NULL)`;

/**
 * The job, if the condition still holds and its row is not locked: a worker that freezes in a transaction must not
 * block all dispatchers.
 */
const unlocked = (condition: string) =>
  `id = (SELECT id FROM jobs WHERE id = $1 AND ${condition} FOR UPDATE SKIP LOCKED)`;

/** Recovers jobs of dead processes, and expires jobs that were not started in time. */
@Injectable()
export class JobRecovery {
  constructor(
    private readonly database: Database,
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {}

  /** Takes jobs from workers that no longer renew their lease. They keep their place in the queue. */
  reclaimExpiredLeases(): Promise<void> {
    return this.reclaim('lease_until < now()');
  }

  /**
   * For the start of a deployment's only process: every active job belongs to a dead process and every hint is void, so
   * no lease has to run out first.
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
           error_code = 'EXPIRED', error_message = 'Not started in time'
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
           error_message = 'Processes that died while running it since its last checkpoint: ' || crashes + 1
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
   * One short transaction for each job, so that many of them do not block the database. The query is planned each time:
   * a plan made for a small table could read all finished jobs every second.
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
