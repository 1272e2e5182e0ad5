import { Client } from 'pg';
import { ApiClient } from '../support/api-client.js';
import { listens } from '../support/listens.js';
import { LiveFeed, socketTo } from '../support/live-feed.js';
import { QueueSpy } from '../support/queue-spy.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { until } from '../support/until.js';

describe('an account', () => {
  let app: RunningApp;
  let queues: QueueSpy;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', redis: true });
    queues = new QueueSpy(app.redisUrl);
  });
  beforeEach(() => app.spotify.reset());
  afterAll(async () => {
    queues.close();
    await app.stop();
  });

  /** Somebody with everything: items, an import, a signature, a dead letter, an open connect, an idempotency key. */
  async function somebody(): Promise<ApiClient> {
    const person = await ApiClient.signIn(app, { name: `Ada ${Math.random()}`, timeZone: 'Europe/Berlin' });
    await person.endOf((await person.connect('night-owl', 'spotify')).jobId);
    await person.event('signature_completed');
    await person.endOf((await person.connect('night-owl', 'youtube')).jobId);
    await app.spotify.addFault({ path: '/v1/me', status: 403 });
    await person.endOf((await person.post('/extraction/spotify')).jobId);
    await app.spotify.reset();
    const upload = await person.upload([{ name: 'listens.csv', content: listens(20) }]);
    await person.endOf(upload.body.data.jobId);
    await person.authorize('github');
    await person.call('POST', '/soul-signature/build', { headers: { 'idempotency-key': 'once' } });
    await until('rest', async () => {
      const jobs = await app.database!.query('SELECT status FROM jobs WHERE user_id = $1', [person.userId]);
      return jobs.every(({ status }) => !['waiting', 'active'].includes(status));
    });
    return person;
  }

  /** An item of the export with the fields that a list has. */
  function asListed(item: any): object {
    const more = ['firstSeenAt', 'updatedAt', 'goneAt', 'sources', 'versions', 'listening'];
    return Object.fromEntries(Object.entries(item).filter(([name]) => !more.includes(name)));
  }

  /** Every table, as text. */
  async function dump(): Promise<Record<string, string>> {
    const tables = await app.database!.query(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
    );
    const texts: Record<string, string> = {};
    for (const { name } of tables) {
      const [row] = await app.database!.query(`SELECT string_agg(row_to_json(t)::text, E'\\n') AS text FROM ${name} t`);
      texts[name] = row.text ?? '';
    }
    return texts;
  }

  it('is exported whole, and without what opens anything', async () => {
    const person = await somebody();
    const answer = await person.call('GET', '/account/export');
    expect(answer.headers.get('content-disposition')).toContain('attachment');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const { data } = answer.body;
    expect(data.user).toMatchObject({ userId: person.userId, timeZone: 'Europe/Berlin' });
    expect(data.connections.map(({ platform }: any) => platform)).toEqual(['spotify', 'youtube']);
    const items = data.items.map(asListed);
    expect(items).toEqual(await person.all('/extraction/items'));
    expect(data.events.map(({ seq }: any) => seq)).toEqual((await person.events()).map(({ seq }) => seq));
    expect(data.jobs.length).toBeGreaterThanOrEqual(4);
    expect(data.imports).toMatchObject([
      { files: [{ name: 'listens.csv' }], receipt: { read: 20 }, outcome: 'completed' },
    ]);
    expect(data.importEntries).toMatchObject([{ name: 'listens.csv', format: 'lastfm' }]);
    expect(data.signatures.length).toBeGreaterThan(0);
    expect(data.idempotencyKeys).toMatchObject([{ key: 'once' }]);
    expect(data.connects.map(({ status }: any) => status).sort()).toEqual(['connected', 'connected', 'pending']);

    const text = JSON.stringify(answer.body);
    const sealed = await app.database!.query('SELECT access_token, refresh_token FROM connections WHERE user_id = $1', [
      person.userId,
    ]);
    for (const secret of sealed.flatMap((row) => [row.access_token, row.refresh_token])) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toMatch(/access_?token|refresh_?token|verifier|state_?hash/i);
  });

  it('names sensitive themes only while the person asks for it, and deletes the signatures made with them', async () => {
    const person = await ApiClient.signIn(app, { timeZone: 'Europe/Berlin' });
    await person.endOf((await person.connect('newcomer', 'youtube')).jobId);
    await app.database!.query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, time_meaning, payload)
       SELECT $1, 'youtube', 'subscription', 'planted' || n, 'channel:planted' || n, 'snapshot',
              '{"topicCategories": ["https://en.wikipedia.org/wiki/Health", "https://en.wikipedia.org/wiki/Film"]}'
       FROM generate_series(1, 30) AS n`,
      [person.userId],
    );
    const build = async () => {
      await person.endOf((await person.post('/soul-signature/build')).jobId);
      const { version, facets } = await person.get('/soul-signature');
      const { themes } = facets['interests.salience@youtube'].value;
      return { version, themes: themes.map(({ key }: any) => key) };
    };
    const stored = () =>
      app.database!.query(
        `SELECT version, document->'sensitiveTopics' AS asked, document::text LIKE '%theme:health%' AS named
         FROM signatures WHERE user_id = $1 ORDER BY version DESC`,
        [person.userId],
      );
    expect(await person.get('/me')).toMatchObject({ sensitiveTopics: false });
    const first = await build();
    expect(first.themes).toContain('theme:film');
    expect(first.themes).not.toContain('theme:health');

    expect(await person.patch('/me', { sensitiveTopics: true })).toMatchObject({ sensitiveTopics: true });
    const second = await build();
    expect(second).toEqual({ version: first.version + 1, themes: expect.arrayContaining(['theme:health']) });
    expect((await person.get('/account/export')).user).toMatchObject({ sensitiveTopics: true });

    await person.patch('/me', { sensitiveTopics: false });
    expect((await person.get('/soul-signature')).version).toBe(first.version);
    expect((await person.call('GET', `/soul-signature/versions/${second.version}`)).status).toBe(404);
    expect((await person.all('/soul-signature/versions')).map(({ version }: any) => version)).toEqual(
      Array.from({ length: first.version }, (_, i) => first.version - i),
    );
    const third = await build();
    expect(third).toEqual({ version: second.version + 1, themes: first.themes });
    const rows = await stored();
    expect(rows.some(({ asked, named }) => asked === true || named === true)).toBe(false);
    expect(rows[0]!.version).toBe(third.version);
    expect((await person.call('PATCH', '/me', { body: { sensitiveTopics: 'yes' } })).status).toBe(400);
  });

  it('is exported page by page, also when it has more rows than a page', async () => {
    const person = await ApiClient.signIn(app);
    await app.database!.query(
      `INSERT INTO items (user_id, platform, kind, external_id, time_meaning, payload)
       SELECT $1, 'spotify', 'play', n::text, 'user_act', '{}' FROM generate_series(1, 1500) AS n`,
      [person.userId],
    );
    const { items } = await person.get('/account/export');
    expect(items).toHaveLength(1500);
    expect(new Set(items.map(({ externalId }: any) => externalId)).size).toBe(1500);
  });

  it('is deleted with everything: rows, dead letters, events, queue entries, tokens at the provider', async () => {
    const person = await somebody();
    const other = await ApiClient.signIn(app);
    await other.endOf((await other.connect('newcomer')).jobId);
    const youtube = new SandboxControl(app.sandboxUrl, 'youtube');
    await youtube.reset();
    expect(await queues.entriesOf(person.userId)).not.toEqual([]);
    await app.database!.query('INSERT INTO request_budgets (key, tat, user_id) VALUES ($1, now(), $2)', [
      `spotify (sandbox) of ${person.userId}`,
      person.userId,
    ]);

    expect(await person.delete('/account')).toEqual({
      deleted: true,
      connections: [
        { platform: 'spotify', revoked: false, appsUrl: expect.any(String) },
        { platform: 'youtube', revoked: true, appsUrl: expect.any(String) },
      ],
    });
    expect(await youtube.countOf('/oauth/revoke')).toBe(2);
    for (const [table, text] of Object.entries(await dump())) {
      expect([table, text.includes(person.userId)]).toEqual([table, false]);
    }
    await until('its queue entries to be gone', async () => (await queues.entriesOf(person.userId)).length === 0);
    for (const key of await queues.redis.keys('*')) expect(key).not.toContain(person.userId);

    expect((await other.get('/connectors/status')).spotify).toMatchObject({ connected: true });
    expect(await other.itemCounts()).not.toEqual({});
  });

  it('is closed to the tokens from before, on every way in, and open to a new beginning', async () => {
    const name = `Bea ${Math.random()}`;
    const person = await ApiClient.signIn(app, { name });
    const feed = await LiveFeed.open(app, person.token!);
    const told = new Promise((resolve) => feed.socket.once('error', resolve));
    const cut = new Promise((resolve) => feed.socket.once('disconnect', resolve));
    await person.delete('/account');
    expect(await told).toMatchObject({ code: 'ACCOUNT_DELETED' });
    expect(await cut).toBe('io server disconnect');

    for (const path of ['/me', '/account/export', '/connectors/status', '/events']) {
      const { status, body } = await person.call('GET', path);
      expect([path, status, body.error.code]).toEqual([path, 401, 'ACCOUNT_DELETED']);
    }
    const socket = socketTo(app, person.token);
    const refused: any = await new Promise((resolve) => socket.once('connect_error', resolve));
    expect(refused.message).toBe('ACCOUNT_DELETED');
    expect((await app.database!.query('SELECT 1 FROM users WHERE id = $1', [person.userId])).length).toBe(0);

    const again = await ApiClient.signIn(app, { name });
    expect(again.userId).toBe(person.userId);
    expect(await again.events()).toEqual([]);
    expect((await person.call('GET', '/me')).body.error.code).toBe('ACCOUNT_DELETED');
  });

  it.each([
    ['PATCH', '/me', { displayName: 'Ada' }],
    ['POST', '/connectors/github/authorize', {}],
    ['POST', '/soul-signature/build', {}],
    ['POST', '/extraction/spotify', {}],
  ])('that is deleted while %s %s is under way answers that it is gone', async (method, path, body) => {
    const person = await ApiClient.signIn(app);
    await person.endOf((await person.connect('newcomer')).jobId);
    const deletion = new Client(app.database!.url);
    await deletion.connect();
    try {
      await deletion.query('BEGIN');
      await deletion.query('SELECT FROM users WHERE id = $1 FOR UPDATE', [person.userId]);
      const answer = person.call(method, path, { body, headers: { 'idempotency-key': 'late' } });
      await until('the request to wait for the deletion', async () => {
        const rows = await app.database!.query(
          `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
        );
        return rows.length > 0;
      });
      await deletion.query(
        `INSERT INTO deleted_accounts (user_hash, deleted_at) VALUES (sha256(convert_to($1, 'UTF8')), clock_timestamp())`,
        [person.userId],
      );
      await deletion.query('DELETE FROM users WHERE id = $1', [person.userId]);
      await deletion.query('COMMIT');
      expect(await answer).toMatchObject({ status: 401, body: { error: { code: 'ACCOUNT_DELETED' } } });
    } finally {
      await deletion.end();
    }
  });

  it('that is deleted during an extraction is not filled again by it', async () => {
    await app.spotify.addFault({ path: '/v1/me/tracks', latencyMs: 1_500 });
    const person = await ApiClient.signIn(app);
    const { jobId } = await person.connect('night-owl');
    await until('the slow page to be asked for', async () => (await app.spotify.countOf('/v1/me/tracks')) > 0);
    await person.delete('/account');
    await until('the run to end', () => app.lines.some((line) => line.includes(`Run of job ${jobId} ended`)));
    for (const [table, text] of Object.entries(await dump())) {
      expect([table, text.includes(person.userId)]).toEqual([table, false]);
    }
    await until('its queue entries to be gone', async () => (await queues.entriesOf(person.userId)).length === 0);
  });
});
