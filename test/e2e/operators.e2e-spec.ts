import { SignJWT } from 'jose';
import { AccountClient, invitationIn, outcomeOf, PASSWORD } from '../support/account-client.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { LiveFeed } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

const SECRET = 'a secret of the tests, of more than 32 characters';
const NOBODY = 'local:00000000-0000-7000-8000-000000000000';

describe('administrators', () => {
  let app: RunningApp;
  /** With the account of an administrator. */
  let root: AccountClient;
  let rootId: string;
  let rootName: string;
  /** As the command line asks. */
  let commandLine: ApiClient;
  let networks = 0;
  /** What administrators were answered. */
  const answers: string[] = [];

  const tokenOf = (userId: string, claims: Readonly<Record<string, string>> = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject(userId)
      .setIssuedAt()
      .sign(new TextEncoder().encode(SECRET));
  const clientOf = async (userId: string, claims?: Readonly<Record<string, string>>) =>
    new ApiClient(app, await tokenOf(userId, claims), userId);
  const elsewhere = () => ({ 'x-forwarded-for': `10.9.${(networks += 1)}.1` });
  const stranger = () => new AccountClient(app, elsewhere());
  const signUp = (more: Parameters<typeof AccountClient.signUp>[1] = {}) =>
    AccountClient.signUp(app, { headers: elsewhere(), ...more });
  const outcome = ({ status, body }: Answer) => [status, body.error?.code];
  const query = (sql: string, parameters?: unknown[]) => app.database!.query(sql, parameters);
  const pathOf = (userId: string, what: string) => `/users/${encodeURIComponent(userId)}/${what}`;
  const order = async (userId: string, what: string, by: ApiClient = root) =>
    outcome(await by.call('POST', pathOf(userId, what)));
  const personOf = async (userId: string) =>
    (await root.get(`/users?search=${encodeURIComponent(userId)}`)).find((each: any) => each.userId === userId);
  const signUpAdmin = async () => {
    const { url } = await commandLine.post('/users/invitations', { admin: true });
    return signUp({ invitation: invitationIn(url) });
  };
  const ageSessions = (userId: string) =>
    query(`UPDATE sessions SET created_at = now() - interval '11 minutes' WHERE user_id = $1`, [userId]);

  beforeAll(async () => {
    // Behind a proxy, so that tests can come from many addresses.
    app = await RunningApp.start({ database: 'postgres', env: { TRUST_PROXY: 'true', JWT_SECRET: SECRET } });
    commandLine = await clientOf('cli', { role: 'admin' });
    ({ browser: root, userId: rootId, username: rootName } = await signUpAdmin());
    const call = root.call.bind(root);
    root.call = async (...request) => {
      const answer = await call(...request);
      answers.push(`${JSON.stringify(answer.body)} ${JSON.stringify([...answer.headers])}`);
      return answer;
    };
  });
  afterAll(() => app.stop());

  describe('see people', () => {
    it('with their name, how they come in and when, and nothing else', async () => {
      const today = new Date().toISOString().slice(0, 10);
      const { userId, username, browser } = await signUp();
      expect(await personOf(userId)).toEqual({
        userId,
        name: username,
        ways: ['password'],
        createdAt: expect.any(String),
        lastSeen: null,
        lockedAt: null,
        admin: false,
      });
      await browser.get('/me');
      expect((await personOf(userId)).lastSeen).toBe(today);
      expect(await personOf(rootId)).toMatchObject({ name: rootName, admin: true, ways: ['password'] });
      const demo = await ApiClient.signIn(app, { name: 'Nadia of the demo' });
      expect(await personOf(demo.userId)).toMatchObject({ ways: ['demo'], name: 'Nadia of the demo', admin: false });
      const operator = await clientOf('an operator elsewhere', { role: 'admin' });
      await operator.get('/me');
      expect(await personOf(operator.userId)).toMatchObject({ ways: ['token'], name: null, admin: true });
      // On the same day they are still one, and on another no more.
      const plain = await clientOf(operator.userId);
      await plain.get('/me');
      expect(await personOf(operator.userId)).toMatchObject({ admin: true });
      await query(`UPDATE users SET seen_on = seen_on - 1 WHERE id = $1`, [operator.userId]);
      await plain.get('/me');
      expect(await personOf(operator.userId)).toMatchObject({ admin: false, lastSeen: today });
    });

    it('newest first, in pages that leave nobody out, and without the command line', async () => {
      for (let n = 0; n < 3; n += 1) await signUp();
      await query(`UPDATE users SET created_at = '2026-01-01' WHERE id IN (SELECT id FROM users ORDER BY id LIMIT 3)`);
      const all = await root.all('/users', 2);
      const rows = await query(`SELECT id FROM users WHERE id <> 'cli' ORDER BY created_at DESC, id DESC`);
      expect(all.map(({ userId }) => userId)).toEqual(rows.map(({ id }) => id));
      expect(outcome(await root.call('GET', '/users?cursor=made-up'))).toEqual([400, 'INVALID_INPUT']);
    });

    it.each([
      ['Иван Грозный', 'иван'],
      ['STRASSE 12', 'straße'],
      ['100% real_name', '100% real_'],
    ])('by a part of the name %s', async (username, search) => {
      const { userId } = await signUp({ username });
      const found = await root.get(`/users?search=${encodeURIComponent(search)}`);
      expect(found.map((each: any) => each.userId)).toEqual([userId]);
    });
  });

  describe('lock people', () => {
    it('with a session, who is told so in every way they come, and loses nothing', async () => {
      const { browser, username, userId, recoveryCodes } = await signUp({ timeZone: 'Asia/Tokyo' });
      const socket = browser.socket();
      await outcomeOf(socket);
      const told = new Promise((resolve) => socket.once('error', resolve));
      const ended = new Promise((resolve) => socket.once('disconnect', resolve));
      expect(await order(userId, 'lock')).toEqual([200, undefined]);
      expect(await told).toMatchObject({ code: 'ACCOUNT_LOCKED' });
      await ended;

      const locked = [403, 'ACCOUNT_LOCKED'];
      expect(outcome(await browser.call('GET', '/me'))).toEqual(locked);
      expect(await browser.get('/auth/ways')).toMatchObject({ signedIn: false });
      const again = browser.socket();
      expect(await outcomeOf(again)).toBe('ACCOUNT_LOCKED');
      again.disconnect();
      const refused = await stranger().signInAs(username);
      expect([outcome(refused), refused.headers.getSetCookie()]).toEqual([locked, []]);
      expect(refused.body.error.message).toMatch(/ask/);
      const recoveryCode = recoveryCodes[0];
      const withCode = () => stranger().call('POST', '/auth/sign-in', { body: { username, recoveryCode } });
      expect(outcome(await withCode())).toEqual(locked);
      // Whoever does not know the password learns nothing.
      expect(outcome(await stranger().signInAs(username, 'not the password'))).toEqual([401, 'SIGN_IN_FAILED']);
      expect(await order(userId, 'lock')).toEqual([200, undefined]);
      // As one that began just when they were locked.
      await query('UPDATE sessions SET ended_at = NULL WHERE user_id = $1', [userId]);
      expect(outcome(await browser.call('GET', '/me'))).toEqual(locked);

      expect(await order(userId, 'unlock')).toEqual([200, undefined]);
      expect(outcome(await browser.call('GET', '/me'))).toEqual([401, 'UNAUTHORIZED']);
      expect((await withCode()).body.data).toMatchObject({ recoveryCodesLeft: 9 });
      await browser.signInAs(username);
      expect(await browser.get('/me')).toMatchObject({ userId, timeZone: 'Asia/Tokyo' });
    });

    it('with a token, of the demo or of another issuer, whose sockets end as well', async () => {
      const demo = await ApiClient.signIn(app, { name: 'Locked of the demo' });
      const other = await clientOf('somebody elsewhere');
      for (const client of [demo, other]) {
        const feed = await LiveFeed.open(app, client.token!);
        expect(await order(client.userId, 'lock')).toEqual([200, undefined]);
        await feed.until('the end', () => feed.errors.find(({ code }) => code === 'ACCOUNT_LOCKED'));
        for (const path of ['/me', '/sessions', '/account/export']) {
          expect(outcome(await client.call('GET', path))).toEqual([403, 'ACCOUNT_LOCKED']);
        }
        expect(outcome(await client.call('DELETE', '/account'))).toEqual([403, 'ACCOUNT_LOCKED']);
        feed.close();
      }
      const body = { name: 'Locked of the demo' };
      expect(outcome(await new ApiClient(app).call('POST', '/auth/demo', { body }))).toEqual([403, 'ACCOUNT_LOCKED']);
      expect(await order(demo.userId, 'unlock')).toEqual([200, undefined]);
      expect((await demo.call('GET', '/me')).status).toBe(200);
    });

    it('who cannot go on with a lock of their own as an administrator', async () => {
      const other = await signUpAdmin();
      expect(await order(other.userId, 'lock')).toEqual([200, undefined]);
      expect(await order(rootId, 'lock', other.browser)).toEqual([403, 'ACCOUNT_LOCKED']);
      expect(outcome(await other.browser.call('GET', '/users'))).toEqual([403, 'ACCOUNT_LOCKED']);
    });

    it('but neither themselves, nor the last of them', async () => {
      expect(await order(rootId, 'lock')).toEqual([409, 'CANNOT_LOCK_YOURSELF']);
      const others = `id NOT IN ($1, 'cli')`;
      await query(`UPDATE users SET locked_at = now() WHERE ${others}`, [rootId]);
      expect(await order(rootId, 'lock', commandLine)).toEqual([409, 'LAST_ADMINISTRATOR']);
      const second = await signUpAdmin();
      // Both are let in, and then the one who comes second would lock the last.
      const both = await Promise.all([order(second.userId, 'lock'), order(rootId, 'lock', second.browser)]);
      expect(both.filter(([status]) => status === 200)).toHaveLength(1);
      const [{ left }] = await query(
        `SELECT count(*)::int AS left FROM users WHERE locked_at IS NULL AND id IN ($1, $2)`,
        [rootId, second.userId],
      );
      expect(left).toBe(1);
      await query(`UPDATE users SET locked_at = NULL WHERE ${others} OR id = $1`, [rootId]);
      await root.signInAs(rootName);
    });

    it('or nobody, where there is nobody of this id', async () => {
      for (const what of ['lock', 'unlock', 'sign-out']) {
        for (const id of [NOBODY, 'cli', '🦄', 'x'.repeat(200)]) {
          expect([id, await order(id, what)]).toEqual([id, [404, 'USER_NOT_FOUND']]);
        }
        expect(await order('x'.repeat(201), what)).toEqual([400, 'INVALID_INPUT']);
      }
    });
  });

  it('sign people out everywhere, who may sign in again', async () => {
    const { browser, username, userId } = await signUp();
    const other = stranger();
    await other.signInAs(username);
    expect(await root.post(pathOf(userId, 'sign-out'))).toEqual({ ended: 2 });
    for (const client of [browser, other]) {
      expect(outcome(await client.call('GET', '/me'))).toEqual([401, 'UNAUTHORIZED']);
    }
    expect((await other.signInAs(username)).status).toBe(200);
  });

  describe('are asked', () => {
    const ROUTES = [
      ['POST', '/users/invitations'],
      ['POST', pathOf(NOBODY, 'lock')],
      ['POST', pathOf(NOBODY, 'unlock')],
      ['POST', pathOf(NOBODY, 'sign-out')],
    ] as const;

    it.each(ROUTES)('to sign in again before %s %s, where that was long ago', async (method, path) => {
      await ageSessions(rootId);
      expect(outcome(await root.call(method, path))).toEqual([403, 'SIGN_IN_AGAIN']);
      await root.signInAs(rootName);
      expect([201, 404]).toContain((await root.call(method, path)).status);
    });

    it.each([...ROUTES, ['GET', '/users'], ['GET', '/audit']] as const)(
      'and nobody else: %s %s',
      async (method, path) => {
        const { browser } = await signUp();
        expect(outcome(await browser.call(method, path))).toEqual([403, 'FORBIDDEN']);
        expect(outcome(await stranger().call(method, path))).toEqual([401, 'UNAUTHORIZED']);
      },
    );
  });

  describe('leave a log', () => {
    const lately = async (path = '/audit?limit=1') => (await root.get(path))[0];

    it('of who did what to whom, and what was refused', async () => {
      const { userId, username } = await signUp();
      await order(userId, 'lock');
      const named = { mark: expect.any(String), userId, name: username };
      const act = {
        id: expect.any(String),
        at: expect.any(String),
        actor: { mark: expect.any(String), userId: rootId, name: rootName },
        credential: 'session',
        action: 'POST /api/users/:userId/lock',
        person: named,
        target: null,
        status: 200,
        address: expect.any(String),
        requestId: expect.any(String),
      };
      expect(await lately()).toEqual(act);
      await order(userId, 'unlock', commandLine);
      expect(await lately()).toMatchObject({
        actor: { userId: 'cli', name: 'command line' },
        credential: 'token',
        action: 'POST /api/users/:userId/unlock',
        person: named,
      });
      await order(rootId, 'lock');
      const refused = await until('the refusal', async () => {
        const found = await lately();
        return found.status === 409 && found;
      });
      expect(refused).toMatchObject({ actor: { userId: rootId }, person: { userId: rootId }, target: null });
      await root.post('/users/invitations');
      expect(await lately()).toMatchObject({ action: 'POST /api/users/invitations', target: 'a person', status: 201 });
      await root.post('/queues/extraction/pause');
      expect(await lately()).toMatchObject({ action: 'POST /api/queues/:name/pause', target: 'extraction' });
      await root.post('/queues/extraction/failed/discard', { all: true });
      await until('the discarding', async () => (await lately()).target === 'extraction (0)');
      await root.post('/queues/extraction/resume');
      // What somebody does with their own things is theirs.
      await root.patch('/me', { timeZone: 'Asia/Tokyo' });
      expect(await lately()).toMatchObject({ action: 'POST /api/queues/:name/resume' });

      const about = await root.get(`/audit?userId=${encodeURIComponent(userId)}`);
      expect(about.map((each: any) => each.action.split('/').at(-1))).toEqual(['unlock', 'lock']);
      const all = await root.all('/audit', 3);
      expect(all).toEqual(await root.get('/audit?limit=200'));
    });

    it('in the same transaction as what they did', async () => {
      const { userId } = await signUp();
      await query(
        `ALTER TABLE admin_actions ADD CONSTRAINT no_lock CHECK (action <> 'POST /api/users/:userId/lock') NOT VALID`,
      );
      expect((await order(userId, 'lock'))[0]).toBe(500);
      expect(await personOf(userId)).toMatchObject({ lockedAt: null });
      await query('ALTER TABLE admin_actions DROP CONSTRAINT no_lock');
    });

    it('that the database lets nobody change, and that goes after a year', async () => {
      const refused = /neither changed nor deleted/;
      for (const sql of [
        'UPDATE admin_actions SET status = 200',
        'UPDATE admin_actions SET address = NULL',
        'UPDATE admin_actions SET actor = NULL, address = NULL',
        'DELETE FROM admin_actions',
        'TRUNCATE admin_actions',
      ]) {
        await expect(query(sql)).rejects.toThrow(refused);
      }
      const [{ count }] = await query('SELECT count(*)::int AS count FROM admin_actions');
      await query(
        `INSERT INTO admin_actions (id, at, action, status)
         SELECT lpad(days::text, 32, '0')::uuid, now() - days * interval '1 day', 'old', 200 FROM unnest(ARRAY[364, 367]) AS days`,
      );
      await query(`DELETE FROM admin_actions WHERE at < now() - interval '1 year'`);
      const [after] = await query('SELECT count(*)::int AS count FROM admin_actions');
      expect(after.count).toBe(count + 1);
    });

    it('that names nobody whose account is deleted, and still tells one from the other', async () => {
      const person = await signUp();
      const admin = await signUpAdmin();
      await order(person.userId, 'lock', admin.browser);
      await order(person.userId, 'unlock', admin.browser);
      const { person: before, actor } = await lately();
      await person.browser.signInAs(person.username);
      const { administration } = await person.browser.get('/account/export');
      expect(administration).toHaveLength(2);
      for (const each of administration) {
        expect(each).toMatchObject({ byYou: false, aboutYou: true, credential: null, address: null, status: 200 });
      }
      expect(JSON.stringify(administration)).not.toContain(admin.userId);
      await person.browser.delete('/account');
      await admin.browser.delete('/account');
      const rows = await root.get('/audit?limit=2');
      for (const row of rows) {
        expect(row).toMatchObject({
          person: { mark: before.mark, userId: null, name: null },
          actor: { mark: actor.mark, userId: null, name: null },
          address: null,
        });
      }
      // Nor does asking for them again leave their id.
      await order(person.userId, 'lock');
      await until('the record', async () => (await root.get('/audit?limit=1'))[0].status === 404);
      const [{ text }] = await query(`SELECT string_agg(admin_actions::text, ' ') AS text FROM admin_actions`);
      for (const each of [person, admin]) {
        expect(text).not.toContain(each.userId);
        expect(text).not.toContain(each.username);
      }
    });
  });

  it('are answered nothing that lets anybody in', async () => {
    const { browser, userId, recoveryCodes } = await signUp();
    const token = await tokenOf(userId);
    await order(userId, 'lock');
    for (const path of ['/users?limit=200', '/audit?limit=200']) await root.get(path);
    const rows = await query(
      `SELECT unnest(ARRAY[id::text, encode(hash, 'hex'), encode(hash, 'base64')]) AS secret FROM sessions
       UNION ALL SELECT password_hash FROM accounts UNION ALL SELECT encode(hash, 'hex') FROM recovery_codes`,
    );
    const secrets = rows.map(({ secret }) => secret).concat(recoveryCodes, browser.cookie!, token, PASSWORD, '$argon2');
    expect(answers.length).toBeGreaterThan(30);
    const said = answers.join('\n');
    expect(secrets.filter((secret) => said.includes(secret))).toEqual([]);
  });
});
