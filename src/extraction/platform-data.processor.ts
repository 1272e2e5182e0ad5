import { Process, Processor } from '@nestjs/bull';
import { PIECE_ROWS, PlatformDataErasers } from '../connectors/platform-data-erasers.js';
import { Database } from '../database/database.js';
import type { JobRun } from '../queues/job-run.js';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { JOBS, type JobResult } from '../queues/jobs.js';

type Deletion = JobRun<'delete-platform-data'>;

/** Runs the jobs that delete what was read of a platform. */
@Processor('platform-data')
export class PlatformDataProcessor {
  constructor(
    private readonly runner: JobRunner,
    private readonly database: Database,
    private readonly erasers: PlatformDataErasers,
  ) {}

  @Process({ name: 'delete-platform-data', concurrency: JOBS['delete-platform-data'].slots })
  deletePlatformData(job: BullJob<'delete-platform-data'>) {
    return this.runner.run(job, (run) => this.delete(run));
  }

  /** Deletes piece by piece. What is gone stays gone, so a run goes on where the one before ended, however that was. */
  private async delete(run: Deletion): Promise<JobResult<'delete-platform-data'>> {
    const { userId, platform } = run.job.data;
    const left = await this.database.transaction((tx) => this.erasers.count(tx, userId, platform));
    const all = run.items + left;
    for (let done = false; !done;) done = await this.deletePiece(run, all);
    return { items: run.items };
  }

  /** @returns whether nothing is left */
  private async deletePiece(run: Deletion, all: number): Promise<boolean> {
    const { userId, platform } = run.job.data;
    const deleted = run.items + PIECE_ROWS;
    const progress = Math.min(99, Math.floor((99 * deleted) / Math.max(1, all)));
    let piece = { rows: 0, done: false };
    await run.save({ checkpoint: { deleted }, progress, items: () => piece.rows, step: 'Deleting' }, async (tx) => {
      piece = await this.erasers.erasePiece(tx, userId, platform);
    });
    return piece.done;
  }
}
