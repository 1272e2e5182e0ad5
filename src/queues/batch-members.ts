import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';

/** Which jobs belong to a batch. */
@Injectable()
export class BatchMembers {
  /** Makes existing jobs members of a batch, in the transaction that creates it. */
  async adopt(tx: Transaction, jobIds: readonly string[], batchId: string): Promise<void> {
    if (jobIds.length > 0) await tx.query('UPDATE jobs SET batch_id = $2 WHERE id = ANY($1)', [jobIds, batchId]);
  }
}
