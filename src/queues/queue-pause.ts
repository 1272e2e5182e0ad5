import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { JobSignals } from './job-signals.js';
import type { QueueName } from './jobs.js';

/** Pausing a queue is a row that dispatcher and claim obey, so there is one truth about it and it survives restarts. */
@Injectable()
export class QueuePause {
  constructor(
    private readonly database: Database,
    private readonly signals: JobSignals,
  ) {}

  /** Nothing of the queue starts from here on; what runs goes on. */
  async pause(queue: QueueName): Promise<void> {
    await this.database.query(
      `INSERT INTO queues (name, paused_at) VALUES ($1, now())
       ON CONFLICT (name) DO UPDATE SET paused_at = coalesce(queues.paused_at, now())`,
      [queue],
    );
  }

  async resume(queue: QueueName): Promise<void> {
    await this.database.query('UPDATE queues SET paused_at = NULL WHERE name = $1', [queue]);
    this.signals.wake();
  }
}
