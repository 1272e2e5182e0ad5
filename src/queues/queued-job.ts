import type { JobName } from './jobs.js';

/** What a queue carries: a hint at a row, plus what an operator wants to read. Workers believe only the row. */
export interface QueuedJob {
  readonly jobId: string;
  readonly dispatch: number;
  readonly userId: string;
  readonly platform: string | null;
}

/** A row that was chosen to run now. */
export type DispatchedJob = QueuedJob & { readonly name: JobName; readonly priority: number; readonly runAt: Date };
