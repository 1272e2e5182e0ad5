import { Injectable, Logger } from '@nestjs/common';
import { UUID } from 'uuidv7';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database, type Transaction } from '../database/database.js';
import { isTimeZone } from '../auth/time-zone.js';
import { platforms } from '../platforms/registry.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { PRIORITY } from '../queues/jobs.js';
import { nextPoll, nextTime, plannedBy, type Scheduled } from './schedule-times.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const CHUNK = 100;
const PLATFORMS = platforms.map(({ name }) => name);
/** How many schedules are compared with the pattern at once. */
const COMPARED = 1_000;

/** The first of the two times, which has an index. */
const DUE_AT = 'least(next_at, poll_at)';

/** A plan from when the table was small would read all schedules. */
const BY_INDEX = `SELECT set_config('enable_seqscan', 'off', true)`;

/** Each schedule with its person's zone and its connection; without those of accounts that are being deleted. */
const SCHEDULES = `schedules JOIN users ON users.id = schedules.user_id AND users.erasing_at IS NULL
  JOIN connections ON connections.user_id = schedules.user_id AND connections.platform = schedules.platform`;
const ROW = `schedules.user_id AS "userId", schedules.platform, coalesce(users.time_zone, 'UTC') AS zone`;

interface DueRow extends Scheduled {
  readonly full: boolean;
  readonly locked: boolean;
  readonly pollJob: string | null;
}

/**
 * Scheduled extractions. Each connection is read as a whole at every time of the cron pattern, in its user's time zone,
 * and polled more often for what its provider keeps only briefly. Several missed times lead to one extraction, and none is
 * queued while one is unfinished. Only connected platforms that this version has are read; after a reconnect the extraction
 * that every connect queues takes the place of missed ones. While an administrator has locked a person, their times pass
 * without a run.
 *
 * A look costs what is due and what is new. `planned_by` is null for what has to be planned: triggers empty it when a
 * platform is connected and when a person's zone changes. What is due and may not run loses its times until then. Platforms
 * that this version does not have are left to a version that has them.
 */
@Injectable()
export class Schedules {
  private readonly logger = new Logger('Queue');
  /** Up to where the schedules have been compared with this process's pattern; undefined after the last. */
  private comparedTo: Pick<Scheduled, 'userId' | 'platform'> | undefined = { userId: '', platform: '' };

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
    while (this.comparedTo) this.comparedTo = await this.compare(pattern, this.comparedTo);
    if (!(await this.isThereWork(now))) return 0;
    await this.inChunks((tx) => this.wake(tx, now, pattern));
    await this.inChunks((tx) => this.plan(tx, now, pattern));
    await this.inChunks((tx) => this.putToRest(tx, now));
    let queued = 0;
    await this.inChunks(async (tx) => {
      const started = await this.startDue(tx, now, pattern);
      tx.afterCommit(() => (queued += started.queued));
      return started.taken;
    });
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
    // Jobs are numbered by the time they were added, so a person's newest are together in the index.
    const oldest = UUID.fromFieldsV7(Date.now() - DAY_MS - HOUR_MS, 0, 0, 0).toString();
    const rows = await tx.query(
      `SELECT FROM schedules WHERE poll_job = $1 AND EXISTS (
         SELECT FROM jobs WHERE jobs.user_id = schedules.user_id AND id > $2 AND name = 'build-signature'
           AND created_at > now() - interval '1 day' OFFSET 0)`,
      [job.id, oldest],
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

  private async isThereWork(now: Date): Promise<boolean> {
    const [, [row]] = await this.database.snapshot((tx) =>
      Promise.all([
        tx.query(BY_INDEX),
        tx.query<{ some: boolean }>(
          `SELECT EXISTS (SELECT FROM schedules WHERE planned_by IS NULL AND platform = ANY($2))
             OR EXISTS (SELECT FROM schedules WHERE planned_by = '' AND platform = ANY($2))
             OR EXISTS (SELECT FROM schedules WHERE ${DUE_AT} <= $1 AND platform = ANY($2)) AS some`,
          [now, PLATFORMS],
        ),
      ]),
    );
    return row?.some ?? false;
  }

  /** Repeats a piece of work, each in a transaction of its own, until one has less than a whole chunk to do. */
  private async inChunks(piece: (tx: Transaction) => Promise<number>): Promise<void> {
    for (let taken = CHUNK; taken === CHUNK;) {
      [taken] = await this.database.transaction((tx) => {
        const indexed = tx.query(BY_INDEX);
        return Promise.all([piece(tx), indexed]);
      });
    }
  }

  /**
   * Empties `planned_by` where the next schedules were planned by another pattern or for another zone.
   * @returns the last one; undefined after all
   */
  private async compare(pattern: string, { userId, platform }: Pick<Scheduled, 'userId' | 'platform'>) {
    const [last] = await this.database.query<Pick<Scheduled, 'userId' | 'platform'>>(
      `WITH next AS (
         SELECT ${ROW} FROM ${SCHEDULES} WHERE (schedules.user_id, schedules.platform) > ($1, $2)
         ORDER BY schedules.user_id, schedules.platform LIMIT ${COMPARED}
       ), emptied AS (
         UPDATE schedules SET planned_by = NULL FROM next
         WHERE schedules.user_id = next."userId" AND schedules.platform = next.platform AND planned_by NOT IN ('', zone || ' ' || $3)
           AND schedules.platform = ANY($4)
       )
       SELECT "userId", platform FROM next ORDER BY "userId" DESC, platform DESC LIMIT 1`,
      [userId, platform, pattern, PLATFORMS],
    );
    return last;
  }

  private async plan(tx: Transaction, now: Date, pattern: string): Promise<number> {
    const rows = await tx.query<Scheduled>(
      `SELECT ${ROW} FROM ${SCHEDULES} WHERE planned_by IS NULL AND schedules.platform = ANY($1)
       ORDER BY schedules.user_id, schedules.platform LIMIT ${CHUNK} FOR UPDATE OF schedules SKIP LOCKED`,
      [PLATFORMS],
    );
    for (const { userId, platform, zone } of rows) {
      if (isTimeZone(zone)) continue;
      this.logger.warn(`${platform} of ${userId} is planned in UTC: there is no time zone ${zone}`);
    }
    await tx.query(
      `UPDATE schedules SET next_at = planned.next_at, poll_at = planned.poll_at, planned_by = planned.by
       FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::timestamptz[], $5::text[])
         AS planned (user_id, platform, next_at, poll_at, by)
       WHERE schedules.user_id = planned.user_id AND schedules.platform = planned.platform`,
      [
        rows.map(({ userId }) => userId),
        rows.map(({ platform }) => platform),
        rows.map((row) => nextTime(row, now, pattern)),
        rows.map((row) => nextPoll(row, now)),
        rows.map((row) => plannedBy(row, pattern)),
      ],
    );
    return rows.length;
  }

  /** Makes due at once what a former version has put to rest when it was due, because it did not have the platform. */
  private async wake(tx: Transaction, now: Date, pattern: string): Promise<number> {
    const rows = await tx.query(
      `UPDATE schedules SET next_at = $1, planned_by = coalesce(users.time_zone, 'UTC') || ' ' || $3 FROM users
       WHERE users.id = schedules.user_id AND schedules.ctid = ANY (ARRAY(
         SELECT ctid FROM schedules WHERE planned_by = '' AND platform = ANY($2) LIMIT ${CHUNK} FOR UPDATE SKIP LOCKED))
       RETURNING 1`,
      [now, PLATFORMS, pattern],
    );
    return rows.length;
  }

  /**
   * Takes the times of what is due and may not run. The connection is locked as well: a reconnect that comes meanwhile
   * waits, and then has it planned. What is of no platform of this version is left to those that have it.
   */
  private async putToRest(tx: Transaction, now: Date): Promise<number> {
    const rows = await tx.query(
      `UPDATE schedules SET next_at = NULL, poll_at = NULL WHERE ctid = ANY (ARRAY(
         SELECT schedules.ctid FROM ${SCHEDULES}
         WHERE ${DUE_AT} <= $1 AND planned_by IS NOT NULL AND schedules.platform = ANY($2)
           AND (NOT enabled OR connections.status <> 'connected')
         ORDER BY ${DUE_AT} LIMIT ${CHUNK} FOR NO KEY UPDATE OF schedules, connections SKIP LOCKED))
       RETURNING 1`,
      [now, PLATFORMS],
    );
    return rows.length;
  }

  private async startDue(tx: Transaction, now: Date, pattern: string): Promise<{ taken: number; queued: number }> {
    const rows = await tx.query<DueRow>(
      `SELECT ${ROW}, next_at <= $1 AS "full", locked_at IS NOT NULL AS locked, poll_job AS "pollJob" FROM ${SCHEDULES}
       WHERE ${DUE_AT} <= $1 AND planned_by IS NOT NULL AND enabled AND connections.status = 'connected'
         AND schedules.platform = ANY($2)
       ORDER BY ${DUE_AT} LIMIT ${CHUNK} FOR UPDATE OF schedules SKIP LOCKED`,
      [now, PLATFORMS],
    );
    // As a batch has them, so that the two cannot lock a person's jobs crosswise.
    rows.sort((a, b) => (`${a.platform} ${a.userId}` < `${b.platform} ${b.userId}` ? -1 : 1));
    let queued = 0;
    for (const row of rows) {
      const { userId, platform } = row;
      const { job, created = false } = row.locked
        ? {}
        : await this.intake.enqueue(
            tx,
            'extract-platform',
            { userId, platform },
            { trigger: 'schedule', priority: PRIORITY.last },
          );
      if (created) queued += 1;
      // A whole extraction replaces a waiting poll, and comes a minute later when a poll is running.
      const meetsPoll = row.full && !created && job?.id === row.pollJob;
      const later = meetsPoll && job.status === 'active';
      let { pollJob } = row;
      if (row.full && !later) pollJob = null;
      if (!row.full && job && created) pollJob = job.id;
      await tx.query(
        `UPDATE schedules SET next_at = CASE WHEN $3 THEN $4::timestamptz ELSE next_at END, poll_at = $5, poll_job = $6,
           planned_by = $7
         WHERE user_id = $1 AND platform = $2`,
        [
          userId,
          platform,
          row.full,
          later ? new Date(now.getTime() + 60_000) : nextTime(row, now, pattern),
          nextPoll(row, now),
          pollJob,
          plannedBy(row, pattern),
        ],
      );
    }
    return { taken: rows.length, queued };
  }
}
