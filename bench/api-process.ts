import { randomBytes } from 'node:crypto';
import type { RedisServer } from '../test/support/redis-server.js';

/** The settings of a process in production form that answers requests and does no jobs. */
export function apiProcess(redis: RedisServer, tokenUrl: string) {
  return {
    REDIS_URL: redis.url,
    JWT_SECRET: randomBytes(32).toString('hex'),
    NODE_ENV: 'production',
    ROLE: 'api',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://soul.example.org',
    ALLOWED_HOSTS: '127.0.0.1',
    QUEUE_PREFIX: 'product',
    TOKEN_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
    API_RATE_MAX: '0',
    EXTRACTION_RATE_MAX: '0',
    EXTRACTION_SCHEDULE: 'off',
    PLATFORM_SPOTIFY_CLIENT_ID: 'bench',
    PLATFORM_SPOTIFY_CLIENT_SECRET: 'bench-secret',
    PLATFORM_SPOTIFY_TOKEN_URL: tokenUrl,
  };
}

/** A worker with many slots that takes no job: every job goes to Bull, and no extraction uses the processors. */
export const IDLE_WORKER = `
  INSERT INTO workers (id, queue, slots, seen_at) VALUES (gen_random_uuid(), 'extraction', 1000000, now() + interval '1 day')`;
