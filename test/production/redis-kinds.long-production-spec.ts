import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cluster, Redis } from 'ioredis';
import { RedisClients } from '../../src/redis/redis-clients.js';
import { ApiClient } from '../support/api-client.js';
import { freePort } from '../support/free-port.js';
import { LiveFeed } from '../support/live-feed.js';
import { findOrInstall } from '../support/system-packages.js';
import { until } from '../support/until.js';
import { BoardClient } from './board-client.js';
import { Deployment } from './deployment.js';

const PASSWORD = 'p@ss:w/rd';

/** The main job through Bull, with its live events. */
async function expectWork(deployment: Deployment, app: { readonly url: string }, name: string): Promise<void> {
  const person = await deployment.client(app, name);
  const feed = await LiveFeed.open(app, person.token!);
  await person.connect('newcomer');
  await feed.event('signature_completed');
  feed.close();
  expect(await new ApiClient(app).get('/queues/stats')).toMatchObject({ available: true });
}

describe('connections to Redis', () => {
  const made: RedisClients[] = [];
  const clients = (...urls: string[]) => {
    const created = new RedisClients({ urls, prefix: 'soul' });
    made.push(created);
    return created;
  };
  const optionsOf = (url: string, use: 'client' | 'subscriber' | 'bclient' = 'client') =>
    (clients(url).get(use) as Redis).options;
  afterEach(() => made.splice(0).forEach((each) => each.close()));

  it('fail quickly where somebody waits, and wait where nobody does', () => {
    const waiting = { maxRetriesPerRequest: null, enableReadyCheck: false, enableOfflineQueue: true };
    expect(optionsOf('redis://127.0.0.1:1')).toMatchObject({
      maxRetriesPerRequest: 1,
      enableOfflineQueue: false,
      commandTimeout: 500,
    });
    for (const use of ['subscriber', 'bclient'] as const) {
      expect(optionsOf('redis://127.0.0.1:1', use)).toMatchObject(waiting);
      expect(optionsOf('redis://127.0.0.1:1', use).commandTimeout).toBeUndefined();
    }
    const retry = optionsOf('redis://127.0.0.1:1').retryStrategy!;
    expect([1, 5, 10, 1_000_000].map((attempt) => retry(attempt))).toEqual([100, 500, 1_000, 1_000]);
  });

  it('are shared, except those that block', () => {
    const own = clients('redis://127.0.0.1:1');
    expect(own.get('client')).toBe(own.get('client'));
    expect(own.get('subscriber')).toBe(own.get('subscriber'));
    expect(own.get('bclient')).not.toBe(own.get('bclient'));
  });

  it.each<readonly [string, boolean]>([
    ['redis://127.0.0.1:1', false],
    ['rediss://127.0.0.1:1', true],
    ['rediss://user:secret@redis.invalid:1', true],
    ['redis://default:secret@eu1-fit-cat-1.upstash.io:6379', true],
    ['rediss://default:secret@eu1-fit-cat-1.upstash.io:6379', true],
    ['redis://upstash.io.invalid:6379', false],
  ])('to %s speak TLS: %s', (url, tls) => {
    expect(Boolean(optionsOf(url).tls)).toBe(tls);
  });

  it('take user, password and database from the address', () => {
    expect(optionsOf(`redis://soul:${encodeURIComponent(PASSWORD)}@127.0.0.1:1/3`)).toMatchObject({
      host: '127.0.0.1',
      port: 1,
      username: 'soul',
      password: PASSWORD,
      db: 3,
    });
  });

  it('to several addresses are a cluster, whose keys share a slot', () => {
    const cluster = clients(`rediss://soul:${encodeURIComponent(PASSWORD)}@127.0.0.1:1`, 'rediss://127.0.0.1:2');
    expect(cluster.prefix).toBe('{soul}');
    const client = cluster.get('client');
    expect(client).toBeInstanceOf(Cluster);
    expect((client as Cluster).options.redisOptions).toMatchObject({
      username: 'soul',
      password: PASSWORD,
      tls: {},
      commandTimeout: 500,
    });
  });
});

describe('Redis behind TLS', () => {
  let folder: string;
  let deployment: Deployment;
  let url: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'soul-tls-'));
    const openssl = findOrInstall({ names: ['openssl'], debianPackage: 'openssl' });
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    const make = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const names = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
    execFileSync(openssl, [...make, ...names, '-keyout', key, '-out', certificate], { stdio: 'pipe' });
    const port = await freePort();
    const settings = ['--tls-port', String(port), '--tls-cert-file', certificate, '--tls-key-file', key];
    deployment = await Deployment.start({ redis: [...settings, '--tls-auth-clients', 'no'] });
    const redis = new Redis(deployment.redis.url);
    await redis.acl('SETUSER', 'soul', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
    redis.disconnect();
    url = `rediss://soul:${encodeURIComponent(PASSWORD)}@127.0.0.1:${port}`;
  });
  afterAll(async () => {
    await deployment.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('carries the work', async () => {
    const app = await deployment.process('all', {
      REDIS_URL: url,
      NODE_EXTRA_CA_CERTS: join(folder, 'certificate.pem'),
    });
    await expectWork(deployment, app, 'Mira');
    const redis = new Redis(deployment.redis.url);
    const mine = String(await redis.client('LIST'))
      .split('\n')
      .filter((line) => line.includes('user=soul'));
    redis.disconnect();
    expect(mine.length).toBeGreaterThan(2);
    for (const line of mine) expect(line).toContain(`laddr=127.0.0.1:${new URL(url).port} `);
    const log = app.lines.join('\n');
    expect(log).toContain(`Queues: Bull on Redis at 127.0.0.1:${new URL(url).port}`);
    for (const secret of [PASSWORD, encodeURIComponent(PASSWORD)]) expect(log).not.toContain(secret);
    await app.terminate();
  });

  it('is not trusted without its certificate', async () => {
    const app = await deployment.process('all', { REDIS_URL: url });
    const { status, body } = await new ApiClient(app).call('GET', '/queues/health');
    expect([status, body.error.code]).toEqual([503, 'QUEUES_UNAVAILABLE']);
    expect(app.lines.join('\n')).toMatch(/is away: self-signed certificate/);
    await app.terminate();
  });
});

describe('a cluster', () => {
  let deployment: Deployment;

  const clusterOk = async () => {
    const redis = new Redis(deployment.redis.url);
    await until('the cluster to be ok', async () => (await redis.cluster('INFO')).includes('cluster_state:ok'));
    redis.disconnect();
  };

  beforeAll(async () => {
    // A node that has met no other does not know its own address, and would name none to clients.
    deployment = await Deployment.start({ redis: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1'] });
    const redis = new Redis(deployment.redis.url);
    await redis.call('CLUSTER', 'ADDSLOTSRANGE', '0', '16383');
    redis.disconnect();
    await clusterOk();
  });
  afterAll(() => deployment.stop());

  it('carries the work, also after it was away', async () => {
    const { port } = new URL(deployment.redis.url);
    const app = await deployment.process('all', { REDIS_URL: `redis://127.0.0.1:${port},redis://localhost:${port}` });
    const board = new BoardClient(app, await deployment.token('operator', { role: 'admin' }));
    const health = async () => (await new ApiClient(app).call('GET', '/queues/health')).status;
    await until('the queues to be healthy', async () => (await health()) === 200);
    await expectWork(deployment, app, 'Mira');
    const redis = new Redis(deployment.redis.url);
    const keys = await redis.keys('*');
    redis.disconnect();
    expect(keys.length).toBeGreaterThan(2);
    expect(keys.filter((key) => !key.startsWith('{soul}:'))).toEqual([]);
    expect(await board.queue()).toMatchObject({ counts: { completed: 1 }, hasWorkers: true });
    expect((await (await fetch(`${app.url}/metrics`)).text()).includes('soul_redis_up 1')).toBe(true);

    await deployment.redis.kill();
    await until('the outage to be noticed', async () => (await health()) === 503);
    await deployment.redis.startAgain();
    await clusterOk();
    await until('the queues to be healthy', async () => (await health()) === 200);
    await expectWork(deployment, app, 'Noor');
    expect(await app.terminate()).toEqual({ code: 0, signal: null });
  });
});
