import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { ApiClient } from '../support/api-client.js';
import { builtFile, NODE_FLAGS } from '../support/built-program.js';
import { Child } from '../support/child.js';
import { freePort } from '../support/free-port.js';
import { inFull } from '../support/length.js';
import { listens } from '../support/listens.js';
import { LiveFeed } from '../support/live-feed.js';
import type { RunningApp } from '../support/running-app.js';
import { Deployment } from './deployment.js';

const NOBODY = '00000000-0000-7000-8000-000000000000';

describe('the command line', () => {
  let deployment: Deployment;
  let app: RunningApp;
  let admin: ApiClient;
  let mira: ApiClient;
  let failed: string;

  /** `npm run cli -- …` with the deployment's environment; another value of a variable can be given. */
  const cli = async (args: string, env: Readonly<Record<string, string>> = {}) => {
    const child = new Child(process.execPath, [...NODE_FLAGS, builtFile('cli/cli.js'), ...args.split(' ')], {
      env: { ...deployment.env, PORT: new URL(app.url).port, ...env },
    });
    const { code } = await child.ended;
    return { code, output: child.output };
  };
  const json = async (args: string, env?: Readonly<Record<string, string>>) => {
    const { code, output } = await cli(args, env);
    return { code, data: JSON.parse(output) };
  };

  beforeAll(async () => {
    deployment = await Deployment.start({
      env: { EXTRACTION_RATE_MAX: '0', SIGNATURE_DELAY_MS: '0', IMPORT_MAX_FILE_BYTES: '100000' },
    });
    app = await deployment.process('all');
    admin = await deployment.admin(app);
    mira = await deployment.client(app, 'mira');
    await deployment.spotify.addFault({ path: '/v1/me', status: 400 });
    failed = (await mira.connect('newcomer')).jobId;
    await mira.endOf(failed);
    await deployment.spotify.reset();
  });
  afterAll(() => deployment.stop());

  describe('tokens issue', () => {
    it('makes tokens for people, premium people and operators', async () => {
      const [person, premium, operator] = await Promise.all(
        ['', ' --premium', ' --admin --expires 7d'].map((more) => cli(`tokens issue --user somebody${more}`)),
      );
      const call = (token: string, path: string) => new ApiClient(app, token).call('GET', path);
      expect((await call(person!.output, '/me')).body.data).toMatchObject({ userId: 'somebody' });
      expect((await call(person!.output, '/queues/overview')).status).toBe(403);
      expect((await call(operator!.output, '/queues/overview')).status).toBe(200);
      await call(premium!.output, '/me');
      expect(await deployment.database.query(`SELECT premium FROM users WHERE id = 'somebody'`)).toEqual([
        { premium: true },
      ]);
      const { exp, iat } = JSON.parse(Buffer.from(operator!.output.split('.')[1]!, 'base64url').toString());
      expect(exp - iat).toBe(7 * 86_400);
    });

    it.each(['tokens issue', 'tokens issue --user x --expires soon'])('refuses %s', async (args) => {
      const { code, output } = await cli(args);
      expect([code, output]).toEqual([1, expect.not.stringContaining('eyJ')]);
    });
  });

  describe('jobs', () => {
    it('are listed, shown, retried and cancelled', async () => {
      const table = await cli('jobs list --state failed');
      expect(table).toMatchObject({ code: 0, output: expect.stringContaining(failed) });
      expect(table.output).toContain('PLATFORM_REFUSED');
      const { data: shown } = await json(`jobs show ${failed}`);
      expect(shown).toMatchObject({ id: failed, state: 'failed', errorCode: 'PLATFORM_REFUSED' });

      expect((await json(`jobs retry ${failed}`)).data).toEqual({ jobId: failed, queued: true });
      expect(await mira.endOf(failed)).toMatchObject({ state: 'completed', trigger: 'retry' });

      await admin.post('/queues/extraction/pause');
      const { jobId } = await mira.post('/extraction/spotify');
      expect((await json(`jobs cancel ${jobId}`)).data).toMatchObject({ id: jobId, state: 'cancelled' });
      await admin.post('/queues/extraction/resume');

      const filtered = await json('jobs list --user mira --platform spotify --limit 1 --json');
      expect(filtered.data.map(({ id }: any) => id)).toEqual([jobId]);
      expect((await json('jobs list --user nobody --json')).data).toEqual([]);
      const builds = await json('jobs list --queue soul-signature --json');
      expect(builds.data).toMatchObject([{ name: 'build-signature', userId: 'mira' }]);
    });

    it.each([
      [`jobs show ${NOBODY}`, 'JOB_NOT_FOUND'],
      ['jobs list --state nonsense', 'INVALID_INPUT'],
      ['jobs list --queue nonsense', 'there are extraction, soul-signature'],
    ])('%s fails, and says why', async (args, reason) => {
      const { code, output } = await cli(args);
      expect([code, output]).toEqual([1, expect.stringContaining(reason)]);
      expect(output).not.toContain('The start failed');
    });

    it('that are over can be neither retried nor cancelled', async () => {
      const results = await Promise.all(['retry', 'cancel'].map((what) => cli(`jobs ${what} ${failed}`)));
      expect(results.map(({ code }) => code)).toEqual([1, 1]);
      expect(results.map(({ output }) => output)).toEqual([
        expect.stringContaining('JOB_NOT_FAILED'),
        expect.stringContaining('JOB_ALREADY_OVER'),
      ]);
    });
  });

  describe('queues', () => {
    it('are counted, paused and resumed', async () => {
      expect(await admin.get('/queues/overview')).toMatchObject((await json('queues stats --json')).data);
      expect(await cli('queues pause extraction')).toEqual({ code: 0, output: 'extraction is paused' });
      const { jobId } = await mira.post('/extraction/spotify');
      expect(await mira.get(`/jobs/${jobId}`)).toMatchObject({ state: 'paused' });
      expect(await cli('queues resume extraction')).toEqual({ code: 0, output: 'extraction is running' });
      expect(await mira.endOf(jobId)).toMatchObject({ state: 'completed' });
      expect(await cli('queues pause nonsense')).toMatchObject({
        code: 1,
        output: expect.stringContaining('is not a queue'),
      });
    });

    it('of another server are reached by its address and a token', async () => {
      const elsewhere = {
        SOUL_URL: app.url,
        SOUL_TOKEN: admin.token!,
        PORT: String(await freePort()),
        JWT_SECRET: 'x'.repeat(32),
      };
      expect((await json('queues stats --json', elsewhere)).code).toBe(0);
      const { code, output } = await cli('queues stats', { ...elsewhere, SOUL_TOKEN: mira.token! });
      expect([code, output]).toEqual([1, expect.stringContaining('FORBIDDEN')]);
      const away = await cli('queues stats', { ...elsewhere, SOUL_URL: `http://127.0.0.1:${await freePort()}` });
      expect([away.code, away.output]).toEqual([
        1,
        expect.stringMatching(/SERVER_UNREACHABLE.*Start it, or set SOUL_URL/),
      ]);
    });
  });

  describe('import', () => {
    let folder: string;
    let receipt: any;
    const file = (name: string) => join(folder, name);
    /** Standard output alone is JSON: the tests' process is no terminal. */
    const imported = (path: string, more = '') => json(`import ${path} --user ida --json${more}`);

    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'soul-archive-'));
      mkdirSync(file('some/below'), { recursive: true });
      writeFileSync(file('some/listens.csv'), listens(50));
      writeFileSync(file('some/below/more.csv'), listens(30, 'Fog Mill'));
      writeFileSync(file('some/.hidden'), 'not sent');
      writeFileSync(file('letter.txt'), 'Dear diary');
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('tells what would be imported, and keeps nothing', async () => {
      const { code, data } = await imported(file('some'), ' --dry-run');
      expect([code, data.receipt]).toMatchObject([0, { read: 80, accepted: 80, alreadyKnown: 0 }]);
      expect(data.files.map(({ name }: any) => name).sort()).toEqual(['listens.csv', 'more.csv']);
      expect(await (await deployment.client(app, 'ida')).get('/imports')).toEqual([]);
    });

    it('sends files as the person whose they are, waits for their end, and prints the receipt', async () => {
      const { code, output } = await cli(`import ${file('some/listens.csv')} ${file('letter.txt')} --user ida`);
      expect([code, output]).toEqual([0, expect.stringMatching(/^Sending: 100 % of/m)]);
      expect(output).toMatch(/^Import [\da-f-]{36} is completed$/m);
      expect(output).toMatch(/'listens.csv'.*'lastfm'.*50.*50/);
      expect(output).toContain(
        '50 rows = 50 new + 0 already known + 0 also told by another source + 0 skipped + 0 unread',
      );
      expect(output).toContain('NOT_RECOGNIZED: letter.txt');
      [receipt] = await (await deployment.client(app, 'ida')).get('/imports');
      expect(receipt).toMatchObject({ state: 'completed', receipt: { read: 50, accepted: 50 } });
    });

    it('adds nothing when it is repeated', async () => {
      const { code, data } = await imported(file('some/listens.csv'));
      expect([code, data]).toMatchObject([0, { state: 'completed', receipt: { accepted: 0, alreadyKnown: 50 } }]);
      expect(data.id).not.toBe(receipt.id);
    });

    it('refuses to act as somebody else than the token’s person', async () => {
      const SOUL_TOKEN = await deployment.token('ida');
      const args = `import ${file('some/listens.csv')} --dry-run --user`;
      expect(await cli(`${args} ida`, { SOUL_TOKEN })).toMatchObject({ code: 0 });
      const { code, output } = await cli(`${args} ivo`, { SOUL_TOKEN });
      expect([code, output]).toEqual([1, expect.stringContaining('OTHER_USER')]);
    });

    it.each([
      ['letter.txt --user ida', /NOTHING_RECOGNIZED[^]*letter.txt: NOT_RECOGNIZED/],
      ['missing.zip --user ida', /ENOENT.*missing.zip/],
      ['letter.txt', /--user/],
    ])('of %s fails, and says why', async (args, reason) => {
      const { code, output } = await cli(`import ${file(args)}`);
      expect([code, output]).toEqual([1, expect.stringMatching(reason)]);
    });

    it('fails with the code of a file that is too large, however much of it was still to be sent', async () => {
      writeFileSync(file('large.csv'), listens(100_000));
      const { code, output } = await cli(`import ${file('large.csv')} --user ida`);
      expect([code, output]).toEqual([1, expect.stringContaining('ARCHIVE_TOO_LARGE')]);
      expect((await fetch(`${app.url}/health/ready`)).status).toBe(200);
    });
  });

  describe('epoch', () => {
    it('is begun while the server runs, and open sockets start anew', async () => {
      const feed = await LiveFeed.open(app, mira.token!);
      const [before] = feed.snapshots;
      const { code, output } = await cli('epoch new');
      const [, epoch] = /^The events are in epoch ([0-9a-f]{32})$/.exec(output) ?? [];
      expect([code, epoch]).toEqual([0, expect.anything()]);
      expect(epoch).not.toBe(before.epoch);
      const { jobs, ...snapshot } = await feed.until('another snapshot', () => feed.snapshots[1]);
      expect([snapshot, jobs.length]).toEqual([{ ...snapshot, seq: before.seq, epoch }, before.jobs.length]);
      expect(Object.keys(snapshot)).toEqual(['seq', 'epoch', 'connections']);
      feed.close();
    });
  });

  describe('doctor', () => {
    const findings = async (env?: Readonly<Record<string, string>>) => {
      const { code, data } = await json('doctor --json', env);
      return { code, levels: Object.fromEntries(data.map((each: any) => [each.check, each.level])), data };
    };
    const about = (data: any[], check: string) => data.find((each) => each.check === check)?.message;

    it('finds nothing where nothing is wrong', async () => {
      const { code, levels, data } = await findings();
      expect(levels).toEqual({
        configuration: 'ok',
        'demo sign-in': 'ok',
        database: 'ok',
        'clock of the database': 'ok',
        'encryption keys': 'ok',
        redis: 'ok',
        'redis maxmemory-policy': 'ok',
        'redis persistence': 'ok',
        'clock of redis': 'ok',
        'redis command rate': 'ok',
      });
      expect(code).toBe(0);
      expect(about(data, 'encryption keys')).toContain('(test)');
      expect(JSON.stringify(data)).not.toContain(deployment.env['JWT_SECRET']);
    });

    it('warns of a Redis that evicts, or forgets', async () => {
      const redis = new Redis(deployment.redis.url);
      await redis.config('SET', 'maxmemory-policy', 'allkeys-lru');
      await redis.config('SET', 'appendonly', 'no');
      const [{ code, levels, data }, text] = await Promise.all([findings(), cli('doctor')]);
      await redis.config('SET', 'maxmemory-policy', 'noeviction');
      await redis.config('SET', 'appendonly', 'yes');
      redis.disconnect();
      expect(levels).toMatchObject({ 'redis maxmemory-policy': 'warn', 'redis persistence': 'warn', redis: 'ok' });
      expect(about(data, 'redis maxmemory-policy')).toMatch(/allkeys-lru.*noeviction/);
      expect(code).toBe(0);
      expect(text).toMatchObject({
        code: 0,
        output: expect.stringMatching(/^warn redis maxmemory-policy: allkeys-lru/m),
      });
    });

    it('fails where stored tokens cannot be opened', async () => {
      const fresh = `new:${randomBytes(32).toString('base64')}`;
      const [{ code, levels, data }, both] = await Promise.all([
        findings({ TOKEN_ENCRYPTION_KEYS: fresh }),
        findings({ TOKEN_ENCRYPTION_KEYS: `${fresh},${deployment.env['TOKEN_ENCRYPTION_KEYS']}` }),
      ]);
      expect([code, levels['encryption keys']]).toEqual([1, 'fail']);
      expect(about(data, 'encryption keys')).toBe('2 tokens need key "test", which is not in TOKEN_ENCRYPTION_KEYS');
      expect([both.code, both.levels['encryption keys']]).toEqual([0, 'ok']);
    });

    it('fails where servers do not answer', async () => {
      const port = await freePort();
      const { code, levels } = await findings({
        REDIS_URL: `redis://127.0.0.1:${port}`,
        DATABASE_URL: `postgres://postgres@127.0.0.1:${port}/soul`,
      });
      expect([code, levels['redis'], levels['database']]).toEqual([1, 'fail', 'fail']);
    });
  });

  // The last: in short its second key stays.
  describe('keys', () => {
    it('are rotated while the server runs, and the old one is named as long as it is needed', async () => {
      const [key = ''] = deployment.env['TOKEN_ENCRYPTION_KEYS']!.split(',');
      const before = await cli('keys rotate');
      expect(before).toMatchObject({ code: 0, output: expect.stringContaining('0 tokens resealed with "test"') });

      const next = `next:${randomBytes(32).toString('base64')}`;
      const second = await deployment.process('api', { TOKEN_ENCRYPTION_KEYS: `${next},${key}` });
      const PORT = new URL(second.url).port;
      expect((await cli('keys list', { PORT })).output).toMatch(/'next'.*0.*'yes'[^]*'test'.*2/);
      const { code, output } = await cli('keys rotate', { PORT });
      expect([code, output]).toEqual([0, expect.stringContaining('2 tokens resealed with "next"')]);
      expect(output).toContain('All other keys can be removed');

      const without = await cli('keys rotate');
      expect(without.code).toBe(1);
      expect(without.output).toContain('2 tokens sealed with key "next" cannot be opened');
      if (inFull(false, true)) return;
      const { code: back } = await cli('keys rotate', {
        PORT: new URL((await deployment.process('api', { TOKEN_ENCRYPTION_KEYS: `${key},${next}` })).url).port,
      });
      expect(back).toBe(0);
    });
  });
});
