import { Inject, Injectable } from '@nestjs/common';
import { BulkDatabase, type Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { SharedReading } from '../database/shared-reading.js';
import { QUEUE_NAMES, type QueueName } from './jobs.js';
import { LINE } from './lines.js';

/** So many rows of `job_counts` are quicker to add up than to put together. */
const MANY = 1_000;

/** How old the counts may be that anybody gets. */
const RECENT_MS = 3_000;

export type QueueCounts = Record<'waiting' | 'active' | 'completed' | 'failed' | 'delayed' | 'paused', number>;

interface Reading {
  readonly counts: Record<QueueName, QueueCounts>;
  /** How many rows of `job_counts` were added up. */
  readonly notes: number;
}

/**
 * How many jobs of each queue are in each state. Those that have ended are counted by triggers, so that nobody reads all
 * that are kept; the others are found through the indexes that hold only them.
 */
@Injectable()
export class JobCounts {
  private readonly newest = new SharedReading(() => this.readAll(), 0);
  private readonly shared = new SharedReading(() => this.read(), RECENT_MS);

  constructor(
    @Inject(BulkDatabase) private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.also(() => this.fold());
  }

  /** Who asks while the counts are being read gets the same answer. */
  async read(): Promise<Record<QueueName, QueueCounts>> {
    return (await this.newest.get()).counts;
  }

  /** Counts that are up to 3 s old, for those who may ask as often as they like. */
  recent(): Promise<Record<QueueName, QueueCounts>> {
    return this.shared.get();
  }

  private async readAll(): Promise<Reading> {
    const reading = await this.database.snapshot((tx) => this.readIn(tx));
    if (reading.notes > MANY) await this.fold();
    return reading;
  }

  private async readIn(tx: Transaction): Promise<Reading> {
    const [, ended, unfinished, heldUp, paused] = await Promise.all([
      // A plan from when the table was small would read all of it.
      tx.query(`SELECT set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`),
      tx.query<{ queue: QueueName; status: string; jobs: number; notes: number }>(
        'SELECT queue, status, sum(jobs)::bigint AS jobs, count(*) AS notes FROM job_counts GROUP BY 1, 2',
      ),
      tx.query<{ queue: QueueName; active: boolean; due: number; later: number }>(UNFINISHED),
      tx.query<{ queue: QueueName; jobs: number }>(HELD_UP),
      tx.query<{ name: QueueName }>('SELECT name FROM queues WHERE paused_at IS NOT NULL'),
    ]);
    const countsOf = (queue: QueueName): QueueCounts => {
      const endedAs = (status: string) => ended.find((row) => row.queue === queue && row.status === status)?.jobs ?? 0;
      const sum = (of: 'due' | 'later', active: boolean) =>
        unfinished
          .filter((row) => row.queue === queue && row.active === active)
          .reduce((total, row) => total + row[of], 0);
      const isPaused = paused.some(({ name }) => name === queue);
      const held = heldUp.find((row) => row.queue === queue)?.jobs ?? 0;
      const ready = sum('due', false) - held;
      return {
        waiting: isPaused ? 0 : ready,
        active: sum('due', true) + sum('later', true),
        completed: endedAs('completed'),
        failed: endedAs('failed'),
        delayed: sum('later', false) + held,
        paused: isPaused ? ready : 0,
      };
    };
    return {
      // One entry for each queue name, so the record is complete.
      counts: Object.fromEntries(QUEUE_NAMES.map((queue) => [queue, countsOf(queue)])) as Reading['counts'],
      notes: ended.reduce((total, { notes }) => total + notes, 0),
    };
  }

  /** Puts the rows of each queue and status together; what another process is putting together is left to it. */
  private async fold(): Promise<void> {
    const fold = `WITH notes AS (
         DELETE FROM job_counts WHERE ctid = ANY (ARRAY(SELECT ctid FROM job_counts FOR UPDATE SKIP LOCKED))
         RETURNING queue, status, jobs)
       INSERT INTO job_counts SELECT queue, status, sum(jobs) FROM notes GROUP BY 1, 2 HAVING sum(jobs) <> 0`;
    await this.database.transaction((tx) => tx.query(fold), 'long');
  }
}

/** Each half has the condition of a partial index: `jobs_due`, which has all its columns, and `jobs_in_flight`. */
const UNFINISHED = `
  SELECT queue, false AS active, count(*) FILTER (WHERE run_at <= now()) AS due, count(*) FILTER (WHERE run_at > now()) AS later
  FROM jobs WHERE status = 'waiting' AND dispatched_at IS NULL GROUP BY queue
  UNION ALL
  SELECT queue, status = 'active', count(*) FILTER (WHERE run_at <= now()), count(*) FILTER (WHERE run_at > now())
  FROM jobs WHERE status = 'active' OR (status = 'waiting' AND dispatched_at IS NOT NULL) GROUP BY 1, 2`;

/** Due jobs in closed lines, which are few: their states are `delayed`. */
const HELD_UP = `
  SELECT queue, sum(jobs)::int AS jobs FROM queue_lines, LATERAL (
    SELECT count(*) AS jobs FROM jobs WHERE jobs.queue = queue_lines.queue AND ${LINE} = line AND status = 'waiting'
      AND dispatched_at IS NULL AND run_at <= now()) AS due
  WHERE closed_until > now() GROUP BY queue`;
