import { Injectable, Logger } from '@nestjs/common';
import { Redis, Cluster, type ClusterOptions, type RedisOptions } from 'ioredis';

/** Where Redis is: one address, or several of a cluster. */
export interface RedisSettings {
  readonly urls: readonly string[];
  readonly prefix: string;
}

export type RedisClient = Redis | Cluster;

/**
 * The use of a connection decides what it does while Redis is away. Commands fail within half a second, because a caller
 * waits for them; subscriptions and blocking reads wait until Redis is back.
 */
export type RedisUse = 'client' | 'subscriber' | 'bclient';

const RECONNECT_AT_MOST_EVERY_MS = 1_000;

/** The Redis connections of this process. They are closed here, because Bull closes only clients it has created itself. */
@Injectable()
export class RedisClients {
  private readonly logger = new Logger('Redis');
  private readonly clients: RedisClient[] = [];
  private readonly shared = new Map<RedisUse, RedisClient>();

  constructor(private readonly settings: RedisSettings) {}

  /** The prefix of all keys and channels. In a cluster it is in braces, which puts all keys into one slot. */
  get prefix(): string {
    const { prefix, urls } = this.settings;
    return urls.length > 1 && !prefix.includes('{') ? `{${prefix}}` : prefix;
  }

  /** One connection for all commands, one for all subscriptions; each blocking reader needs its own. */
  get(use: RedisUse): RedisClient {
    const known = use === 'bclient' ? undefined : this.shared.get(use);
    if (known) return known;
    const client = this.connect(use);
    if (use !== 'bclient') this.shared.set(use, client);
    return client;
  }

  /**
   * Writes a key that expires at once, because a full Redis and a replica also answer PING.
   * @throws Error with the reason why Redis cannot be used
   */
  async ping(): Promise<void> {
    await this.get('client').set(`${this.prefix}:ping`, '', 'PX', 1);
  }

  /** Bytes in use, the limit (0 = none), and what Redis does at the limit (`noeviction`: refuse). */
  async memory(): Promise<{ used: number; max: number; policy: string }> {
    const info = await this.get('client').info('memory');
    const field = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
    return {
      used: Number(field('used_memory')),
      max: Number(field('maxmemory')),
      policy: field('maxmemory_policy'),
    };
  }

  /** Closes all connections for good, without waiting for answers. */
  close(): void {
    for (const client of this.clients) {
      // Bull connects once more when it closes, and would wait for a Redis that does not answer.
      client.connect = () => Promise.reject(new Error('This connection has been closed'));
      client.disconnect();
    }
  }

  private connect(use: RedisUse): RedisClient {
    const { urls } = this.settings;
    const [first = ''] = urls;
    const client =
      urls.length > 1
        ? new Cluster(
            urls.map((url) => {
              const { hostname, port } = new URL(url);
              return { host: hostname, port: Number(port || 6379) };
            }),
            { ...clusterOptions(use), redisOptions: { ...options(use), ...credentials(first) } },
          )
        : new Redis(first, { ...options(use), ...(isUpstash(first) && { tls: {} }) });
    this.clients.push(client);
    this.reportOutages(client, use);
    return client;
  }

  /** Logs an outage once, not at every attempt to reconnect. */
  private reportOutages(client: RedisClient, use: RedisUse): void {
    let down = false;
    client.on('error', (error: Error) => {
      if (!down) this.logger.warn(`Redis (${use}) is away: ${error.message || error.name}`);
      down = true;
    });
    client.on('ready', () => {
      if (down) this.logger.log(`Redis (${use}) is back`);
      down = false;
    });
  }
}

function options(use: RedisUse): RedisOptions {
  const retryStrategy = (attempt: number) => Math.min(100 * attempt, RECONNECT_AT_MOST_EVERY_MS);
  return use === 'client'
    ? { retryStrategy, maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 500 }
    : { retryStrategy, maxRetriesPerRequest: null, enableReadyCheck: false };
}

function clusterOptions(use: RedisUse): ClusterOptions {
  return {
    clusterRetryStrategy: (attempt: number) => Math.min(100 * attempt, RECONNECT_AT_MOST_EVERY_MS),
    enableOfflineQueue: use !== 'client',
  };
}

/** A cluster's nodes are named by host and port only; user, password and TLS come from the first address. */
function credentials(address: string): RedisOptions {
  const { username, password, protocol } = new URL(address);
  return {
    ...(username && { username: decodeURIComponent(username) }),
    ...(password && { password: decodeURIComponent(password) }),
    ...((protocol === 'rediss:' || isUpstash(address)) && { tls: {} }),
  };
}

/** Upstash needs TLS, also for redis:// addresses. */
function isUpstash(address: string): boolean {
  return new URL(address).hostname.endsWith('.upstash.io');
}
