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

/** The silence after which the operating system probes whether Redis is still there; libuv gives up ten seconds later. */
const KEEP_ALIVE_AFTER_MS = 10_000;
const KEEP_ALIVE_GIVES_UP_MS = 20_000;

/**
 * How long a connection on which an answer is due may be silent. Commands are answered at once. Bull's blocking reads of
 * a queue share a connection and stand in a row there, so an answer comes every 5 s (its `drainDelay`), but the last in
 * the row waits much longer: ioredis' `blockingTimeout`, which counts for each command, would end reads that are alive.
 */
const SILENT_MS: Record<RedisUse, number> = { client: 5_000, subscriber: 5_000, bclient: 10_000 };

/** A subscriber may be silent for ever, so it is asked whether it is there. */
const PING_EVERY_MS = 5_000;

/** The Redis connections of this process. They are closed here, because Bull closes only clients it has created itself. */
@Injectable()
export class RedisClients {
  private readonly logger = new Logger('Redis');
  private readonly clients: RedisClient[] = [];
  private readonly shared = new Map<RedisUse, RedisClient>();
  private readonly pings: NodeJS.Timeout;

  constructor(private readonly settings: RedisSettings) {
    this.pings = setInterval(() => this.pingShared(), PING_EVERY_MS).unref();
  }

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
    clearInterval(this.pings);
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
    if (client instanceof Cluster) client.on('+node', forgetSilence);
    else forgetSilence(client);
    return client;
  }

  /** A silent connection is closed by `socketTimeout`, which needs something that is to be answered. */
  private pingShared(): void {
    for (const client of this.shared.values()) if (client.status === 'ready') client.ping().catch(() => undefined);
  }

  /** Logs an outage once, not at every attempt to reconnect. */
  private reportOutages(client: RedisClient, use: RedisUse): void {
    let down = false;
    client.on('error', (error: Error) => {
      const silentMs = silenceOf(error, use);
      const what =
        silentMs === undefined ? `is away: ${error.message || error.name}` : `was silent for ${silentMs / 1000} s`;
      if (!down) this.logger.warn(`Redis (${use}) ${what}`);
      down = true;
    });
    client.on('ready', () => {
      if (down) this.logger.log(`Redis (${use}) is back`);
      down = false;
    });
  }
}

/** For how long Redis was silent when this error ended a connection; undefined for other errors. */
function silenceOf(error: Error & { code?: string; syscall?: string }, use: RedisUse): number | undefined {
  if (error.message.startsWith('Socket timeout')) return SILENT_MS[use];
  return error.code === 'ETIMEDOUT' && error.syscall !== 'connect' ? KEEP_ALIVE_GIVES_UP_MS : undefined;
}

/**
 * Ends the timer of `socketTimeout` with its connection. ioredis 5.11 leaves it running, and it would close the next
 * connection.
 */
function forgetSilence(node: Redis): void {
  const timed = node as unknown as { socketTimeoutTimer: NodeJS.Timeout | undefined }; // Not in its types.
  node.on('close', () => {
    clearTimeout(timed.socketTimeoutTimer);
    timed.socketTimeoutTimer = undefined;
  });
}

function options(use: RedisUse): RedisOptions {
  const common = {
    retryStrategy: (attempt: number) => Math.min(100 * attempt, RECONNECT_AT_MOST_EVERY_MS),
    keepAlive: KEEP_ALIVE_AFTER_MS,
    socketTimeout: SILENT_MS[use],
  };
  return use === 'client'
    ? { ...common, maxRetriesPerRequest: 1, enableOfflineQueue: false, commandTimeout: 500 }
    : { ...common, maxRetriesPerRequest: null, enableReadyCheck: false };
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
