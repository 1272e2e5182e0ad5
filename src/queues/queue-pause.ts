import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { JobSignals } from './job-signals.js';
import type { QueueName } from './jobs.js';

/** Done in the same transaction. */
type Along = (tx: Transaction) => Promise<void>;

const nothing: Along = () => Promise.resolve();

/** Pauses queues by a row that dispatcher and claim check, so a pause holds in all processes and survives restarts. */
@Injectable()
export class QueuePause {
  constructor(
    private readonly database: Database,
    private readonly signals: JobSignals,
  ) {}

  async isPaused(queue: QueueName): Promise<boolean> {
    return (
      (await this.database.query('SELECT FROM queues WHERE name = $1 AND paused_at IS NOT NULL', [queue])).length > 0
    );
  }

  /** No job of the queue starts any more; running ones continue. */
  async pause(queue: QueueName, along = nothing): Promise<void> {
    await this.database.transaction(async (tx) => {
      await tx.query(
        `INSERT INTO queues (name, paused_at) VALUES ($1, now())
         ON CONFLICT (name) DO UPDATE SET paused_at = coalesce(queues.paused_at, now())`,
        [queue],
      );
      await along(tx);
    });
  }

  /** The time of the pause does not count for the expiry of waiting jobs. */
  async resume(queue: QueueName, along = nothing): Promise<void> {
    const resume = `WITH resumed AS (
         UPDATE queues SET paused_at = NULL FROM (SELECT name, paused_at FROM queues WHERE name = $1 AND paused_at IS NOT NULL FOR UPDATE) AS before
         WHERE queues.name = before.name RETURNING before.paused_at
       )
       UPDATE jobs SET expires_at = expires_at + (now() - greatest(resumed.paused_at, created_at)),
         first_due_at = first_due_at + (now() - greatest(resumed.paused_at, created_at)) FROM resumed
       WHERE jobs.queue = $1 AND status = 'waiting' AND (claim = 0 OR snoozed_until IS NOT NULL) AND expires_at IS NOT NULL`;
    // It changes all that waits.
    await this.database.transaction(async (tx) => {
      await tx.query(resume, [queue]);
      await along(tx);
    }, 'long');
    this.signals.wake(queue);
  }
}
