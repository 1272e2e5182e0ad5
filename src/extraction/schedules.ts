import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Cron } from 'croner';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database, type Transaction } from '../database/database.js';
import { findPlatform } from '../platforms/registry.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { PRIORITY } from '../queues/jobs.js';

/** Not everybody of a zone at the same second. */
const SPREAD_MS = 30 * 60_000;
/** Polls come a little earlier than they must, each by another bit. */
const POLL_SPREAD = 0.1;
const CHUNK = 100;

/** Due while there was no living connection. */
const MISSED = 'least(next_at, poll_at) < connections.connected_at';

interface Row {
  readonly userId: string;
  readonly platform: string;
  readonly zone: string;
}

interface DueRow extends Row {
  readonly full: boolean;
  readonly pollJob: string | null;
}

/**
 * The extractions that come by themselves: all of a connection once per turn of the cron pattern, in the zone of its
 * user, and what the provider soon forgets more often. Turns that were missed are made up for by one, and a run that is
 * unfinished stands for the one that would come. Only living connections are read, so a dead grant costs nothing; what
 * was missed before a reconnect is made up for by the extraction that every connect brings.
 */
@Injectable()
export class Schedules {
  constructor(
    private readonly database: Database,
    private readonly intake: JobIntake,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Plans what is not planned yet, and queues what is due at `now`. Any number of processes may do so at once.
   * @returns how many extractions were queued
   */
  async start(now: Date): Promise<number> {
    const pattern = this.config.extraction.schedule;
    if (pattern === null) return 0;
    await this.plan(now, pattern);
    let queued = 0;
    for (let taken = CHUNK; taken === CHUNK;) {
      const turn = await this.database.transaction((tx) => this.startDue(tx, now, pattern));
      taken = turn.taken;
      queued += turn.queued;
    }
    return queued;
  }

  /** Whether a run reads only what the provider soon forgets: a poll for which nobody has asked before it began. */
  async isPoll(job: Job): Promise<boolean> {
    const polls = await this.database.query('SELECT FROM schedules WHERE poll_job = $1', [job.id]);
    if (polls.length === 0 || job.trigger === 'schedule') return polls.length > 0;
    await this.database.query('UPDATE schedules SET poll_job = NULL WHERE poll_job = $1', [job.id]);
    return false;
  }

  /** Who asked while a poll was under way gets all that there is right after it. */
  async followWish(tx: Transaction, job: Job): Promise<void> {
    if (job.trigger === 'schedule') return;
    // The planner holds the row of a schedule before those of jobs, so it is not waited for.
    await tx.query(
      `UPDATE schedules SET poll_job = NULL, next_at = now() WHERE (user_id, platform) IN (
         SELECT user_id, platform FROM schedules WHERE poll_job = $1 FOR UPDATE SKIP LOCKED)`,
      [job.id],
    );
  }

  /** Whether a job is a poll whose user has a signature of the last day: polls build one a day. */
  async isPollOfADayWithSignature(tx: Transaction, job: Job): Promise<boolean> {
    if (job.trigger !== 'schedule') return false;
    const rows = await tx.query(
      `SELECT FROM schedules WHERE poll_job = $1 AND EXISTS (
         SELECT FROM jobs WHERE jobs.user_id = schedules.user_id AND name = 'build-signature'
           AND created_at > now() - interval '1 day')`,
      [job.id],
    );
    return rows.length > 0;
  }

  /** False where there is no connection. */
  async set(userId: string, platform: string, enabled: boolean): Promise<boolean> {
    const rows = await this.database.query(
      `INSERT INTO schedules (user_id, platform, enabled)
       SELECT user_id, platform, $3 FROM connections WHERE user_id = $1 AND platform = $2 AND status <> 'disconnected'
       ON CONFLICT (user_id, platform) DO UPDATE SET enabled = excluded.enabled, planned_by = NULL
       RETURNING platform`,
      [userId, platform, enabled],
    );
    return rows.length > 0;
  }

  private async plan(now: Date, pattern: string): Promise<void> {
    await this.database.query(
      `INSERT INTO schedules (user_id, platform)
       SELECT user_id, platform FROM connections
       WHERE status = 'connected' AND NOT EXISTS (
         SELECT FROM schedules WHERE schedules.user_id = connections.user_id AND schedules.platform = connections.platform)
       ON CONFLICT DO NOTHING`,
    );
    const rows = await this.database.query<Row>(
      `SELECT schedules.user_id AS "userId", schedules.platform, coalesce(users.time_zone, 'UTC') AS zone
       FROM schedules JOIN users ON users.id = schedules.user_id
         JOIN connections ON connections.user_id = schedules.user_id AND connections.platform = schedules.platform
       WHERE planned_by IS DISTINCT FROM coalesce(users.time_zone, 'UTC') || ' ' || $1
         OR ${MISSED}`,
      [pattern],
    );
    for (const row of rows) {
      await this.database.query(
        `UPDATE schedules SET next_at = $3, poll_at = $4, planned_by = $5 FROM connections
         WHERE schedules.user_id = $1 AND schedules.platform = $2
           AND connections.user_id = $1 AND connections.platform = $2 AND (planned_by IS DISTINCT FROM $5 OR ${MISSED})`,
        [row.userId, row.platform, nextTurn(row, now, pattern), nextPoll(row, now), `${row.zone} ${pattern}`],
      );
    }
  }

  private async startDue(tx: Transaction, now: Date, pattern: string): Promise<{ taken: number; queued: number }> {
    const rows = await tx.query<DueRow>(
      `SELECT schedules.user_id AS "userId", schedules.platform, coalesce(users.time_zone, 'UTC') AS zone,
         next_at <= $1 AS "full", poll_job AS "pollJob"
       FROM schedules JOIN users ON users.id = schedules.user_id
         JOIN connections ON connections.user_id = schedules.user_id AND connections.platform = schedules.platform
       WHERE least(next_at, poll_at) <= $1 AND enabled AND connections.status = 'connected'
       ORDER BY schedules.user_id, schedules.platform LIMIT ${CHUNK} FOR UPDATE OF schedules SKIP LOCKED`,
      [now],
    );
    let queued = 0;
    for (const row of rows) {
      const { userId, platform } = row;
      const { job, created } = await this.intake.enqueue(
        tx,
        'extract-platform',
        { userId, platform },
        { trigger: 'schedule', priority: PRIORITY.last },
      );
      if (created) queued += 1;
      // A whole extraction that meets a poll under way comes after it; one that meets a waiting poll takes its place.
      const meetsPoll = row.full && !created && job.id === row.pollJob;
      const later = meetsPoll && job.status === 'active';
      await tx.query(
        `UPDATE schedules SET next_at = CASE WHEN $3 THEN $4::timestamptz ELSE next_at END, poll_at = $5, poll_job = $6
         WHERE user_id = $1 AND platform = $2`,
        [
          userId,
          platform,
          row.full,
          later ? new Date(now.getTime() + 60_000) : nextTurn(row, now, pattern),
          nextPoll(row, now),
          row.full ? (later ? row.pollJob : null) : created ? job.id : row.pollJob,
        ],
      );
    }
    return { taken: rows.length, queued };
  }
}

/** The next turn whose own minute, spread over half an hour, is still ahead. */
function nextTurn(row: Row, now: Date, pattern: string): Date | null {
  const spreadMs = SPREAD_MS * share(row);
  const turn = new Cron(pattern, { timezone: row.zone }).nextRun(new Date(now.getTime() - spreadMs));
  return turn && new Date(turn.getTime() + spreadMs);
}

function nextPoll(row: Row, now: Date): Date | null {
  const polling = findPlatform(row.platform)?.polling;
  return polling ? new Date(now.getTime() + polling.everyMs * (1 - POLL_SPREAD * share(row))) : null;
}

/** From 0 to 1, always the same for a connection. */
function share({ userId, platform }: Row): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([userId, platform]))
      .digest()
      .readUInt32LE(0) /
    2 ** 32
  );
}
