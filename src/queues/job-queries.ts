import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { JobSignals } from './job-signals.js';
import { COLUMNS_WITH_STATE, JOB_STATE, type JobState, type JobWithState } from './job-view.js';
import { definitionOf, QUEUE_NAMES, type JobData, type JobName, type QueueName } from './jobs.js';

const FINISHED: readonly string[] = ['completed', 'failed', 'cancelled', 'expired'] satisfies JobState[];

/** Filters of a list of jobs; all of them must hold. */
export interface JobFilter {
  readonly userId?: string | undefined;
  readonly queue?: QueueName;
  readonly platform?: string | undefined;
  readonly state?: JobState | undefined;
  /** Rows older than this id. */
  readonly before?: string | undefined;
}

export type QueueCounts = Record<'waiting' | 'active' | 'completed' | 'failed' | 'delayed' | 'paused', number>;

/** Reads jobs from the ledger. */
@Injectable()
export class JobQueries {
  constructor(
    private readonly database: Database,
    private readonly signals: JobSignals,
  ) {}

  async find(id: string): Promise<JobWithState | undefined> {
    const [job] = await this.database.query<JobWithState>(`SELECT ${COLUMNS_WITH_STATE} FROM jobs WHERE id = $1`, [id]);
    return job;
  }

  /** Newest first. */
  list({ userId, queue, platform, state, before }: JobFilter, limit: number): Promise<JobWithState[]> {
    return this.database.query<JobWithState>(
      `SELECT ${COLUMNS_WITH_STATE} FROM jobs
       WHERE ($1::text IS NULL OR queue = $1) AND ($2::text IS NULL OR user_id = $2) AND ($3::text IS NULL OR platform = $3)
         AND ($4::text IS NULL OR ${JOB_STATE} = $4) AND ($5::uuid IS NULL OR id < $5)
       ORDER BY id DESC LIMIT $6`,
      [queue ?? null, userId ?? null, platform ?? null, state ?? null, before ?? null, limit],
    );
  }

  /** How long ago the unfinished job with these data was added, in milliseconds; undefined where there is none. */
  async ageOfUnfinished<Name extends JobName>(name: Name, data: JobData<Name>): Promise<number | undefined> {
    const [job] = await this.database.query<{ ageMs: number }>(
      `SELECT extract(epoch FROM now() - created_at)::float8 * 1000 AS "ageMs" FROM jobs
       WHERE name = $1 AND unique_key = $2 AND status IN ('waiting', 'active')`,
      [name, definitionOf(name).unique.key(data)],
    );
    return job?.ageMs;
  }

  /** How many jobs of each queue are in each state. */
  async counts(): Promise<Record<QueueName, QueueCounts>> {
    const rows = await this.database.query<{ queue: QueueName; state: JobState; count: number }>(
      `SELECT queue, ${JOB_STATE} AS state, count(*) AS count FROM jobs GROUP BY 1, 2`,
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

  /** Seconds for which the oldest due job has waited and the oldest running one has run, by queue; 0 where there is none. */
  oldest(): Promise<{ queue: QueueName; waiting: number; active: number }[]> {
    return this.database.query(
      `SELECT names.queue,
         coalesce(extract(epoch FROM now() - min(jobs.run_at) FILTER (WHERE jobs.status = 'waiting' AND jobs.run_at <= now())), 0)::float8 AS waiting,
         coalesce(extract(epoch FROM now() - min(jobs.claimed_at) FILTER (WHERE jobs.status = 'active')), 0)::float8 AS active
       FROM unnest($1::text[]) AS names (queue)
       LEFT JOIN jobs ON jobs.queue = names.queue AND jobs.status IN ('waiting', 'active')
       GROUP BY names.queue`,
      [QUEUE_NAMES],
    );
  }

  /**
   * Waits for a job to end, for at most `waitMs`. Without Redis jobs run in this process, so a request can answer with
   * the ended job instead of asking the caller to poll.
   * @returns the ended job; undefined when the time ran out first
   */
  async settled(jobId: string, waitMs: number): Promise<JobWithState | undefined> {
    let timer: NodeJS.Timeout | undefined;
    let stopListening: (() => void) | undefined;
    const settling = new Promise<void>((resolve) => {
      stopListening = this.signals.onSettled(jobId, resolve);
      timer = setTimeout(resolve, waitMs);
    });
    try {
      // It may have ended before the listener was added.
      if (!FINISHED.includes((await this.find(jobId))?.status ?? '')) await settling;
      const job = await this.find(jobId);
      return job && FINISHED.includes(job.status) ? job : undefined;
    } finally {
      clearTimeout(timer);
      stopListening?.();
    }
  }
}
