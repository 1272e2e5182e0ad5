import type { QueueName } from './jobs.js';

/** Above these limits an operator should look. `ops/alerts.yml` has the same numbers; its test compares them. */
export const LIMITS = { failedPerHour: 10, waiting: 100, activeSeconds: 300, redisMemoryShare: 0.8 };

/** Something to look at; `queue` is null when it concerns all queues. */
export interface Alert {
  readonly code:
    | 'MANY_FAILURES'
    | 'LONG_QUEUE'
    | 'LONG_JOB'
    | 'NO_WORKER'
    | 'PAUSED'
    | 'REDIS_AWAY'
    | 'REDIS_MEMORY'
    | 'REDIS_EVICTS';
  readonly queue: QueueName | null;
  readonly message: string;
}

/** Redis as this process sees it; `maxBytes` 0 is no limit. */
export type RedisState =
  | { readonly up: true; readonly usedBytes: number; readonly maxBytes: number; readonly policy: string }
  | { readonly up: false };

interface QueueFigures {
  readonly name: QueueName;
  readonly failed: { readonly lastHour: number };
  readonly waiting: number;
  readonly oldestActiveSeconds: number;
  readonly slots: number;
  readonly pausedAt: Date | null;
}

export function alertsOfQueue(queue: QueueFigures): Alert[] {
  const { name, failed, waiting, oldestActiveSeconds, slots, pausedAt } = queue;
  const alert = alertsOf(name);
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

export function alertsOfRedis(redis: RedisState | null): Alert[] {
  const alert = alertsOf(null);
  if (redis === null) return [];
  if (!redis.up) return alert(true, 'REDIS_AWAY', 'Redis does not answer; jobs are kept and run when it is back');
  const { usedBytes, maxBytes, policy } = redis;
  const share = maxBytes > 0 ? usedBytes / maxBytes : 0;
  return [
    ...alert(
      share > LIMITS.redisMemoryShare,
      'REDIS_MEMORY',
      `Redis uses ${Math.floor(share * 100)} % of its memory; new jobs wait while it is full`,
    ),
    ...alert(
      policy !== 'noeviction',
      'REDIS_EVICTS',
      `Redis may evict queued jobs: its policy is ${policy} but must be noeviction`,
    ),
  ];
}

function alertsOf(queue: QueueName | null) {
  return (wrong: boolean, code: Alert['code'], message: string): Alert[] => (wrong ? [{ code, queue, message }] : []);
}
