import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { JobLedger } from './job-ledger.js';
import { JobCounts, type QueueCounts } from './job-counts.js';
import { JobQueries } from './job-queries.js';
import { COLUMNS_WITH_STATE, JOB_STATE, statusOf, type JobWithState } from './job-view.js';
import { JobSignals } from './job-signals.js';
import type { QueueName } from './jobs.js';

/** Half of the connections that requests have in a process that also runs jobs. */
const CANCELS_AT_ONCE = 2;

/** A change that the ledger refuses; the board shows its message. */
export class RefusedOrder extends Error {
  override readonly name = 'RefusedOrder';

  constructor(
    /** The status of the board's answer. */
    readonly statusCode: 405 | 409,
    message: string,
  ) {
    super(message);
  }
}

/** What an operator sees and does on the dashboard, as operations on rows. */
@Injectable()
export class JobBoard {
  constructor(
    private readonly database: Database,
    private readonly queries: JobQueries,
    private readonly allCounts: JobCounts,
    private readonly ledger: JobLedger,
    private readonly signals: JobSignals,
  ) {}

  async counts(queue: QueueName): Promise<QueueCounts> {
    return (await this.allCounts.read())[queue];
  }

  /** Waiting jobs in the order they will run, all others newest first. */
  page(queue: QueueName, states: readonly string[], offset: number, limit: number): Promise<JobWithState[]> {
    const order = states.every((state) => state === 'waiting' || state === 'paused')
      ? 'priority, run_at, id'
      : 'id DESC';
    // Each stored status by itself, because within one an index has the order.
    const statuses = [...new Set(states.map(statusOf))];
    const derived = statuses.includes('waiting');
    return this.database.snapshot((tx) =>
      tx.query<JobWithState>(
        `SELECT ${COLUMNS_WITH_STATE} FROM unnest($2::text[]) AS wanted (status)
         CROSS JOIN LATERAL (
           SELECT * FROM jobs WHERE queue = $1 AND jobs.status = wanted.status ${derived ? `AND ${JOB_STATE} = ANY($5)` : ''} ORDER BY ${order} LIMIT $3::int + $4::int) AS jobs
         ORDER BY ${order} OFFSET $3 LIMIT $4`,
        [queue, statuses, offset, limit, ...(derived ? [states] : [])],
      ),
    );
  }

  async find(queue: QueueName, id: string): Promise<JobWithState | undefined> {
    if (!/^[\da-f-]{36}$/i.test(id)) return undefined;
    const job = await this.queries.find(id);
    return job && job.queue === queue ? job : undefined;
  }

  /** The history of a job, one line for each event. */
  async history(queue: QueueName, id: string): Promise<string[]> {
    const job = await this.find(queue, id);
    if (!job) return [];
    const lines: [Date | null, string][] = [
      [job.createdAt, `queued (${job.trigger}) for ${job.userId} with priority ${job.priority}`],
      [job.startedAt, `first started; ${job.claim} claims, ${job.dispatch} dispatches so far`],
      [job.finishedAt, `${job.state} after ${job.attemptsMade} of ${job.maxAttempts} attempts, ${job.items} items`],
    ];
    const happened = lines.flatMap(([at, text]) => (at ? [`${at.toISOString()} ${text}`] : []));
    const actor = job.problem?.actor ?? 'nobody';
    const byWhom = actor === 'nobody' ? '' : ` (to be mended by the ${actor})`;
    const error = job.errorCode === null ? [] : [`last error: ${job.errorCode} ${job.errorMessage ?? ''}${byWhom}`];
    const next = job.status === 'waiting' ? [`next start at ${job.nextRunAt.toISOString()}`] : [];
    return [
      ...happened,
      ...error,
      ...job.warnings.map((warning) => `warning: ${warning.code} ${warning.message}`),
      ...next,
    ];
  }

  /** Deletes finished jobs that are older than the grace time, or cancels waiting ones. */
  async clean(queue: QueueName, state: string, graceMs: number): Promise<void> {
    if (state === 'active') throw new RefusedOrder(409, 'Running jobs cannot be cleaned; cancel them');
    // Also by the stored status, which has an index.
    const which = `queue = $1 AND status = $4 AND ${JOB_STATE} = $2 AND coalesce(finished_at, created_at) < now() - $3::float8 * interval '1 ms'`;
    const parameters = [queue, state, graceMs, statusOf(state)];
    if (state === 'completed' || state === 'failed') {
      await this.database.transaction((tx) => tx.query(`DELETE FROM jobs WHERE ${which}`, parameters), 'long');
      return;
    }
    const rows = await this.database.query<{ id: string }>(`SELECT id FROM jobs WHERE ${which}`, parameters);
    // One transaction for each job, because each appends an event; a few at once, because the operator waits.
    const ids = rows.values();
    const lane = async () => {
      for (const { id } of ids) await this.database.transaction((tx) => this.ledger.cancel(tx, id));
    };
    await Promise.all(Array.from({ length: CANCELS_AT_ONCE }, lane));
  }

  /** Deletes a finished job; a waiting one is cancelled and its row stays. */
  async remove(queue: QueueName, id: string): Promise<void> {
    const job = await this.find(queue, id);
    if (job?.status === 'waiting') await this.database.transaction((tx) => this.ledger.cancel(tx, id));
    else if (job?.status === 'active') throw new RefusedOrder(409, 'A running job cannot be removed; cancel it');
    else await this.database.query(`DELETE FROM jobs WHERE id = $1 AND status NOT IN ('waiting', 'active')`, [id]);
  }

  /** Makes delayed jobs due now, but not before the time that a provider asked for. */
  async promote(queue: QueueName, id: string | undefined): Promise<void> {
    await this.database.query(
      `UPDATE jobs SET run_at = greatest(now(), snoozed_until) WHERE queue = $1 AND status = 'waiting' AND run_at > now()
         AND ($2::uuid IS NULL OR id = $2)`,
      [queue, id ?? null],
    );
    this.signals.wake(queue);
  }
}
