import type { JobName } from './jobs.js';

/** What a queue delivers: a hint at a row, with fields for operators to read. Workers use only the row. */
export interface QueuedJob {
  readonly jobId: string;
  readonly dispatch: number;
  readonly userId: string;
  readonly platform: string | null;
}

/** A job that was chosen to run now. */
export type DispatchedJob = QueuedJob & { readonly name: JobName; readonly priority: number; readonly runAt: Date };
