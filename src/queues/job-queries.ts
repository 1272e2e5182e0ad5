import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { JOB_COLUMNS } from './job.entity.js';
import { JobSignals } from './job-signals.js';
import { JOB_STATE, QUEUE_OF_JOB, type JobState, type JobWithState } from './job-view.js';
import { JOB_NAMES, QUEUE_NAMES, type JobName, type QueueName } from './jobs.js';

const FINISHED: readonly string[] = ['completed', 'failed', 'cancelled', 'expired'] satisfies JobState[];

/** Filters of a list of jobs; all of them must hold. */
export interface JobFilter {
  readonly userId?: string | undefined;
  readonly names?: readonly JobName[];
  readonly platform?: string | undefined;
  readonly state?: JobState | undefined;
  /** Rows older than this id. */
  readonly before?: string | undefined;
}

export type QueueCounts = Record<'waiting' | 'active' | 'completed' | 'failed' | 'delayed' | 'paused', number>;

/** What the ledger knows, for reading. */
@Injectable()
export class JobQueries {
  constructor(
    private readonly database: Database,
    private readonly signals: JobSignals,
  ) {}

  async find(id: string): Promise<JobWithState | undefined> {
    const [job] = await this.database.query<JobWithState>(
      `SELECT ${JOB_COLUMNS}, ${JOB_STATE} AS state FROM jobs WHERE id = $1`,
      [id],
    );
    return job;
  }

  /** Newest first. */
  list({ userId, names = JOB_NAMES, platform, state, before }: JobFilter, limit: number): Promise<JobWithState[]> {
    return this.database.query<JobWithState>(
      `SELECT ${JOB_COLUMNS}, ${JOB_STATE} AS state FROM jobs
       WHERE name = ANY($1) AND ($2::text IS NULL OR user_id = $2) AND ($3::text IS NULL OR platform = $3)
         AND ($4::text IS NULL OR ${JOB_STATE} = $4) AND ($5::uuid IS NULL OR id < $5)
       ORDER BY id DESC LIMIT $6`,
      [names, userId ?? null, platform ?? null, state ?? null, before ?? null, limit],
    );
  }

  /** How many jobs of each queue are in each state. */
  async counts(): Promise<Record<QueueName, QueueCounts>> {
    const rows = await this.database.query<{ queue: QueueName; state: JobState; count: number }>(
      `SELECT ${QUEUE_OF_JOB} AS queue, ${JOB_STATE} AS state, count(*) AS count FROM jobs GROUP BY 1, 2`,
    );
    const countsOf = (queue: QueueName): QueueCounts => {
      const count = (state: JobState) => rows.find((row) => row.queue === queue && row.state === state)?.count ?? 0;
      return {
        waiting: count('waiting'),
        active: count('active'),
        completed: count('completed'),
        failed: count('failed'),
        delayed: count('delayed'),
        paused: count('paused'),
      };
    };
    // One entry for each queue name, so the record is complete.
    return Object.fromEntries(QUEUE_NAMES.map((queue) => [queue, countsOf(queue)])) as Record<QueueName, QueueCounts>;
  }

  /**
   * Waits until the job is over, for at most `waitMs`. Without Redis jobs run in this process, and a request that
   * caused one answers with its end instead of asking the caller to poll.
   * @returns the job when it is over, undefined when the time ran out first
   */
  async settled(jobId: string, waitMs: number): Promise<JobWithState | undefined> {
    let timer: NodeJS.Timeout | undefined;
    let stopListening: (() => void) | undefined;
    const settling = new Promise<void>((resolve) => {
      stopListening = this.signals.onSettled(jobId, resolve);
      timer = setTimeout(resolve, waitMs);
    });
    try {
      // It may have ended between its enqueueing and our listening.
      if (!FINISHED.includes((await this.find(jobId))?.status ?? '')) await settling;
      const job = await this.find(jobId);
      return job && FINISHED.includes(job.status) ? job : undefined;
    } finally {
      clearTimeout(timer);
      stopListening?.();
    }
  }
}
