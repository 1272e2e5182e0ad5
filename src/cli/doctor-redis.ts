import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import type { CompleteConfig } from '../config/development-secrets.js';
import { RedisClients } from '../redis/redis-clients.js';
import type { Finding } from './doctor-finding.js';

/** Hosted Redis is often billed by command, so more than this on an idle system is a warning. */
const IDLE_COMMANDS_PER_SECOND = 50;

const IDLE_SAMPLE_MS = 3_000;

/** Checks that Redis persists its data and does not evict keys, and how many commands it gets. */
export async function checkRedis(config: CompleteConfig): Promise<Finding[]> {
  if (!config.redis) {
    return [{ check: 'redis', level: 'ok', message: 'not configured: jobs run synchronously in the process' }];
  }
  const clients = new RedisClients(config.redis);
  // The subscriber's client waits until it is connected; the one for commands would fail at once.
  const client = clients.get('subscriber');
  try {
    await Promise.race([client.ping(), sleep(5_000).then(() => Promise.reject(new Error('no answer within 5 s')))]);
    if (!(client instanceof Redis)) return [{ check: 'redis', level: 'ok', message: 'the cluster answers' }];
    return [
      { check: 'redis', level: 'ok', message: 'answers' },
      await checkPolicy(client),
      await checkPersistence(client),
      await checkClock(client),
      await checkIdleRate(client),
    ];
  } catch (error) {
    return [{ check: 'redis', level: 'fail', message: error instanceof Error ? error.message : String(error) }];
  } finally {
    clients.close();
  }
}

async function checkPolicy(client: Redis): Promise<Finding> {
  const policy = field(await client.info('memory'), 'maxmemory_policy');
  return policy === 'noeviction'
    ? { check: 'redis maxmemory-policy', level: 'ok', message: 'noeviction' }
    : {
        check: 'redis maxmemory-policy',
        level: 'warn',
        message: `${policy}: queue entries may be evicted; set noeviction`,
      };
}

async function checkPersistence(client: Redis): Promise<Finding> {
  const aof = field(await client.info('persistence'), 'aof_enabled') === '1';
  return aof
    ? { check: 'redis persistence', level: 'ok', message: 'AOF' }
    : {
        check: 'redis persistence',
        level: 'warn',
        message: 'no AOF: after a crash of Redis jobs are dispatched again from PostgreSQL, with a delay',
      };
}

async function checkClock(client: Redis): Promise<Finding> {
  const before = Date.now();
  const [seconds, microseconds] = await client.time();
  const apart = Math.abs(Number(seconds) * 1000 + Number(microseconds) / 1000 - (before + Date.now()) / 2);
  return {
    check: 'clock of redis',
    level: apart > 2_000 ? 'warn' : 'ok',
    message: `${Math.round(apart)} ms from this machine's`,
  };
}

async function checkIdleRate(client: Redis): Promise<Finding> {
  const processed = async () => Number(field(await client.info('stats'), 'total_commands_processed'));
  const before = await processed();
  await sleep(IDLE_SAMPLE_MS);
  const rate = ((await processed()) - before - 1) / (IDLE_SAMPLE_MS / 1000);
  return {
    check: 'redis command rate',
    level: rate > IDLE_COMMANDS_PER_SECOND ? 'warn' : 'ok',
    message: `${rate.toFixed(1)} commands a second at the moment`,
  };
}

function field(info: string, name: string): string {
  return new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
}
