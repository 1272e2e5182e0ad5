import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../database/database.js';
import type { Expiry } from '../database/housekeeping.js';
import { BatchMembers } from '../queues/batch-members.js';
import type { JobProblem } from '../queues/errors.js';
import { isJob } from '../queues/job.entity.js';
import { JobIntake, type Enqueued } from '../queues/job-intake.js';
import { PRIORITY } from '../queues/jobs.js';
import { EventLog } from '../realtime/event-log.js';

/** A batch as its person sees it. */
export interface BatchView {
  readonly batchId: string;
  /** The number of members by status of their job. */
  readonly counts: Readonly<Record<string, number>>;
  readonly failed: readonly {
    readonly jobId: string;
    readonly platform: string;
    readonly code: string | null;
    readonly message: string | null;
    readonly problem: JobProblem | null;
  }[];
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
  /** The version of the signature that was built at its end; null until then. */
  readonly signatureVersion: number | null;
}

/** The batches to delete: they are kept as long as their jobs. */
export function batchExpiry(days: number): Expiry {
  return { table: 'batches', old: `finished_at < now() - interval '${days} days'` };
}

/** Extractions of all of a user's platforms that end in one signature. */
@Injectable()
export class Batches {
  constructor(
    private readonly database: Database,
    private readonly intake: JobIntake,
    private readonly members: BatchMembers,
    private readonly events: EventLog,
  ) {}

  /** Starts a batch over these platforms, or returns the user's unfinished one. Single unfinished jobs join the batch. */
  async start(userId: string, platforms: readonly string[]): Promise<{ batchId: string; jobIds: string[] }> {
    return this.database.transaction(async (tx) => {
      const [created] = await tx.query<{ id: string }>(
        `INSERT INTO batches (id, user_id, open) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) WHERE finished_at IS NULL DO NOTHING RETURNING id`,
        [uuidv7(), userId, platforms.length],
      );
      if (!created) return this.unfinished(tx, userId);
      const options = { trigger: 'batch', priority: PRIORITY.last, batchId: created.id } as const;
      const wishes = platforms.map((platform) => ({ userId, platform }));
      const members = await this.intake.enqueueMany(tx, 'extract-platform', wishes, options);
      await this.adopt(tx, members, created.id);
      const jobIds = members.map(({ job }) => job.id);
      return { batchId: created.id, jobIds };
    });
  }

  /** Counts a member that has ended, in the transaction of its end. The last one queues the signature. */
  async memberEnded(tx: Transaction, userId: string, batchId: string): Promise<void> {
    const [batch] = await tx.query<{ open: number }>(
      `UPDATE batches SET open = open - 1, finished_at = CASE WHEN open = 1 THEN now() END
       WHERE id = $1 AND finished_at IS NULL RETURNING open`,
      [batchId],
    );
    if (batch?.open !== 0) return;
    const options = { trigger: 'batch', batchId } as const;
    const build = await this.intake.enqueueUnlessErased(tx, 'build-signature', { userId }, options);
    if (build) await this.adopt(tx, [build], batchId);
    this.events.append(tx, userId, 'batch_completed', { batchId });
  }

  /** Undefined for an unknown id and for another user's batch. */
  async find(userId: string, batchId: string): Promise<BatchView | undefined> {
    const [batch] = await this.database.query<{ createdAt: Date; finishedAt: Date | null }>(
      'SELECT created_at AS "createdAt", finished_at AS "finishedAt" FROM batches WHERE id = $1 AND user_id = $2',
      [batchId, userId],
    );
    if (!batch) return undefined;
    const jobs = await this.members.of(batchId);
    const members = jobs.filter((job) => isJob('extract-platform', job));
    const counts: Record<string, number> = {};
    for (const { status } of members) counts[status] = (counts[status] ?? 0) + 1;
    const builds = jobs.filter((job) => isJob('build-signature', job));
    return {
      batchId,
      counts,
      failed: members
        .filter((job) => job.status === 'failed')
        .map((job) => ({
          jobId: job.id,
          platform: job.data.platform,
          code: job.errorCode,
          message: job.errorMessage,
          problem: job.problem,
        })),
      ...batch,
      signatureVersion: builds.find(({ result }) => result)?.result?.version ?? null,
    };
  }

  /** Jobs that existed already join the batch; new ones were inserted with its id. */
  private async adopt(tx: Transaction, jobs: readonly Enqueued[], batchId: string): Promise<void> {
    const ids = jobs.filter(({ created }) => !created).map(({ job }) => job.id);
    await this.members.adopt(tx, ids, batchId);
  }

  private async unfinished(tx: Transaction, userId: string): Promise<{ batchId: string; jobIds: string[] }> {
    const rows = await tx.query<{ batchId: string; jobId: string }>(
      `SELECT batches.id AS "batchId", jobs.id AS "jobId" FROM batches JOIN jobs ON jobs.batch_id = batches.id
       WHERE batches.user_id = $1 AND batches.finished_at IS NULL AND jobs.name = 'extract-platform' ORDER BY jobs.id`,
      [userId],
    );
    const [first] = rows;
    if (!first) throw new Error(`User ${userId} has an unfinished batch without members`);
    return { batchId: first.batchId, jobIds: rows.map((row) => row.jobId) };
  }
}
