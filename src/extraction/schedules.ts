import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { Cron } from 'croner';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database, type Transaction } from '../database/database.js';
import { isTimeZone } from '../auth/time-zone.js';
import { findPlatform, platforms } from '../platforms/registry.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { PRIORITY } from '../queues/jobs.js';

/** The extractions of a time zone are spread over this time after the cron pattern's, in another order each time. */
const SPREAD_MS = 30 * 60_000;
/** A poll comes earlier than its interval by up to this share, different for each connection. */
const POLL_SPREAD = 0.1;
const CHUNK = 100;

/** Schedules that were due while the platform was not connected. */
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
 * Scheduled extractions. Each connection is read as a whole at every time of the cron pattern, in its user's time zone,
 * and polled more often for what its provider keeps only briefly. Several missed times lead to one extraction, and none is
 * queued while one is unfinished. Only connected platforms that this version has are read; after a reconnect the extraction that every connect
 * queues takes the place of missed ones.
 */
@Injectable()
export class Schedules {
  private readonly logger = new Logger('Queue');

  constructor(
    private readonly database: Database,
    private readonly intake: JobIntake,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Plans new connections and queues what is due at `now`. Several processes may do so at the same time.
   * @returns how many extractions were queued
   */
  async start(now: Date): Promise<number> {
    const pattern = this.config.extraction.schedule;
    if (pattern === null) return 0;
    await this.plan(now, pattern);
    let queued = 0;
    for (let taken = CHUNK; taken === CHUNK;) {
      const started = await this.database.transaction((tx) => this.startDue(tx, now, pattern));
      taken = started.taken;
      queued += started.queued;
    }
    return queued;
  }

  /**
   * Whether a run polls, which means it reads only what the provider keeps briefly. A poll that somebody has requested
   * before it began becomes a whole extraction: its mark is removed here.
   */
  async beginAsPoll(job: Job): Promise<boolean> {
    const polls = await this.database.query('SELECT FROM schedules WHERE poll_job = $1', [job.id]);
    if (polls.length === 0 || job.trigger === 'schedule') return polls.length > 0;
    await this.database.query('UPDATE schedules SET poll_job = NULL WHERE poll_job = $1', [job.id]);
    return false;
  }

  /** Makes a whole extraction due at once when somebody has requested one during a poll. */
  async followRequest(tx: Transaction, job: Job): Promise<void> {
    if (job.trigger === 'schedule') return;
    // The planner locks schedules before jobs, and this transaction has locked its job: waiting could deadlock.
    await tx.query(
      `UPDATE schedules SET poll_job = NULL, next_at = now() WHERE (user_id, platform) IN (
         SELECT user_id, platform FROM schedules WHERE poll_job = $1 FOR UPDATE SKIP LOCKED)`,
      [job.id],
    );
  }

  /** Whether a signature is built after an extraction: after any but a poll, and after a poll if none was queued for a day. */
  async leadsToSignature(tx: Transaction, job: Job): Promise<boolean> {
    if (job.trigger !== 'schedule') return true;
    const rows = await tx.query(
      `SELECT FROM schedules WHERE poll_job = $1 AND EXISTS (
         SELECT FROM jobs WHERE jobs.user_id = schedules.user_id AND name = 'build-signature'
           AND created_at > now() - interval '1 day')`,
      [job.id],
    );
    return rows.length === 0;
  }

  /** Turns a schedule on or off. @returns false when the platform is not connected */
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
      if (!isTimeZone(row.zone)) {
        this.logger.warn(`${row.platform} of ${row.userId} is planned in UTC: there is no time zone ${row.zone}`);
      }
      await this.database.query(
        `UPDATE schedules SET next_at = $3, poll_at = $4, planned_by = $5 FROM connections
         WHERE schedules.user_id = $1 AND schedules.platform = $2
           AND connections.user_id = $1 AND connections.platform = $2 AND (planned_by IS DISTINCT FROM $5 OR ${MISSED})`,
        [row.userId, row.platform, nextTime(row, now, pattern), nextPoll(row, now), `${row.zone} ${pattern}`],
      );
    }
  }

  private async startDue(tx: Transaction, now: Date, pattern: string): Promise<{ taken: number; queued: number }> {
    const rows = await tx.query<DueRow>(
      `SELECT schedules.user_id AS "userId", schedules.platform, coalesce(users.time_zone, 'UTC') AS zone,
         next_at <= $1 AS "full", poll_job AS "pollJob"
       FROM schedules JOIN users ON users.id = schedules.user_id
         JOIN connections ON connections.user_id = schedules.user_id AND connections.platform = schedules.platform
       WHERE least(next_at, poll_at) <= $1 AND enabled AND connections.status = 'connected' AND schedules.platform = ANY($2)
       ORDER BY schedules.user_id, schedules.platform LIMIT ${CHUNK} FOR UPDATE OF schedules SKIP LOCKED`,
      [now, platforms.map(({ name }) => name)],
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
      // A whole extraction replaces a waiting poll, and comes a minute later when a poll is running.
      const meetsPoll = row.full && !created && job.id === row.pollJob;
      const later = meetsPoll && job.status === 'active';
      let { pollJob } = row;
      if (row.full && !later) pollJob = null;
      if (!row.full && created) pollJob = job.id;
      await tx.query(
        `UPDATE schedules SET next_at = CASE WHEN $3 THEN $4::timestamptz ELSE next_at END, poll_at = $5, poll_job = $6
         WHERE user_id = $1 AND platform = $2`,
        [
          userId,
          platform,
          row.full,
          later ? new Date(now.getTime() + 60_000) : nextTime(row, now, pattern),
          nextPoll(row, now),
          pollJob,
        ],
      );
    }
    return { taken: rows.length, queued };
  }
}

/**
 * The next time of the pattern, moved by the connection's share of the spread at that time; in UTC for a zone that no
 * longer exists.
 */
function nextTime(row: Row, now: Date, pattern: string): Date | null {
  const cron = new Cron(pattern, { timezone: isTimeZone(row.zone) ? row.zone : 'UTC' });
  let next: Date | null = null;
  // A time that has passed may lie ahead with its share, and before a later one with a smaller share.
  let time = cron.nextRun(new Date(now.getTime() - SPREAD_MS));
  while (time && (!next || time < next)) {
    const at = new Date(time.getTime() + SPREAD_MS * share(row, time));
    if (at > now && (!next || at < next)) next = at;
    time = cron.nextRun(time);
  }
  return next;
}

function nextPoll(row: Row, now: Date): Date | null {
  const polling = findPlatform(row.platform)?.polling;
  return polling ? new Date(now.getTime() + polling.everyMs * (1 - POLL_SPREAD * share(row))) : null;
}

/** A number from 0 to 1, always the same for a connection and time. */
function share({ userId, platform }: Row, time?: Date): number {
  return (
    createHash('sha256')
      .update(JSON.stringify([userId, platform, time]))
      .digest()
      .readUInt32LE(0) /
    2 ** 32
  );
}
