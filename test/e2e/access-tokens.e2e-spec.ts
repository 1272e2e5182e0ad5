import { AccountClient, outcomeOf } from '../support/account-client.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { Assistant } from '../support/assistant.js';
import { inFull } from '../support/length.js';
import { listens } from '../support/listens.js';
import { socketTo } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

describe('tokens that people make for programs', () => {
  let app: RunningApp;
  /** Has a signature. */
  let mira: Awaited<ReturnType<typeof AccountClient.signUp>>;

  beforeAll(async () => {
    app = await RunningApp.start({
      database: 'postgres',
      env: { TRUST_PROXY: 'true', EXTRACTION_SCHEDULE: 'off', SIGNATURE_DELAY_MS: '0', LOG_LEVEL: 'trace' },
    });
    mira = await AccountClient.signUp(app, { username: 'Mira', timeZone: 'Europe/Berlin' });
    const bringing = await program(mira, ['imports:write', 'extraction:run']);
    const upload = await bringing.upload([{ name: 'scrobbles.csv', content: listens(400) }]);
    await bringing.endOf(upload.body.data.jobId);
    await bringing.endOf((await bringing.post('/soul-signature/build')).jobId);
  });
  afterAll(() => app.stop());

  const query = (sql: string, parameters?: unknown[]) => app.database!.query(sql, parameters);
  const outcome = ({ status, body }: Answer) => [status, body.error?.code, body.error?.details?.scope];
  const make = (
    { browser }: { browser: AccountClient },
    scopes: readonly string[] = ['signature:read'],
    more: object = {},
  ): Promise<{ id: string; token: string }> => browser.post('/tokens', { name: 'A program', scopes, ...more });
  /** A program of somebody’s. */
  async function program(who: { browser: AccountClient }, scopes: readonly string[]): Promise<ApiClient> {
    return new ApiClient(app, (await make(who, scopes)).token);
  }

  describe('are made', () => {
    it('once, to be read by nobody again', async () => {
      const answer = await mira.browser.call('POST', '/tokens', {
        body: {
          name: 'Backups',
          scopes: ['items:read', 'events:read', 'items:read'],
          expiresAt: '2099-01-01T00:00:00Z',
        },
      });
      const { id, token } = answer.body.data;
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([201, 'no-store']);
      expect(token).toMatch(/^soul_[0-9A-Za-z]{49}$/);
      const [listed] = await mira.browser.get('/tokens');
      expect(listed).toEqual({
        id,
        name: 'Backups',
        scopes: ['items:read', 'events:read'],
        createdAt: expect.any(String),
        expiresAt: '2099-01-01T00:00:00.000Z',
        lastUse: null,
      });
      await new ApiClient(app, token).get('/extraction/items?limit=1');
      const stored = await query(`SELECT access_tokens::text AS row FROM access_tokens WHERE id = $1`, [id]);
      for (const text of [JSON.stringify(stored), app.lines.join('\n')]) expect(text).not.toContain(token.slice(5, 30));
    });

    it.each([
      ['no scope', { scopes: [] }],
      ['a scope that there is not', { scopes: ['everything'] }],
      ['the scope that no program gets', { scopes: ['account'] }],
      ['no name', { name: ' ' }],
      ['a name with NUL', { name: 'a\0b' }],
      ['too long a name', { name: 'x'.repeat(101) }],
      ['an end that is over', { expiresAt: '2020-01-01T00:00:00Z' }],
      ['an end that is no time', { expiresAt: 'tomorrow' }],
    ])('but not with %s', async (_, wrong) => {
      const body = { name: 'A program', scopes: ['items:read'], ...wrong };
      expect(outcome(await mira.browser.call('POST', '/tokens', { body }))).toEqual([400, 'INVALID_INPUT', undefined]);
    });

    it('soon after a sign-in only, and with no token', async () => {
      const body = { name: 'A program', scopes: ['signature:read'] };
      const { browser, userId } = await AccountClient.signUp(app);
      await query(`UPDATE sessions SET created_at = now() - interval '11 minutes' WHERE user_id = $1`, [userId]);
      expect((await browser.call('POST', '/tokens', { body })).body.error.code).toBe('SIGN_IN_AGAIN');
      const demo = await ApiClient.signIn(app);
      expect((await demo.call('POST', '/tokens', { body })).body.error.code).toBe('SIGN_IN_AGAIN');
      const any = await program(mira, ['signature:read', 'items:read']);
      expect(outcome(await any.call('POST', '/tokens', { body }))).toEqual([403, 'SCOPE_MISSING', 'account']);
    });

    it('fifty at most, also when many are asked for at once', async () => {
      const person = await AccountClient.signUp(app);
      await query(
        `INSERT INTO access_tokens (id, user_id, name, scopes, hash)
         SELECT gen_random_uuid(), $1, 'x', '{items:read}', decode(md5($1 || n::text), 'hex') FROM generate_series(1, 47) AS n`,
        [person.userId],
      );
      const body = { name: 'A program', scopes: ['signature:read'] };
      const answers = await Promise.all(
        Array.from({ length: 8 }, () => person.browser.call('POST', '/tokens', { body })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 409, 409, 409, 409, 409]);
      const [{ id }] = await person.browser.get('/tokens');
      await person.browser.delete(`/tokens/${id}`);
      await make(person);
    });
  });

  describe('open', () => {
    it('what their scopes say, and say which one is missing', async () => {
      const reader = await program(mira, ['signature:read']);
      const { version, facts } = await reader.get('/soul-signature');
      expect(facts.length).toBeGreaterThan(0);
      expect(outcome(await reader.call('GET', '/extraction/items'))).toEqual([403, 'SCOPE_MISSING', 'items:read']);
      const evidence = `/soul-signature/versions/${version}/evidence/${encodeURIComponent(facts[0].key)}`;
      expect(outcome(await reader.call('GET', evidence))).toEqual([403, 'SCOPE_MISSING', 'evidence:read']);
      const more = await program(mira, ['signature:read', 'evidence:read']);
      expect((await more.get(evidence)).length).toBeGreaterThan(0);
    });

    it('no ids of the items behind a claim, and no names of what weighs most, without evidence:read', async () => {
      const paths = ['/soul-signature', '/soul-signature/versions/1'];
      const idsSeen = async (scopes: readonly string[]) => {
        const reader = await program(mira, scopes);
        const seen = await Promise.all(paths.map((path) => reader.get(path)));
        return seen.map((each) => ['lastfm/play/', '"top":[{'].map((part) => JSON.stringify(each).includes(part)));
      };
      expect(await idsSeen(['signature:read', 'evidence:read'])).toEqual([
        [true, true],
        [true, true],
      ]);
      expect(await idsSeen(['signature:read'])).toEqual([
        [false, false],
        [false, false],
      ]);
    });

    it.each([
      ['never was', () => `soul_${'x'.repeat(49)}`],
      [
        'was changed by a character',
        (token: string) => token.slice(0, -10) + (token.at(-10) === 'a' ? 'b' : 'a') + token.slice(-9),
      ],
      ['lacks its last character', (token: string) => token.slice(0, -1)],
      ['has another beginning', (token: string) => token.replace('soul_', 'Soul_')],
    ])('nothing when it %s', async (_, change) => {
      const { token } = await make(mira);
      const { status, body } = await new ApiClient(app, change(token)).call('GET', '/soul-signature');
      expect([status, body.error.code]).toEqual([401, 'UNAUTHORIZED']);
    });

    it('nothing any more once they are over', async () => {
      const { id, token } = await make(mira, ['signature:read'], { expiresAt: '2099-01-01T00:00:00Z' });
      const reader = new ApiClient(app, token);
      await reader.get('/soul-signature');
      await query(`UPDATE access_tokens SET expires_at = now() WHERE id = $1`, [id]);
      expect(outcome(await reader.call('GET', '/soul-signature'))).toEqual([401, 'TOKEN_EXPIRED', undefined]);
      expect((await mira.browser.get('/tokens')).map((each: any) => each.id)).not.toContain(id);
    });

    it('nothing any more once their owner ends them, and only the owner can', async () => {
      const other = await AccountClient.signUp(app);
      const { id, token } = await make(mira);
      const reader = new ApiClient(app, token);
      for (const wrong of [id, 'nonsense']) {
        expect(outcome(await other.browser.call('DELETE', `/tokens/${wrong}`))[1]).toBe('TOKEN_NOT_FOUND');
      }
      await reader.get('/soul-signature');
      await mira.browser.delete(`/tokens/${id}`);
      expect(outcome(await reader.call('GET', '/soul-signature'))).toEqual([401, 'UNAUTHORIZED', undefined]);
      expect(outcome(await mira.browser.call('DELETE', `/tokens/${id}`))[1]).toBe('TOKEN_NOT_FOUND');
    });

    it('what operators do, as long as their owner is one, and not by the way', async () => {
      const root = await AccountClient.signUp(app);
      const body = { name: 'Watch', scopes: ['admin:read'] };
      expect(outcome(await root.browser.call('POST', '/tokens', { body }))).toEqual([
        403,
        'SCOPE_NOT_YOURS',
        'admin:read',
      ]);
      await query('UPDATE accounts SET admin = true WHERE user_id = $1', [root.userId]);
      const watch = await program(root, ['admin:read', 'extraction:run']);
      await watch.get('/queues/overview');
      const pause = await program(root, ['admin']);
      expect((await pause.post('/users/invitations')).url).toContain('#invitation=');
      expect(outcome(await pause.call('POST', '/users/invitations', { body: { admin: true } }))[1]).toBe(
        'SIGN_IN_AGAIN',
      );
      const [{ credential }] = await until('the record', () =>
        query(`SELECT credential FROM admin_actions JOIN users ON mark = actor WHERE users.id = $1 AND status = 201`, [
          root.userId,
        ]).then((rows) => (rows.length > 0 ? rows : undefined)),
      );
      expect(credential).toMatch(/^access token [0-9a-f-]{36}$/);
      // Of others’ jobs it sees none where it asks as a person.
      const [{ id }] = await query('SELECT id FROM jobs WHERE user_id = $1 LIMIT 1', [mira.userId]);
      expect((await watch.call('GET', `/jobs/${id}`)).status).toBe(404);
      await query('UPDATE accounts SET admin = false WHERE user_id = $1', [root.userId]);
      expect(outcome(await watch.call('GET', '/queues/overview'))).toEqual([403, 'SCOPE_MISSING', 'admin:read']);
    });
  });

  it('show when they were used last, and from which kind of network', async () => {
    const { id, token } = await make(mira);
    const lastUse = async () => (await mira.browser.get('/tokens')).find((each: any) => each.id === id).lastUse;
    const day = (await query(`SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD') AS day`))[0].day;
    const use = (address: string) =>
      new ApiClient(app, token).call('GET', '/soul-signature', { headers: { 'x-forwarded-for': address } });
    await use('203.0.113.9');
    expect(await lastUse()).toEqual({ day, family: 'IPv4' });
    await use('2001:db8::9');
    expect(await lastUse()).toEqual({ day, family: 'IPv6' });
  });

  describe('open sockets', () => {
    it('with events:read, until they are ended', async () => {
      const { id, token } = await make(mira, ['events:read']);
      const without = socketTo(app, (await make(mira, ['items:read'])).token);
      const unknown = socketTo(app, `soul_${'x'.repeat(49)}`);
      expect(await Promise.all([outcomeOf(without), outcomeOf(unknown)])).toEqual(['SCOPE_MISSING', 'UNAUTHORIZED']);
      const [leaving, staying] = [socketTo(app, token), mira.browser.socket()];
      expect(await Promise.all([outcomeOf(leaving), outcomeOf(staying)])).toEqual(['snapshot', 'snapshot']);
      const told = new Promise((resolve) => leaving.once('error', resolve));
      const ended = new Promise((resolve) => leaving.once('disconnect', resolve));
      await mira.browser.delete(`/tokens/${id}`);
      expect(await told).toMatchObject({ code: 'TOKEN_ENDED' });
      await ended;
      expect(staying.connected).toBe(true);
      for (const socket of [without, unknown, leaving, staying]) socket.disconnect();
    });
  });

  describe('let assistants in', () => {
    it('with what each tool asks for', async () => {
      const assistant = await Assistant.overHttp(app, (await make(mira, ['signature:read'])).token);
      expect((await assistant.read('get_signature')).facts.length).toBeGreaterThan(0);
      expect(await assistant.call('list_items', { platform: 'lastfm', kind: 'play' })).toMatchObject({
        isError: true,
        text: expect.stringMatching(/^SCOPE_MISSING: .*items:read/),
      });
      await assistant.close();
    });

    it('with the items behind a claim only where evidence:read is granted', async () => {
      const [{ key }] = (await (await program(mira, ['signature:read'])).get('/soul-signature')).facts;
      const explained = async (scopes: readonly string[]) => {
        const assistant = await Assistant.overHttp(app, (await make(mira, scopes)).token);
        const { text, data } = await assistant.call('explain_claim', { key });
        await assistant.close();
        return { text, shown: data.items.length > 0, itemCount: data.itemCount, missing: data.scopesMissing };
      };
      const less = await explained(['signature:read']);
      const more = await explained(['signature:read', 'evidence:read']);
      expect(less).toMatchObject({ shown: false, itemCount: more.itemCount, missing: ['evidence:read'] });
      expect(less.text).toContain('not given the scope evidence:read');
      expect(more).toMatchObject({ shown: true, missing: [] });
      expect(more.text).not.toContain('scope');
    });

    it('and nobody whose scopes are for something else, also over stdio', async () => {
      const { token } = await make(mira, ['events:read']);
      await expect(Assistant.overHttp(app, token)).rejects.toMatchObject({ status: 403 });
      const env = (each: string) => ({ SOUL_URL: app.url, SOUL_TOKEN: each });
      await expect(Assistant.overStdio(env(token), 'handshake')).rejects.toThrow(/SCOPE_MISSING/);
      const assistant = await Assistant.overStdio(env((await make(mira)).token), 'stateless');
      expect(await assistant.read('coverage')).toMatchObject({ platforms: [{ platform: 'lastfm' }] });
      await assistant.close();
    });
  });

  describe('are watched', () => {
    const kept = ({ program, what, scope, count }: any) => ({ program: program.name, what, scope, count });

    it('by a row for each program, hour and way, with a count', async () => {
      const person = await AccountClient.signUp(app);
      const { id, token } = await make(person, ['items:read', 'signature:read', 'events:read'], { name: 'Watched' });
      const reader = new ApiClient(app, token);
      for (let n = 0; n < 3; n += 1) await reader.get('/extraction/items');
      await reader.call('GET', '/imports'); // Refused.
      await reader.call('GET', '/soul-signature'); // There is none.
      const assistant = await Assistant.overHttp(app, token);
      await assistant.read('coverage');
      await assistant.close();
      const socket = socketTo(app, token);
      await outcomeOf(socket);
      socket.disconnect();
      const reads = await person.browser.all('/account/reads', 1);
      expect(reads.map(kept).sort((a, b) => a.what.localeCompare(b.what))).toEqual([
        { program: 'Watched', what: 'coverage', scope: 'signature:read', count: 1 },
        { program: 'Watched', what: 'GET /api/extraction/items', scope: 'items:read', count: 3 },
        { program: 'Watched', what: 'socket', scope: 'events:read', count: 1 },
      ]);
      expect(reads[0]).toEqual({
        program: { id, name: 'Watched' },
        what: expect.any(String),
        scope: expect.any(String),
        count: expect.any(Number),
        firstAt: expect.any(String),
        lastAt: expect.any(String),
      });
      await person.browser.delete(`/tokens/${id}`);
      expect(await person.browser.get('/account/reads')).toHaveLength(3);
      const data = await person.browser.get('/account/export');
      expect(data.programTokens).toMatchObject([{ id, name: 'Watched', endedAt: expect.any(String) }]);
      expect(data.programReads).toHaveLength(3);
      expect(JSON.stringify(data)).not.toContain(token.slice(5, 30));

      const other = await make(person, ['items:read']);
      await new ApiClient(app, other.token).get('/extraction/items');
      await person.browser.delete('/account');
      expect((await new ApiClient(app, other.token).call('GET', '/extraction/items')).status).toBe(401);
      for (const table of ['access_tokens', 'program_reads']) {
        expect(await query(`SELECT FROM ${table} WHERE user_id = $1`, [person.userId])).toEqual([]);
      }
    });

    it('without making a read wait or fail where that cannot be written', async () => {
      const person = await AccountClient.signUp(app);
      const reader = await program(person, ['items:read']);
      await query('ALTER TABLE program_reads RENAME TO program_reads_away');
      await reader.get('/extraction/items');
      await until('a try to write', () => app.lines.some((line) => line.includes('Reads were not written yet')));
      await reader.get('/extraction/items');
      await query('ALTER TABLE program_reads_away RENAME TO program_reads');
      expect(await person.browser.get('/account/reads')).toMatchObject([
        { what: 'GET /api/extraction/items', count: 2 },
      ]);
    });

    it('with a page that begins where the one before ends', async () => {
      const person = await AccountClient.signUp(app);
      const rows = inFull(1_000, 7);
      await query(
        `INSERT INTO program_reads (user_id, hour, program_id, program, what, scope, count)
         SELECT $1, date_trunc('hour', now()) - n % 3 * interval '1 hour', gen_random_uuid(), 'x', 'GET /' || n, 'items:read', n
         FROM generate_series(1, $2::int) AS n`,
        [person.userId, rows],
      );
      const reads = await person.browser.all('/account/reads', 2);
      expect(reads.map(({ count }) => count).sort((a, b) => a - b)).toEqual(
        Array.from({ length: rows }, (_, n) => n + 1),
      );
      const { body } = await person.browser.call('GET', '/account/reads?cursor=bm8');
      expect(body.error.code).toBe('INVALID_INPUT');
    });
  });
});
