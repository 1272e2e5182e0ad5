import { AccountClient, outcomeOf } from '../support/account-client.js';
import { ApiClient } from '../support/api-client.js';
import { LiveFeed, socketTo } from '../support/live-feed.js';
import { QueueSpy } from '../support/queue-spy.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { until } from '../support/until.js';

/** More than the request deletes itself. */
const EVENTS = 15_000;

describe('an account with more than is deleted at once', () => {
  let app: RunningApp;
  let queues: QueueSpy;
  let operator: ApiClient;
  let person: ApiClient;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', redis: true });
    queues = new QueueSpy(app.redisUrl);
  });
  afterAll(async () => {
    queues.close();
    await app.stop();
  });
  beforeEach(async () => {
    operator = await ApiClient.signIn(app, { admin: true });
    person = await ApiClient.signIn(app, { name: `Ada ${Math.random()}` });
    await fill(person.userId);
    await operator.post('/queues/platform-data/pause');
  });
  afterEach(() => operator.post('/queues/platform-data/resume'));

  const fill = async (userId: string) => {
    await app.database!.query(
      `INSERT INTO events (user_id, seq, type, payload)
       SELECT $1, n, 'batch_completed', '{}' FROM generate_series(1, ${EVENTS}) AS n`,
      [userId],
    );
    await app.database!.query(`UPDATE users SET seq = ${EVENTS} WHERE id = $1`, [userId]);
  };
  const answerTo = async (method: string, path: string, by = person) => {
    const { status, body } = await by.call(method, path);
    return [status, body.error?.code];
  };
  const GONE = [401, 'ACCOUNT_DELETED'];
  /** Where the person's id is still to be found. */
  const traces = async () => {
    const tables = await app.database!.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await app.database!.query(`SELECT FROM ${name} t WHERE strpos(t::text, $1) > 0 LIMIT 1`, [
        person.userId,
      ]);
      if (rows.length > 0) found.push(name);
    }
    return found;
  };

  it('is left to a job, which is all that the old token can see, and is gone to the last row in the end', async () => {
    await person.connect('newcomer', 'youtube');
    const youtube = new SandboxControl(app.sandboxUrl, 'youtube');
    await youtube.reset();
    const feed = await LiveFeed.open(app, person.token!);
    const told = new Promise((resolve) => feed.socket.once('error', resolve));
    const { jobId, ...answer } = await person.delete('/account');
    expect(answer).toEqual({
      deleted: true,
      connections: [{ platform: 'youtube', revoked: true, appsUrl: expect.any(String) }],
    });
    expect(await youtube.countOf('/oauth/revoke')).toBe(2);
    expect(await told).toMatchObject({ code: 'ACCOUNT_DELETED' });

    for (const path of ['/me', '/account/export', '/events', '/extraction/jobs']) {
      expect([path, await answerTo('GET', path)]).toEqual([path, GONE]);
    }
    expect(await answerTo('DELETE', '/account')).toEqual(GONE);
    expect(await answerTo('POST', `/jobs/${jobId}/cancel`)).toEqual(GONE);
    const socket = socketTo(app, person.token);
    const refused: any = await new Promise((resolve) => socket.once('connect_error', resolve));
    expect(refused.message).toBe('ACCOUNT_DELETED');
    const name = person.userId.replace('demo:', '');
    const again = await new ApiClient(app).call('POST', '/auth/demo', { body: { name } });
    expect([again.status, again.body.error.code, again.headers.get('retry-after')]).toEqual([
      409,
      'ERASURE_RUNNING',
      '5',
    ]);

    expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ name: 'delete-account', items: 0, progress: 0 });
    const others = await app.database!.query('SELECT id FROM jobs WHERE user_id <> $1 LIMIT 1', [person.userId]);
    for (const { id } of others) expect(await answerTo('GET', `/jobs/${id}`)).toEqual([404, 'JOB_NOT_FOUND']);

    await operator.post('/queues/platform-data/resume');
    await until('the end of the deletion', async () => (await answerTo('GET', `/jobs/${jobId}`))[0] === 401);
    expect(await traces()).toEqual([]);
    await until('its queue entries to be gone', async () => (await queues.entriesOf(person.userId)).length === 0);
    const fresh = await ApiClient.signIn(app, { name });
    expect([fresh.userId, await fresh.events()]).toEqual([person.userId, []]);
  });

  it('gets no connection from a callback that was under way, and gives back what that has brought', async () => {
    const youtube = new SandboxControl(app.sandboxUrl, 'youtube');
    await youtube.reset();
    await youtube.addFault({ scope: 'token', path: '/oauth/token', latencyMs: 3_000 });
    const connecting = person.connect('newcomer', 'youtube').catch((error: unknown) => error);
    await until('the code to be exchanged', async () => (await youtube.countOf('/oauth/token')) > 0);
    const { jobId } = await person.delete('/account');
    expect(await connecting).toMatchObject({ answer: { status: 401, body: { error: { code: 'ACCOUNT_DELETED' } } } });
    expect(await youtube.countOf('/oauth/revoke')).toBe(2);
    const left = async (table: string) =>
      (await app.database!.query(`SELECT FROM ${table} WHERE user_id = $1`, [person.userId])).length;
    expect([await left('connections'), await left('jobs')]).toEqual([0, 1]);
    await operator.post('/queues/platform-data/resume');
    await until('the end of the deletion', async () => (await answerTo('GET', `/jobs/${jobId}`))[0] === 401);
    expect(await traces()).toEqual([]);
  });

  it('stays closed when the deletion has failed, until it is tried again', async () => {
    const { jobId } = await person.delete('/account');
    await app.database!.query(`UPDATE jobs SET status = 'failed', finished_at = now() WHERE id = $1`, [jobId]);
    expect(await person.get(`/jobs/${jobId}`)).toMatchObject({ state: 'failed' });
    expect(await answerTo('GET', '/me')).toEqual(GONE);
    expect(await operator.post('/queues/platform-data/failed/retry', { all: true })).toEqual({
      retried: 1,
      skipped: [],
    });
    await operator.post('/queues/platform-data/resume');
    await until('the end of the deletion', async () => (await answerTo('GET', `/jobs/${jobId}`))[0] === 401);
    expect(await traces()).toEqual([]);
  });

  it('is watched with the session that has asked for it, which sees nothing else and ends with it', async () => {
    const { browser, username, userId } = await AccountClient.signUp(app);
    await fill(userId);
    const socket = browser.socket();
    await outcomeOf(socket);
    const told = new Promise((resolve) => socket.once('error', resolve));
    const { jobId } = await browser.delete('/account');
    expect(await told).toMatchObject({ code: 'ACCOUNT_DELETED' });
    expect(await browser.get(`/jobs/${jobId}`)).toMatchObject({ name: 'delete-account' });
    expect(await answerTo('GET', '/me', browser)).toEqual(GONE);
    expect((await new AccountClient(app).signInAs(username)).status).toBe(401);
    await operator.post('/queues/platform-data/resume');
    await until('the end of the deletion', async () => (await answerTo('GET', `/jobs/${jobId}`, browser))[0] === 401);
    expect(await app.database!.query('SELECT FROM sessions WHERE user_id = $1', [userId])).toEqual([]);
  });
});
