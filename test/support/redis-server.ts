import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { Child } from './child.js';
import { freePort } from './free-port.js';
import { findOrInstall } from './system-packages.js';
import { until } from './until.js';

/** A real Redis for tests: the one that `TEST_REDIS_URL` names, or one of their own on a free port. */
export class RedisServer {
  private constructor(
    readonly url: string,
    private readonly own?: { child: Child; readonly folder: string; readonly command: readonly string[] },
  ) {}

  /** `settings` as on the command line of redis-server, e.g. `['--maxmemory', '5mb']`; they make it one of our own. */
  static async start(settings: readonly string[] = []): Promise<RedisServer> {
    const given = process.env['TEST_REDIS_URL'];
    if (given && settings.length === 0) return new RedisServer(given);
    const program = findOrInstall({
      names: ['redis-server'],
      debianPackage: 'redis-server',
      otherwise: 'set TEST_REDIS_URL to a Redis 6.2 or later',
    });
    const folder = mkdtempSync(join(tmpdir(), 'soul-redis-'));
    const port = String(await freePort());
    // An append-only file: what it has accepted is there again after a crash.
    const command = [program, '--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly'];
    command.push('yes', ...settings);
    const server = new RedisServer(`redis://127.0.0.1:${port}`, { child: run(command), folder, command });
    await server.answers();
    return server;
  }

  /** Ends the server of our own at once, as a crash would. */
  async kill(): Promise<void> {
    await this.owned.child.end('SIGKILL');
  }

  /** SIGSTOP freezes it, SIGCONT thaws it. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.owned.child.signal(signal);
  }

  /**
   * Takes no writes from now on, as when its memory is full. The limit is lowered, not reached: whatever Redis frees after
   * that would make room again.
   * @returns what makes room again
   */
  async fill(): Promise<() => Promise<void>> {
    const client = new Redis(this.url);
    const [, limit = '0'] = (await client.config('GET', 'maxmemory')) as string[];
    await client.config('SET', 'maxmemory', '1');
    return async () => {
      await client.config('SET', 'maxmemory', limit);
      client.disconnect();
    };
  }

  /** Starts it again on the same port and data. */
  async startAgain(): Promise<void> {
    this.owned.child = run(this.owned.command);
    await this.answers();
  }

  /** Ends the server of our own; a given one goes on. */
  async stop(): Promise<void> {
    if (!this.own) return;
    await this.own.child.end('SIGTERM');
    rmSync(this.own.folder, { recursive: true, force: true });
  }

  private get owned() {
    if (!this.own) throw new Error('TEST_REDIS_URL names a server that is not ours to harm');
    return this.own;
  }

  private async answers(): Promise<void> {
    const client = new Redis(this.url, { lazyConnect: true, retryStrategy: () => null });
    client.on('error', () => undefined);
    try {
      await until('Redis to answer', async () => {
        if (client.status !== 'ready') await client.connect();
        return (await client.ping()) === 'PONG';
      });
    } finally {
      client.disconnect();
    }
  }
}

function run([program = '', ...args]: readonly string[]): Child {
  return new Child(program, args);
}
