import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { JobQueries } from './job-queries.js';
import { QUEUE_NAMES, type QueueName } from './jobs.js';
import { QueueDriver } from './queue-driver.js';
import { WORKER_LIFE_MS } from './worker-registry.js';

/** Above these an operator should look; the same numbers are in `ops/alerts.yml`. */
const LIMITS = { failedPerHour: 10, waiting: 100, activeSeconds: 300 };

interface Ended {
  readonly queue: QueueName;
  readonly status: string;
  readonly code: string | null;
  readonly lastHour: number;
  readonly lastMinute: number;
}

interface Alert {
  readonly code: 'MANY_FAILURES' | 'LONG_QUEUE' | 'LONG_JOB' | 'NO_WORKER' | 'PAUSED';
  readonly queue: QueueName;
  readonly message: string;
}

/** All that an operator wants to see at a glance, read from the rows that all processes share. */
@Injectable()
export class QueueOverview {
  constructor(
    private readonly database: Database,
    private readonly jobs: JobQueries,
    private readonly driver: QueueDriver,
  ) {}

  /**
   * Counts by queue, and beside them rates (ended jobs in the last minute and hour), ages in seconds, failures of the
   * last hour by code, platforms' budgets (how far ahead of their pace, in milliseconds), living workers, and what
   * should be looked at.
   */
  async show() {
    const [counts, ended, oldest, budgets, workers, paused] = await Promise.all([
      this.jobs.counts(),
      this.ended(),
      this.jobs.oldest(),
      this.budgets(),
      this.workers(),
      this.paused(),
    ]);
    const details = QUEUE_NAMES.map((name) => {
      const own = ended.filter(({ queue }) => queue === name);
      const sum = (status: string, of: 'lastHour' | 'lastMinute') =>
        own.filter((row) => row.status === status).reduce((total, row) => total + row[of], 0);
      const ages = oldest.find(({ queue }) => queue === name);
      return {
        name,
        completed: { lastMinute: sum('completed', 'lastMinute'), lastHour: sum('completed', 'lastHour') },
        failed: { lastMinute: sum('failed', 'lastMinute'), lastHour: sum('failed', 'lastHour') },
        oldestWaitingSeconds: ages?.waiting ?? 0,
        oldestActiveSeconds: ages?.active ?? 0,
        slots: workers.filter(({ queue }) => queue === name).reduce((total, { slots }) => total + slots, 0),
        active: counts[name].active,
        waiting: counts[name].waiting,
        pausedAt: paused.get(name) ?? null,
      };
    });
    return {
      ...counts,
      queues: details.map(({ active: _, waiting: __, ...detail }) => detail),
      failures: ended
        .filter(({ status }) => status === 'failed')
        .map(({ queue, code, lastHour }) => ({ queue, code: code ?? 'UNEXPECTED', lastHour })),
      budgets,
      workers,
      alerts: details.flatMap(alertsOf),
      dashboard: this.driver.synchronous ? null : '/api/queues/dashboard',
    };
  }

  /** What ended in the last hour, most first. */
  private ended(): Promise<Ended[]> {
    return this.database.query<Ended>(
      `SELECT queue, status, CASE WHEN status = 'failed' THEN error_code END AS code, count(*)::int AS "lastHour",
         (count(*) FILTER (WHERE finished_at > now() - interval '1 minute'))::int AS "lastMinute"
       FROM jobs WHERE finished_at > now() - interval '1 hour' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3`,
    );
  }

  /** Of platforms, not of people. */
  private budgets(): Promise<{ key: string; aheadMs: number; blockedUntil: Date | null }[]> {
    return this.database.query(
      `SELECT key, greatest(0, extract(epoch FROM tat - now()) * 1000)::int AS "aheadMs",
         CASE WHEN blocked_until > now() THEN blocked_until END AS "blockedUntil"
       FROM request_budgets WHERE position(' of ' IN key) = 0 ORDER BY key`,
    );
  }

  private workers(): Promise<{ id: string; queue: QueueName; slots: number; seenAt: Date }[]> {
    return this.database.query(
      `SELECT id, queue, slots, seen_at AS "seenAt" FROM workers
       WHERE seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms' ORDER BY id, queue`,
    );
  }

  private async paused(): Promise<Map<string, Date>> {
    const rows = await this.database.query<{ name: string; pausedAt: Date }>(
      'SELECT name, paused_at AS "pausedAt" FROM queues WHERE paused_at IS NOT NULL',
    );
    return new Map(rows.map(({ name, pausedAt }) => [name, pausedAt]));
  }
}

function alertsOf(queue: {
  readonly name: QueueName;
  readonly failed: { readonly lastHour: number };
  readonly waiting: number;
  readonly oldestActiveSeconds: number;
  readonly slots: number;
  readonly pausedAt: Date | null;
}): Alert[] {
  const { name, failed, waiting, oldestActiveSeconds, slots, pausedAt } = queue;
  const alert = (wrong: boolean, code: Alert['code'], message: string) =>
    wrong ? [{ code, queue: name, message }] : [];
  return [
    ...alert(
      failed.lastHour > LIMITS.failedPerHour,
      'MANY_FAILURES',
      `${failed.lastHour} jobs of ${name} failed in the last hour`,
    ),
    ...alert(waiting > LIMITS.waiting, 'LONG_QUEUE', `${waiting} jobs of ${name} wait`),
    ...alert(
      oldestActiveSeconds > LIMITS.activeSeconds,
      'LONG_JOB',
      `A job of ${name} has been running for ${Math.round(oldestActiveSeconds / 60)} minutes`,
    ),
    ...alert(slots === 0, 'NO_WORKER', `No worker takes jobs of ${name}`),
    ...alert(pausedAt !== null, 'PAUSED', `${name} is paused; nothing of it starts`),
  ];
}
