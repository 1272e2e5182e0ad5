import type { Database, Transaction } from '../database/database.js';
import { byPerson, FENCE, hasStatus, LEASE_UNTIL, SHARED_LIMITS } from './claim-fence.js';
import { Gatherer } from './gatherer.js';
import { JOB_COLUMNS, type Job } from './job.entity.js';
import type { JobObservers } from './job-observers.js';
import { definitionOf, JOB_NAMES, type JobName } from './jobs.js';
import { persisted } from './persisted.js';
import type { QueuedJob } from './queued-job.js';

type Hint = Pick<QueuedJob, 'jobId' | 'dispatch'> & { readonly name: JobName };

/** A claim, and the transaction that made it. */
interface Claimed {
  readonly job: Job;
  readonly transactionId: string;
}

/** A hint, and the claim by it of which is not known whether it is stored: the answer to a COMMIT can get lost. */
interface Asked {
  readonly hint: Hint;
  claimed?: Claimed | undefined;
}

type ClaimedRow = Job & { readonly transactionId: string };

/**
 * Claims dispatched jobs. Hints that arrive together share a transaction; a row that somebody has locked, or that its hint
 * does not match, is asked for alone.
 */
export class JobClaims {
  private readonly gatherer: Gatherer<Asked, Job | undefined>;

  constructor(
    private readonly database: Database,
    private readonly observers: JobObservers,
  ) {
    this.gatherer = new Gatherer(
      (asked) => this.claimTogether(asked),
      (asked) => this.claimAlone(asked),
    );
  }

  /** @returns undefined for a paused queue and for an old hint */
  claim(hint: Hint): Promise<Job | undefined> {
    return this.gatherer.ask({ hint });
  }

  private claimTogether(asked: readonly Asked[]): Promise<readonly (Job | undefined)[]> {
    const hints = asked.map(({ hint }) => hint);
    return this.database.transaction(async (tx) => {
      const columns = [
        hints.map(({ jobId }) => jobId),
        hints.map(({ dispatch }) => dispatch),
        hints.map(({ name }) => name),
      ];
      const [, rows] = await Promise.all([tx.query(SHARED_LIMITS), tx.query<ClaimedRow>(CLAIM_TOGETHER, columns)]);
      const claims = new Map(rows.map((row) => [`${row.id} ${row.dispatch} ${row.name}`, claimedOf(row)]));
      for (const each of asked) {
        const key = `${each.hint.jobId} ${each.hint.dispatch} ${each.hint.name}`;
        each.claimed = claims.get(key);
        claims.delete(key); // Two hints can be the same.
      }
      const jobs = asked.map(({ claimed }) => claimed?.job);
      for (const job of jobs.filter((each) => each !== undefined).sort(byPerson)) await this.started(tx, job);
      return jobs;
    }, 'vital');
  }

  private claimAlone(asked: Asked): Promise<Job | undefined> {
    return persisted(async () => {
      if (asked.claimed && (await this.isStored(asked.claimed))) return asked.claimed.job;
      return this.database.transaction(async (tx) => {
        const { jobId, dispatch, name } = asked.hint;
        const [row] = await tx.query<ClaimedRow>(CLAIM, [jobId, dispatch, name]);
        // A claim whose COMMIT was under way until now is stored by the time that its row is free.
        if (!row) return asked.claimed && (await this.isStored(asked.claimed, tx)) ? asked.claimed.job : undefined;
        asked.claimed = claimedOf(row);
        await this.started(tx, asked.claimed.job);
        return asked.claimed.job;
      });
    });
  }

  private started(tx: Transaction, job: Job): Promise<void> {
    return this.observers.transition(tx, job, { kind: 'started', attempt: job.attemptsMade + 1 });
  }

  /** Whether the claim's transaction was committed: then it is the last that wrote the row. */
  private async isStored(
    { job, transactionId }: Claimed,
    on: Pick<Transaction, 'query'> = this.database,
  ): Promise<boolean> {
    const rows = await on.query(`SELECT FROM jobs WHERE ${FENCE} AND xmin = $3::xid`, [
      job.id,
      job.claim,
      transactionId,
    ]);
    return rows.length > 0;
  }
}

function claimedOf({ transactionId, ...job }: ClaimedRow): Claimed {
  return { job, transactionId };
}

const UNIQUE_UNTIL_STARTED = JOB_NAMES.filter((name) => definitionOf(name).unique.until === 'started')
  .map((name) => `'${name}'`)
  .join();

const AS_CLAIMED = `SET status = 'active', claim = claim + 1, dispatched_at = NULL, snoozed_until = NULL,
    unique_key = CASE WHEN name NOT IN (${UNIQUE_UNTIL_STARTED}) THEN unique_key END,
    lease_until = ${LEASE_UNTIL}, claimed_at = now(), started_at = coalesce(started_at, now())`;

const IS_CLAIMABLE = `${hasStatus('waiting')} AND dispatched_at IS NOT NULL
    AND NOT EXISTS (SELECT FROM queues WHERE queues.name = jobs.queue AND paused_at IS NOT NULL)`;

const RETURNED = `RETURNING ${JOB_COLUMNS}, jobs.xmin::text AS "transactionId"`;

const CLAIM = `UPDATE jobs ${AS_CLAIMED} WHERE id = $1 AND dispatch = $2 AND name = $3 AND ${IS_CLAIMABLE} ${RETURNED}`;

/** $1 ids, $2 dispatches, $3 names. Each row is looked up by its id, whatever the plan (OFFSET 0). */
const CLAIM_TOGETHER = `
  WITH hints AS (
    SELECT * FROM unnest($1::uuid[], $2::int[], $3::text[]) AS hints (id, dispatch, name) ORDER BY id
  ), free AS (
    SELECT job.id FROM hints, LATERAL (
      SELECT id FROM jobs WHERE jobs.id = hints.id AND jobs.dispatch = hints.dispatch AND jobs.name = hints.name AND ${IS_CLAIMABLE}
      OFFSET 0 FOR NO KEY UPDATE SKIP LOCKED) AS job
  )
  UPDATE jobs ${AS_CLAIMED} WHERE id = ANY (ARRAY(SELECT id FROM free)) ${RETURNED}`;
