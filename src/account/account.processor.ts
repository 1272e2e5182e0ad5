import { Process, Processor } from '@nestjs/bull';
import { PIECE_ROWS } from '../connectors/platform-data-erasers.js';
import { Database } from '../database/database.js';
import type { JobRun } from '../queues/job-run.js';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { JOBS, type JobResult } from '../queues/jobs.js';
import { AccountErasure, type ErasedPiece } from './account-erasure.js';
import { AccountRows } from './account-rows.js';

type Deletion = JobRun<'delete-account'>;

/** Runs the jobs that delete accounts. */
@Processor('platform-data')
export class AccountProcessor {
  constructor(
    private readonly runner: JobRunner,
    private readonly database: Database,
    private readonly rows: AccountRows,
    private readonly erasure: AccountErasure,
  ) {}

  @Process({ name: 'delete-account', concurrency: JOBS['delete-account'].slots })
  deleteAccount(job: BullJob<'delete-account'>) {
    return this.runner.run(job, (run) => this.delete(run));
  }

  /** Deletes piece by piece. What is gone stays gone, so a run goes on where the one before ended, however that was. */
  private async delete(run: Deletion): Promise<JobResult<'delete-account'>> {
    const { userId } = run.job;
    const all = run.items + (await this.database.transaction((tx) => this.rows.count(tx, userId)));
    for (let done = false; !done;) {
      const piece = await this.deletePiece(run, all);
      if (piece.held.length + piece.ended.length > 0) await this.erasure.handBack(userId, piece, run.job.id);
      ({ done } = piece);
    }
    return { items: run.items };
  }

  private async deletePiece(run: Deletion, all: number): Promise<ErasedPiece> {
    const { userId } = run.job;
    const deleted = run.items + PIECE_ROWS;
    const progress = Math.min(99, Math.floor((99 * deleted) / Math.max(1, all)));
    let piece: ErasedPiece | undefined;
    const items = () => piece?.rows ?? 0;
    await run.save({ checkpoint: { deleted }, progress, items, step: 'Deleting' }, async (tx) => {
      piece = await this.erasure.erasePiece(tx, userId);
    });
    if (!piece) throw new Error('A piece was saved without being deleted');
    return piece;
  }
}
