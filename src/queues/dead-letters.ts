import { Injectable } from '@nestjs/common';
import { sqlStateOf } from '../database/failures.js';
import { Database } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import { JOB_COLUMNS, type Job } from './job.entity.js';
import { JobObservers } from './job-observers.js';
import { JobSignals } from './job-signals.js';
import { definitionOf, type JobData, type JobName, type QueueName } from './jobs.js';

/** How many dead letters are read at once. */
const PAGE = 500;

/** How many that were not retried are named in one answer. */
const MOST_NAMED = 1_000;

/** Behind the ids of all jobs. */
const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';

/** A choice of dead letters: some by id, or all of a queue. */
export type DeadLetterSelection = { readonly ids: readonly string[] } | { readonly all: true };

/** Why a job was not retried: there is a newer one with its unique key, or it is not (or no longer) a dead letter. */
export type NotRetried =
  | { readonly reason: 'superseded'; /** The newer job. */ readonly by: string | null }
  | { readonly reason: 'not_failed' };

/** Jobs that failed for good. They keep error, stack, attempts and checkpoint until they are retried or discarded. */
@Injectable()
export class DeadLetters {
  constructor(
    private readonly database: Database,
    private readonly observers: JobObservers,
    private readonly signals: JobSignals,
  ) {}

  /**
   * Retries a dead letter from its checkpoint, with all attempts. It leaves its batch, which has counted it as ended.
   * @returns undefined, or why it was not retried
   */
  async retry(id: string): Promise<NotRetried | undefined> {
    const [dead] = await this.database.query<Job>(
      `SELECT ${JOB_COLUMNS} FROM jobs WHERE id = $1 AND status = 'failed'`,
      [id],
    );
    if (!dead) return { reason: 'not_failed' };
    const key = definitionOf(dead.name).unique.key(dead.data);
    try {
      return await this.database.transaction(async (tx) => {
        const [job] = await tx.query<Job>(
          `UPDATE jobs SET status = 'waiting', unique_key = $2, trigger = 'retry', attempts_made = 0, crashes = 0, snoozes = 0, run_at = now(), first_due_at = now(), snoozed_until = NULL,
             finished_at = NULL, dispatched_at = NULL, batch_id = NULL
           WHERE id = $1 AND status = 'failed' RETURNING ${JOB_COLUMNS}`,
          [id, key],
        );
        if (!job) return { reason: 'not_failed' };
        await this.observers.transition(tx, job, { kind: 'queued' });
        tx.afterCommit(() => this.signals.wake(job.queue));
        return undefined;
      });
    } catch (error) {
      if (!isUniqueViolation(error)) throw error;
      const [newer] = await this.database.query<{ id: string }>(
        `SELECT id FROM jobs WHERE name = $1 AND unique_key = $2 AND status IN ('waiting', 'active')`,
        [dead.name, key],
      );
      return { reason: 'superseded', by: newer?.id ?? null };
    }
  }

  /**
   * Retries many, newest first: of several with the same key the newest is retried and the others are superseded. Of those
   * that were not retried the first 1,000 are named; `moreSkipped` counts others.
   */
  async retryMany(
    queue: QueueName,
    selection: DeadLetterSelection,
  ): Promise<{ retried: number; skipped: (NotRetried & { id: string })[]; moreSkipped?: number }> {
    let retried = 0;
    let moreSkipped = 0;
    const skipped: (NotRetried & { id: string })[] = [];
    for await (const id of this.select(queue, selection)) {
      const notRetried = await this.retry(id);
      if (!notRetried) retried += 1;
      else if (skipped.length < MOST_NAMED) skipped.push({ id, ...notRetried });
      else moreSkipped += 1;
    }
    return { retried, skipped, ...(moreSkipped > 0 && { moreSkipped }) };
  }

  /**
   * Cancels the dead letters with these data, so that a late retry does not undo what happens from here on. No observer is
   * notified: the jobs had ended already.
   */
  async giveUp<Name extends JobName>(name: Name, data: JobData<Name>): Promise<void> {
    await this.database.query(
      `UPDATE jobs SET status = 'cancelled' WHERE queue = $1 AND status = 'failed' AND name = $2 AND user_id = $3 AND data = $4::jsonb`,
      [definitionOf(name).queue, name, data.userId, storableJson(data)],
    );
  }

  /** Deletes dead letters for good, page by page. @returns how many there were */
  async discard(queue: QueueName, selection: DeadLetterSelection): Promise<number> {
    let discarded = 0;
    for await (const ids of 'ids' in selection ? [selection.ids] : this.pages(queue)) {
      const rows = await this.database.query(
        `DELETE FROM jobs WHERE queue = $1 AND status = 'failed' AND id = ANY($2) RETURNING id`,
        [queue, ids],
      );
      discarded += rows.length;
    }
    return discarded;
  }

  /** The chosen ids, newest first. */
  private async *select(queue: QueueName, selection: DeadLetterSelection): AsyncGenerator<string> {
    if ('ids' in selection) {
      const others = await this.database.query<{ id: string }>(
        'SELECT id FROM jobs WHERE id = ANY($1) AND queue <> $2',
        [selection.ids, queue],
      );
      yield* [...new Set(selection.ids)]
        .filter((id) => !others.some((other) => other.id === id))
        .sort()
        .reverse();
      return;
    }
    for await (const ids of this.pages(queue)) yield* ids;
  }

  /** The ids of all of a queue, newest first; one that fails again meanwhile comes only once. */
  private async *pages(queue: QueueName): AsyncGenerator<string[]> {
    for (let before = LAST_ID, read = PAGE; read === PAGE;) {
      const page = await this.database.query<{ id: string }>(
        `SELECT id FROM jobs WHERE queue = $1 AND status = 'failed' AND id < $2 ORDER BY id DESC LIMIT ${PAGE}`,
        [queue, before],
      );
      read = page.length;
      before = page.at(-1)?.id ?? before;
      if (read > 0) yield page.map(({ id }) => id);
    }
  }
}

/** PostgreSQL's unique_violation, as the driver reports it. */
function isUniqueViolation(error: unknown): boolean {
  return sqlStateOf(error) === '23505';
}
