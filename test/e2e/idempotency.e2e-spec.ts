import { randomUUID } from 'node:crypto';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { RunningApp } from '../support/running-app.js';
import { startStillSandbox } from '../support/still-sandbox.js';

describe('a request with an Idempotency-Key', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let person: ApiClient;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: 'postgres',
      sandboxPort: sandbox.port,
      env: { EXTRACTION_RATE_MAX: '0' },
    });
  });
  beforeEach(async () => {
    person = await ApiClient.signIn(app);
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  const post = (key: string, path = '/extraction/spotify', who = person) =>
    who.call('POST', path, { headers: { 'idempotency-key': key } });
  const extractions = async (who = person) =>
    (await who.get('/extraction/jobs')).filter(({ name }: any) => name === 'extract-platform').length;

  it('that is repeated gets the first answer and does nothing more, also when all is done', async () => {
    await person.endOf((await person.connect('newcomer')).jobId);
    const key = randomUUID();
    const first = await post(key);
    await person.endOf(first.body.data.jobId);
    const again = await post(key);
    expect([again.status, again.body.data]).toEqual([first.status, first.body.data]);
    expect([first.headers.get('idempotency-replayed'), again.headers.get('idempotency-replayed')]).toEqual([
      null,
      'true',
    ]);
    expect(await extractions()).toBe(2);
    const other = await post(randomUUID());
    expect(other.body.data.jobId).not.toBe(first.body.data.jobId);
  });

  it('that is sent fifty times at once is worked on once', async () => {
    await person.endOf((await person.connect('newcomer')).jobId);
    const key = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => post(key)));
    const taken = answers.filter(({ status }) => status === 202);
    expect(taken.length).toBeGreaterThan(0);
    expect(new Set(taken.map(({ body }) => body.data.jobId)).size).toBe(1);
    expect(taken.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toHaveLength(1);
    for (const { status, body, headers } of answers.filter((answer) => answer.status !== 202)) {
      expect([status, body.error.code, headers.get('retry-after')]).toEqual([409, 'IDEMPOTENCY_KEY_IN_USE', '1']);
    }
    expect(await extractions()).toBe(2);
  });

  it('that stood for another request, or is no key, is refused', async () => {
    await person.connect('newcomer');
    const key = randomUUID();
    expect((await post(key)).status).toBe(202);
    const { status, body } = await post(key, '/extraction');
    expect([status, body.error.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    for (const bad of ['two words', 'x'.repeat(256), 'é']) {
      const refused = await post(bad);
      expect([refused.status, refused.body.error.code]).toEqual([400, 'IDEMPOTENCY_KEY_INVALID']);
    }
  });

  it('that failed may be sent again with the same key', async () => {
    const key = randomUUID();
    const { status, body } = await post(key);
    expect([status, body.error.code]).toEqual([409, 'NOT_CONNECTED']);
    await person.connect('newcomer');
    expect((await post(key)).status).toBe(202);
  });

  it('R34: may be sent again after its process died and the clock of the database stepped back', async () => {
    await person.connect('newcomer');
    const key = randomUUID();
    expect((await post(key)).status).toBe(202);
    const age = (from: string) =>
      app.database!.query(
        `UPDATE idempotency_keys SET status = NULL, answer = NULL, created_at = now() + $2::interval WHERE user_id = $1`,
        [person.userId, from],
      );
    await age('1 minute');
    expect((await post(key)).body.error.code).toBe('IDEMPOTENCY_KEY_IN_USE');
    await age('1 hour');
    expect((await post(key)).status).toBe(202);
  });

  it("is one person's: the same key of another is another request", async () => {
    const other = await ApiClient.signIn(app);
    await person.connect('newcomer');
    await other.connect('newcomer');
    const key = randomUUID();
    const [mine, theirs] = [await post(key), await post(key, '/extraction/spotify', other)];
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
    expect(theirs.body.data.jobId).not.toBe(mine.body.data.jobId);
  });
});
