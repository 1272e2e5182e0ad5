import { Injectable } from '@nestjs/common';
import { MachineryDatabase } from '../database/database.js';
import { LEASE_MS } from './claim-fence.js';
import { JobSignals } from './job-signals.js';
import { QUEUE_NAMES, type QueueName } from './jobs.js';
import { LANES, LINE, WAITS } from './lines.js';

/** A smaller step of the clock is waited out. */
const STEP = `interval '1 minute'`;

/** How many rows are repaired at once. */
const MOST = 1_000;

/** A waiting job cannot have been added or claimed in the future, so its times are from before a step of the clock. */
const STEPPED = `status = 'waiting' AND greatest(created_at, claimed_at) > now() + ${STEP}`;

/**
 * Repairs what a step back of the database's clock leaves behind: waiting jobs that would be due only after the step has
 * passed again, lines that would be closed and leases of dead processes that would hold as long. A living run corrects its
 * lease when it renews it. A look costs what is put off by more than such a step, however much waits.
 */
@Injectable()
export class ClockRepair {
  constructor(
    private readonly database: MachineryDatabase,
    private readonly signals: JobSignals,
  ) {}

  /** @returns whether there may be more to repair */
  async followClock(): Promise<boolean> {
    await this.byIndex(CUT_LEASES);
    await this.database.query(`DELETE FROM queue_lines WHERE closed_at > now() + ${STEP}`);
    let more = false;
    for (const queue of QUEUE_NAMES) {
      const moved = await this.byIndex(MOVE, queue);
      if (moved > 0) this.signals.wake(queue);
      more ||= moved === MOST;
    }
    return more;
  }

  /** Forces the indexes, because a plan from when the table was small would read all jobs. @returns how many rows changed */
  private async byIndex(sql: string, queue?: QueueName): Promise<number> {
    return this.database.transaction(async (tx) => {
      const [, rows] = await Promise.all([
        tx.query(`SELECT set_config('enable_seqscan', 'off', true), set_config('enable_sort', 'off', true)`),
        tx.query(sql, queue ? [queue] : []),
      ]);
      return rows.length;
    });
  }
}

const AHEAD = `status = 'active' AND lease_until > now() + ${2 * LEASE_MS} * interval '1 ms'`;

const CUT_LEASES = `
  UPDATE jobs SET lease_until = now() + ${LEASE_MS} * interval '1 ms'
  WHERE id = ANY (ARRAY(SELECT id FROM jobs WHERE ${AHEAD} LIMIT ${MOST} FOR UPDATE SKIP LOCKED)) RETURNING id`;

/** Of queue $1. The times of a job from before the step are moved by as much as its newest one lies in the future. */
const MOVE = `
  WITH RECURSIVE ${LANES}, stepped AS (
    SELECT job.* FROM lanes, LATERAL (
      SELECT id, greatest(created_at, claimed_at) - now() AS ahead FROM jobs
      WHERE ${WAITS} AND ${LINE} = lanes.line AND priority = lanes.priority AND run_at > now() + ${STEP} AND ${STEPPED}
      ORDER BY run_at LIMIT ${MOST} FOR UPDATE SKIP LOCKED) AS job
    LIMIT ${MOST}
  )
  UPDATE jobs SET run_at = jobs.run_at - ahead, snoozed_until = jobs.snoozed_until - ahead, first_due_at = jobs.first_due_at - ahead, expires_at = jobs.expires_at - ahead,
    created_at = least(jobs.created_at, now()), claimed_at = least(jobs.claimed_at, now())
  FROM stepped WHERE jobs.id = stepped.id RETURNING jobs.id`;
