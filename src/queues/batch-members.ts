import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { JOB_COLUMNS, type Job } from './job.entity.js';

/** Which jobs belong to a batch. */
@Injectable()
export class BatchMembers {
  constructor(private readonly database: Database) {}

  /** The oldest first. */
  of(batchId: string): Promise<Job[]> {
    return this.database.query<Job>(`SELECT ${JOB_COLUMNS} FROM jobs WHERE batch_id = $1 ORDER BY id`, [batchId]);
  }

  /** Makes existing jobs members of a batch, in the transaction that creates it. */
  async adopt(tx: Transaction, jobIds: readonly string[], batchId: string): Promise<void> {
    if (jobIds.length > 0) await tx.query('UPDATE jobs SET batch_id = $2 WHERE id = ANY($1)', [jobIds, batchId]);
  }
}
