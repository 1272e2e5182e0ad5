import { Inject, Injectable, Optional } from '@nestjs/common';
import { Database } from '../database/database.js';
import { RedisClients } from '../redis/redis-clients.js';
import { JobCounts } from './job-counts.js';
import { JobQueries } from './job-queries.js';
import { QUEUE_NAMES, type QueueName } from './jobs.js';
import { alertsOfQueue, alertsOfRedis, type RedisState } from './queue-alerts.js';
import { QueueDriver } from './queue-driver.js';
import { WORKER_LIFE_MS } from './worker-registry.js';

interface Ended {
  readonly queue: QueueName;
  readonly status: string;
  readonly code: string | null;
  readonly lastHour: number;
  readonly lastMinute: number;
}

/** How much of a budget of requests has been spent. */
export interface BudgetState {
  /** A platform, one with its stand-in, or `*` for all platforms together. */
  readonly key: string;
  /** How far ahead of their pace requests are. */
  readonly aheadMs: number;
  /** Until when the provider wants no requests; null without a pause. */
  readonly blockedUntil: Date | null;
}

/** What keeps a platform from being read, and only the operator can mend. */
export interface OperatorProblem {
  readonly platform: string;
  readonly code: string;
  readonly message: string;
  /** How many people it concerns. */
  readonly people: number;
}

/** The overview for operators, read from the rows that all processes share. */
@Injectable()
export class QueueOverview {
  private readBudgets: () => Promise<readonly BudgetState[]> = () => Promise.resolve([]);

  private readProblems: () => Promise<readonly OperatorProblem[]> = () => Promise.resolve([]);

  constructor(
    private readonly database: Database,
    private readonly jobs: JobQueries,
    private readonly counts: JobCounts,
    private readonly driver: QueueDriver,
    @Optional() @Inject(RedisClients) private readonly redisClients?: RedisClients,
  ) {}

  /** The module of the budgets registers this source, because queues know no platform. */
  registerBudgets(read: () => Promise<readonly BudgetState[]>): void {
    this.readBudgets = read;
  }

  /** The module of the connections registers this source. */
  registerProblems(read: () => Promise<readonly OperatorProblem[]>): void {
    this.readProblems = read;
  }

  /**
   * Counts by queue, and beside them rates (ended jobs in the last minute and hour), ages in seconds, failures of the
   * last hour by code, what only the operator can mend, platforms' budgets (how far ahead of their pace, in milliseconds),
   * living workers, the memory of Redis where there is one, and what should be looked at.
   */
  async show() {
    const [counts, ended, oldest, problems, budgets, workers, paused, redis] = await Promise.all([
      this.counts.read(),
      this.ended(),
      this.jobs.oldest(),
      this.readProblems(),
      this.readBudgets(),
      this.workers(),
      this.paused(),
      this.redis(),
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
      problems,
      budgets,
      workers,
      redis,
      alerts: [...details.flatMap(alertsOfQueue), ...alertsOfRedis(redis)],
      dashboard: this.driver.synchronous ? null : '/api/queues/dashboard',
    };
  }

  /** The failures of the last hour by code, the most frequent first. */
  private ended(): Promise<Ended[]> {
    return this.database.query<Ended>(
      `SELECT queue, status, CASE WHEN status = 'failed' THEN error_code END AS code, count(*)::int AS "lastHour",
         (count(*) FILTER (WHERE finished_at > now() - interval '1 minute'))::int AS "lastMinute"
       FROM jobs WHERE finished_at > now() - interval '1 hour' GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3`,
    );
  }

  private workers(): Promise<{ id: string; queue: QueueName; slots: number; seenAt: Date }[]> {
    return this.database.query(
      `SELECT id, queue, slots, seen_at AS "seenAt" FROM workers
       WHERE seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms' ORDER BY id, queue`,
    );
  }

  private async redis(): Promise<RedisState | null> {
    if (!this.redisClients) return null;
    try {
      const { used, max, policy } = await this.redisClients.memory();
      return { up: true, usedBytes: used, maxBytes: max, policy };
    } catch {
      return { up: false };
    }
  }

  private async paused(): Promise<Map<string, Date>> {
    const rows = await this.database.query<{ name: string; pausedAt: Date }>(
      'SELECT name, paused_at AS "pausedAt" FROM queues WHERE paused_at IS NOT NULL',
    );
    return new Map(rows.map(({ name, pausedAt }) => [name, pausedAt]));
  }
}
