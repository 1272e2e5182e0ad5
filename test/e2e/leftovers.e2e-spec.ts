import { ApiClient } from '../support/api-client.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

/** Rows that another version has left behind: of a platform that was taken out, and with data of another form. */
describe('What another version has stored', () => {
  let app: RunningApp;
  let person: ApiClient;
  let admin: ApiClient;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres' });
    admin = await ApiClient.signIn(app, { admin: true });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    person = await ApiClient.signIn(app);
  });

  const query = (sql: string, parameters: readonly unknown[] = []) => app.database!.query(sql, parameters);
  const addJob = async (data: object, platform: string | null) => {
    const [{ id }] = await query(
      `INSERT INTO jobs (id, name, queue, user_id, platform, data, unique_key, trigger, max_attempts, priority, run_at)
       VALUES (gen_random_uuid(), 'extract-platform', 'extraction', $1, $2, $3, $4, 'manual', 3, 5, now()) RETURNING id`,
      [person.userId, platform, JSON.stringify(data), `${platform} ${person.userId}`],
    );
    return id as string;
  };
  const failed = async (id: string) => {
    await until('the job has failed', async () => (await person.get(`/jobs/${id}`)).state === 'failed');
    return (await person.get(`/jobs/${id}`)).errorCode as string;
  };

  it('of a platform that was taken out stops nothing: its job fails with a code, all else answers, and it can be given up', async () => {
    await query(
      `INSERT INTO connections (user_id, platform, origin, status, connected_at, access_token) VALUES ($1, 'myspace', 'real', 'connected', now(), 'sealed')`,
      [person.userId],
    );
    await query(`UPDATE schedules SET next_at = now() WHERE user_id = $1 AND platform = 'myspace'`, [person.userId]);
    await query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       VALUES ($1, 'myspace', 'play', '1', 'song', now(), 'user_act', '{}')`,
      [person.userId],
    );
    const id = await addJob({ userId: person.userId, platform: 'myspace' }, 'myspace');
    expect(await failed(id)).toBe('UNKNOWN_PLATFORM');

    const { jobId } = await person.connect('night-owl', 'github');
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
    expect(Object.keys(await person.get('/connectors/status'))).toEqual(['spotify', 'github', 'youtube']);
    expect((await person.call('POST', '/extraction/myspace')).body.error.code).toBe('UNKNOWN_PLATFORM');
    expect((await person.call('POST', '/extraction')).status).toBe(202);
    for (const path of ['/extraction/items?platform=myspace', '/account/export']) {
      expect({ path, status: (await person.call('GET', path)).status }).toEqual({ path, status: 200 });
    }
    for (const path of ['/queues/overview', '/queues/stats', '/queues/extraction/jobs?state=failed']) {
      expect({ path, status: (await admin.call('GET', path)).status }).toEqual({ path, status: 200 });
    }
    expect((await fetch(`${app.url}/metrics`)).status).toBe(200);
    await until('there is a signature', async () => (await person.call('GET', '/soul-signature')).status === 200);

    expect((await person.call('DELETE', '/connectors/youtube')).status).toBe(404);
    expect(await person.delete('/connectors/github')).toMatchObject({ connected: false, revoked: true });
    expect(await person.delete('/connectors/myspace?deleteData=true')).toMatchObject({
      connected: false,
      revoked: false,
    });
    expect(await query(`SELECT FROM items WHERE user_id = $1 AND platform = 'myspace'`, [person.userId])).toEqual([]);
  });

  it('with data of another form is a dead letter that says so, which can be retried and discarded', async () => {
    const id = await addJob({ person: person.userId }, null);
    expect(await failed(id)).toBe('JOB_DATA_INVALID');
    expect(await admin.post('/queues/extraction/failed/retry', { ids: [id] })).toMatchObject({ retried: 1 });
    expect(await failed(id)).toBe('JOB_DATA_INVALID');
    // A repaired row goes through.
    await query('UPDATE jobs SET data = $2 WHERE id = $1', [
      id,
      JSON.stringify({ userId: person.userId, platform: 'spotify' }),
    ]);
    expect(await admin.post('/queues/extraction/failed/retry', { ids: [id] })).toMatchObject({ retried: 1 });
    expect(await failed(id)).toBe('NOT_CONNECTED');
    const other = await addJob(['not', 'an', 'object'], null);
    expect(await failed(other)).toBe('JOB_DATA_INVALID');
    expect(await admin.post('/queues/extraction/failed/discard', { ids: [id, other] })).toMatchObject({
      discarded: 2,
    });
  });

  it('of workers that were renamed or are gone takes no slot and stops nothing', async () => {
    await query(
      `INSERT INTO workers (id, queue, slots, seen_at)
       VALUES (gen_random_uuid(), 'renamed', 5, now()), (gen_random_uuid(), 'extraction', 5, now() - interval '1 day')`,
    );
    const { queues } = await admin.get('/queues/overview');
    expect(queues.find(({ name }: { name: string }) => name === 'extraction').slots).toBe(10);
    const { jobId } = await person.connect('night-owl', 'spotify');
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
  });
});
