import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { JobSignals } from './job-signals.js';
import { COLUMNS_WITH_STATE, JOB_STATE, statusOf, type JobState, type JobWithState } from './job-view.js';
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

  /** Those of these jobs that are still kept, by id. */
  async findAll(ids: readonly string[]): Promise<ReadonlyMap<string, JobWithState>> {
    const jobs = await this.database.query<JobWithState>(`SELECT ${COLUMNS_WITH_STATE} FROM jobs WHERE id = ANY ($1)`, [
      ids,
    ]);
    return new Map(jobs.map((job) => [job.id, job]));
  }

  /** Newest first. Reads no more than its page from an index, however many jobs are kept. */
  list({ userId, queue, platform, state, before }: JobFilter, limit: number): Promise<JobWithState[]> {
    const statuses = state === undefined ? ['waiting', 'active', ...FINISHED] : [statusOf(state)];
    const parameters = [statuses, queue ?? null, platform ?? null, before ?? null, limit];
    // A condition only where the stored status does not decide: PostgreSQL expects it to hold for few rows.
    const derived = state && statusOf(state) === 'waiting' ? `AND ${JOB_STATE} = '${state}'` : '';
    if (userId !== undefined) return this.database.query<JobWithState>(ofUser(derived), [...parameters, userId]);
    // A snapshot is planned for this page: for one of unknown size PostgreSQL would read and sort all dead letters.
    return this.database.snapshot((tx) => tx.query<JobWithState>(ofQueue(derived), parameters));
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

  /**
   * Seconds for which the oldest due job has waited and the oldest running one has run, by queue; 0 where there is none.
   * @param database whose connections are used
   */
  async oldest(database = this.database): Promise<{ queue: QueueName; waiting: number; active: number }[]> {
    const [, rows] = await database.snapshot((tx) =>
      Promise.all([
        // A plan from when the table was small would read or sort all that waits.
        tx.query(`SELECT set_config('enable_sort', 'off', true), set_config('enable_seqscan', 'off', true)`),
        tx.query<{ queue: QueueName; waiting: number; active: number }>(OLDEST, [QUEUE_NAMES]),
      ]),
    );
    return rows;
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

/** $2 queue, $3 platform, $4 the id before which the page begins; null stands for all. */
const FILTERS = `($2::text IS NULL OR queue = $2) AND ($3::text IS NULL OR platform = $3) AND ($4::uuid IS NULL OR id < $4)`;

/** $1 statuses, $5 limit, $6 user. */
const ofUser = (derived: string) =>
  `SELECT ${COLUMNS_WITH_STATE} FROM jobs
   WHERE user_id = $6 AND status = ANY($1) AND ${FILTERS} ${derived} ORDER BY id DESC LIMIT $5`;

/** $1 statuses, $5 limit. Each status is a range of the index by itself, in the order of the ids. */
const ofQueue = (derived: string) =>
  `SELECT ${COLUMNS_WITH_STATE} FROM unnest($1::text[]) AS wanted (status)
   CROSS JOIN LATERAL (
     SELECT * FROM jobs WHERE jobs.status = wanted.status AND ${FILTERS} ${derived} ORDER BY id DESC LIMIT $5) AS jobs
   ORDER BY jobs.id DESC LIMIT $5`;

/** $1 queues. What waits and what is in flight are in an index each. */
const OLDEST = `SELECT names.queue,
    greatest(0, extract(epoch FROM now() - least(ready.run_at, in_flight.run_at)))::float8 AS waiting,
    coalesce(extract(epoch FROM now() - in_flight.claimed_at), 0)::float8 AS active
  FROM unnest($1::text[]) AS names (queue)
  LEFT JOIN LATERAL (
    SELECT run_at FROM jobs WHERE queue = names.queue AND status = 'waiting' AND dispatched_at IS NULL
    ORDER BY run_at LIMIT 1) AS ready ON true
  CROSS JOIN LATERAL (
    SELECT min(run_at) FILTER (WHERE status = 'waiting') AS run_at, min(claimed_at) FILTER (WHERE status = 'active') AS claimed_at
    FROM jobs WHERE queue = names.queue AND (status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL))
  ) AS in_flight`;
