import { hash } from '@node-rs/argon2';
import { SignJWT } from 'jose';
import { AccountClient, invitationIn, outcomeOf, PASSWORD } from '../support/account-client.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';

const SECRET = 'a secret of the tests, of more than 32 characters';

describe('accounts of this server', () => {
  let app: RunningApp;
  let operator: ApiClient;
  let networks = 0;

  beforeAll(async () => {
    // Behind a proxy, so that tests can come from many addresses.
    app = await RunningApp.start({ database: 'postgres', env: { TRUST_PROXY: 'true', JWT_SECRET: SECRET } });
    const token = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('operator')
      .sign(new TextEncoder().encode(SECRET));
    operator = new ApiClient(app, token, 'operator');
  });
  afterAll(() => app.stop());

  /** Another network each time. */
  const elsewhere = () => ({ 'x-forwarded-for': `10.${(networks += 1) >> 8}.${networks & 255}.1` });
  const stranger = (headers = elsewhere()) => new AccountClient(app, headers);
  const signUp = (more: Parameters<typeof AccountClient.signUp>[1] = {}) =>
    AccountClient.signUp(app, { headers: elsewhere(), ...more });
  const outcome = ({ status, body }: Answer) => [status, body.error?.code];
  const query = (sql: string, parameters?: unknown[]) => app.database!.query(sql, parameters);
  const tryIn = async (username: string, password: string, headers = elsewhere()) =>
    outcome(await stranger(headers).signInAs(username, password));

  it('are offered with the other ways in', async () => {
    const ways = { demo: true, password: true, passkeys: false, signUp: 'open', oidc: null };
    expect(await stranger().get('/auth/ways')).toEqual({ ...ways, signedIn: false });
    const { browser } = await signUp();
    expect(await browser.get('/auth/ways')).toEqual({ ...ways, signedIn: true });
  });

  describe('are made', () => {
    it('with a cookie that no script and no other site gets, and ten codes', async () => {
      const { browser, userId, recoveryCodes } = await signUp({ username: 'Mira', timeZone: 'Asia/Tokyo' });
      expect(browser.setCookie).toMatch(
        /^session=[\w-]{43}; Max-Age=15552000; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      );
      expect(userId).toMatch(/^local:[0-9a-f-]{36}$/);
      expect(new Set(recoveryCodes).size).toBe(10);
      expect(recoveryCodes.every((code) => /^([0-9A-HJKMNP-TV-Z]{6}-?){4}$/.test(code))).toBe(true);
      expect(await browser.get('/me')).toMatchObject({
        userId,
        username: 'Mira',
        displayName: 'Mira',
        timeZone: 'Asia/Tokyo',
        plan: 'free',
        admin: false,
      });
      expect((await browser.call('GET', '/me')).headers.get('cache-control')).toBe('no-store');
    });

    it.each(['Иван', '山田太郎', 'أحمد بن علي', 'नीलम', 'x'.repeat(64)])('under the name %s', async (username) => {
      await signUp({ username });
      expect((await stranger().signInAs(username)).status).toBe(200);
    });

    it('under a name that nobody else has in any way to write it', async () => {
      await signUp({ username: 'Straße 9' });
      for (const username of ['STRASSE 9', ' straße  9', 'ｓｔｒａßｅ ９']) {
        const body = { username, password: PASSWORD };
        expect(outcome(await stranger().call('POST', '/auth/sign-up', { body }))).toEqual([409, 'USERNAME_TAKEN']);
        expect((await stranger().signInAs(username)).status).toBe(200);
      }
    });

    it('once, of many who want the same name at the same time', async () => {
      const body = { username: 'wanted', password: PASSWORD };
      const answers = await Promise.all(
        Array.from({ length: 6 }, () => stranger().call('POST', '/auth/sign-up', { body })),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409, 409, 409]);
      const [{ people, sessions }] = await query(
        `SELECT count(DISTINCT users.id)::int AS people, count(sessions.id)::int AS sessions
         FROM users LEFT JOIN sessions ON user_id = users.id WHERE display_name = 'wanted'`,
      );
      expect([people, sessions]).toEqual([1, 1]);
    });

    it.each([
      ['nine characters', 'x1y2z3a4b', 400, 'INVALID_INPUT'],
      ['more than 200 characters', 'é'.repeat(201), 400, 'INVALID_INPUT'],
      ['NUL', 'seven violet\0kettles', 400, 'INVALID_INPUT'],
      ['half a character', 'seven violet\ud800kettles', 400, 'INVALID_INPUT'],
      ['what everybody tries first', '1234567890', 422, 'PASSWORD_TOO_COMMON'],
      ['the same in capitals', 'QWERTYUIOP', 422, 'PASSWORD_TOO_COMMON'],
      ['their own name', 'Somebody New', 422, 'PASSWORD_TOO_COMMON'],
    ])('with no password of %s', async (_, password, status, code) => {
      const body = { username: 'somebody new', password };
      expect(outcome(await stranger().call('POST', '/auth/sign-up', { body }))).toEqual([status, code]);
    });

    it('with 200 characters of any script, however they are typed', async () => {
      const { username } = await signUp({ password: 'é界🦄 '.repeat(50) });
      expect((await stranger().signInAs(username, 'e\u0301界🦄 '.repeat(50))).status).toBe(200);
      expect((await stranger().signInAs(username, 'é界🦄 '.repeat(49))).status).toBe(401);
    });
  });

  describe('by invitation', () => {
    const invite = async (admin: boolean) => {
      const { url } = await operator.post('/users/invitations', { admin });
      return invitationIn(url);
    };
    const use = (invitation: string, username = `guest ${(networks += 1)}`) =>
      stranger().call('POST', '/auth/sign-up', { body: { username, password: PASSWORD, invitation } });

    it('are those of operators where that was said, and of nobody else', async () => {
      for (const admin of [true, false]) {
        const { browser } = await signUp({ invitation: await invite(admin) });
        expect((await browser.call('GET', '/queues/overview')).status).toBe(admin ? 200 : 403);
        expect(await browser.get('/me')).toMatchObject({ admin });
      }
    });

    it('work once, also for many at the same time, and not after an hour', async () => {
      const invitation = await invite(true);
      const answers = await Promise.all(Array.from({ length: 5 }, () => use(invitation)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 403, 403, 403, 403]);
      expect(outcome(await use(invitation))).toEqual([403, 'INVITATION_INVALID']);
      const late = await invite(false);
      await query(`UPDATE invitations SET expires_at = expires_at - interval '1 hour'`);
      expect(outcome(await use(late))).toEqual([403, 'INVITATION_INVALID']);
      expect(outcome(await use('made up'))).toEqual([403, 'INVITATION_INVALID']);
    });

    it('are not used up by a name that is taken', async () => {
      const invitation = await invite(false);
      const { username } = await signUp();
      expect(outcome(await use(invitation, username))).toEqual([409, 'USERNAME_TAKEN']);
      expect((await use(invitation)).status).toBe(201);
    });

    it('are made by operators only, whose session is recorded', async () => {
      const { browser } = await signUp();
      expect((await browser.call('POST', '/users/invitations', { body: { admin: true } })).status).toBe(403);
      const { browser: root, userId } = await signUp({ invitation: await invite(true) });
      await root.post('/users/invitations');
      const [current] = await root.get('/sessions');
      const rows = await query(
        'SELECT credential, action, admin_actions.status FROM admin_actions JOIN users ON mark = actor WHERE users.id = $1',
        [userId],
      );
      expect(rows).toEqual([
        { credential: `session ${current.id}`, action: 'POST /api/users/invitations', status: 201 },
      ]);
    });
  });

  describe('tell nobody', () => {
    it('whether a name exists by the answer', async () => {
      const { username } = await signUp();
      const ask = async (name: string) => {
        const { status, body, headers } = await stranger().signInAs(name, 'not the password');
        const { requestId: _, ...rest } = body;
        return JSON.stringify([status, rest, [...headers.keys()].sort()]);
      };
      expect(await ask(`${username} who is not there`)).toBe(await ask(username));
    });

    it('by the number of tries, which are counted for names that nobody has as well', async () => {
      const { username } = await signUp();
      for (const name of [username, 'nobody at all']) {
        const outcomes = await Promise.all(Array.from({ length: 12 }, () => tryIn(name, 'not the password')));
        expect(outcomes.filter(([status]) => status === 401)).toHaveLength(5);
        expect(outcomes.filter(([, code]) => code === 'TOO_MANY_TRIES')).toHaveLength(7);
      }
    });
  });

  describe('are not guessed', () => {
    it('by a thousand tries from as many networks, and the owner hears of those that were looked at', async () => {
      const { username } = await signUp();
      const tries = inFull(1_000, 100);
      const outcomes: unknown[][] = [];
      for (let n = 0; n < tries; n += 50) {
        const guesses = Array.from({ length: 50 }, (_, more) => tryIn(username, `guess number ${n + more}`));
        outcomes.push(...(await Promise.all(guesses)));
      }
      const looked = outcomes.filter(([status]) => status === 401).length;
      expect(looked).toBeLessThan(20);
      expect(outcomes.length - looked).toBe(outcomes.filter(([status]) => status === 429).length);

      // The right one is no exception, until the wait is over.
      await query(`UPDATE failed_sign_ins SET tat = now() + interval '1 minute'`);
      const refused = await stranger().signInAs(username);
      expect(outcome(refused)).toEqual([429, 'TOO_MANY_TRIES']);
      expect(Number(refused.headers.get('retry-after'))).toBe(refused.body.error.retryAfter);
      await query(`UPDATE failed_sign_ins SET tat = now() - interval '1 second'`);
      const { body } = await stranger().signInAs(username);
      expect(body.data.failedTries).toBe(looked);
      expect((await stranger().signInAs(username)).body.data.failedTries).toBe(0);
    });

    it('after ever longer waits', async () => {
      const { username } = await signUp();
      const waits: number[] = [];
      for (let n = 0; n < 18; n += 1) {
        await tryIn(username, `guess number ${n}`);
        const { body } = await stranger().signInAs(username, 'one more');
        waits.push(body.error.retryAfter ?? 0);
        await query(`UPDATE failed_sign_ins SET tat = now() - interval '1 second'`);
      }
      expect(waits.slice(0, 2)).toEqual([0, 0]);
      for (const [n, wait] of [40, 80, 160, 320, 640, 900, 900].entries()) {
        expect(waits[5 + n]).toBeLessThanOrEqual(wait);
        expect(waits[5 + n]).toBeGreaterThan(0.8 * wait);
      }
    });

    it('from one network at many accounts, which keeps nobody elsewhere out', async () => {
      const here = elsewhere();
      const { username } = await signUp();
      const outcomes = await Promise.all(
        Array.from({ length: 30 }, (_, n) => tryIn(`somebody ${n}`, 'winter 2026 !', here)),
      );
      expect(outcomes.filter(([status]) => status === 401)).toHaveLength(20);
      await query(
        `UPDATE failed_sign_ins SET tries = 40, tat = now() - interval '1 second' WHERE key LIKE 'sign-in %'`,
      );
      expect(await tryIn('somebody', 'winter 2026 !', here)).toEqual([401, 'SIGN_IN_FAILED']);
      expect(await tryIn(username, PASSWORD, here)).toEqual([429, 'TOO_MANY_TRIES']);
      expect(await tryIn(username, PASSWORD)).toEqual([200, undefined]);
    });

    it('by way of recovery codes', async () => {
      const { username } = await signUp();
      const code = (recoveryCode: string) =>
        stranger().call('POST', '/auth/sign-in', { body: { username, recoveryCode } }).then(outcome);
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => code('AAAAA-AAAAA-AAAAA-AAAAA')));
      expect(outcomes.filter(([, what]) => what === 'SIGN_IN_FAILED')).toHaveLength(5);
    });
  });

  describe('make sessions', () => {
    it('that outlive the process', async () => {
      const { browser, userId } = await signUp();
      await app.kill();
      await app.startAgain();
      expect(await browser.get('/me')).toMatchObject({ userId });
    });

    it('that count only for pages of this site', async () => {
      const { browser } = await signUp();
      const cookie = browser.cookie!;
      const { host } = new URL(app.url);
      const get = async (headers: Record<string, string>) =>
        (await new ApiClient(app).call('GET', '/me', { headers: { cookie, ...headers } })).status;
      for (const headers of [
        { 'sec-fetch-site': 'same-origin' },
        { 'sec-fetch-site': 'none' },
        { origin: app.url },
        { origin: `http://${host}` },
      ]) {
        expect([headers, await get(headers)]).toEqual([headers, 200]);
      }
      for (const headers of [
        {},
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { 'sec-fetch-site': 'cross-site', origin: app.url },
        { origin: 'https://evil.example' },
        { origin: 'null' },
        { origin: `http://${host}.evil.example` },
      ]) {
        expect([headers, await get(headers)]).toEqual([headers, 401]);
      }
    });

    it('that nobody can choose for somebody else', async () => {
      const { username } = await signUp();
      const browser = stranger();
      const planted = `session=${'A'.repeat(43)}`;
      browser.cookie = planted;
      await browser.signInAs(username);
      expect(browser.cookie).not.toBe(planted);
      const attacker = stranger();
      attacker.cookie = planted;
      expect((await attacker.call('GET', '/me')).status).toBe(401);
    });

    it('that are new with every sign-in, and end the one before', async () => {
      const { browser, username } = await signUp();
      const before = stranger();
      before.cookie = browser.cookie;
      await browser.signInAs(username);
      expect(browser.cookie).not.toBe(before.cookie);
      expect((await before.call('GET', '/me')).status).toBe(401);
      expect(await browser.get('/sessions')).toHaveLength(1);
    });

    it('that are stored as hashes only', async () => {
      const { browser, recoveryCodes } = await signUp();
      const [, secret] = browser.cookie!.split('=');
      const rows = await query(
        `SELECT row_to_json(accounts)::text AS text FROM accounts UNION ALL SELECT row_to_json(sessions)::text FROM sessions
         UNION ALL SELECT row_to_json(recovery_codes)::text FROM recovery_codes`,
      );
      const stored = rows.map(({ text }) => text).join('\n');
      for (const each of [secret!, PASSWORD, ...recoveryCodes]) expect(stored).not.toContain(each);
      expect(stored).toContain('$argon2id$v=19$m=19456,t=2,p=1$');
    });

    it('that their owner sees and ends, one or all others', async () => {
      const { browser, username } = await signUp();
      const others = [stranger(), stranger(), stranger()];
      for (const other of others) await other.signInAs(username);
      const listed = await browser.get('/sessions');
      expect(listed).toHaveLength(4);
      expect(listed[0]).toEqual({
        id: expect.any(String),
        createdAt: expect.any(String),
        lastSeenAt: expect.any(String),
        current: false,
      });
      expect(listed.filter(({ current }: any) => current)).toHaveLength(1);
      const [{ id }] = (await others[0]!.get('/sessions')).filter(({ current }: any) => current);
      expect(await browser.delete(`/sessions/${id}`)).toEqual({ ended: 1 });
      expect(outcome(await others[0]!.call('GET', '/me'))).toEqual([401, 'UNAUTHORIZED']);
      expect((await others[1]!.call('GET', '/me')).status).toBe(200);
      expect(await browser.delete('/sessions')).toEqual({ ended: 2 });
      expect((await others[1]!.call('GET', '/me')).status).toBe(401);
      expect((await browser.call('GET', '/me')).status).toBe(200);
    });

    it('that nobody else sees or ends', async () => {
      const [one, other] = [await signUp(), await signUp()];
      const [{ id }] = await one.browser.get('/sessions');
      for (const wrong of [id, 'nonsense', '00000000-0000-7000-8000-000000000000']) {
        expect(outcome(await other.browser.call('DELETE', `/sessions/${wrong}`))).toEqual([404, 'SESSION_NOT_FOUND']);
      }
      expect((await one.browser.call('GET', '/me')).status).toBe(200);
    });

    it('that end with the sign-out, also when it is repeated', async () => {
      const { browser } = await signUp();
      const kept = stranger();
      kept.cookie = browser.cookie;
      await browser.post('/auth/sign-out');
      expect(browser.cookie).toBeUndefined();
      expect((await kept.call('GET', '/me')).status).toBe(401);
      expect((await kept.call('POST', '/auth/sign-out')).status).toBe(200);
    });

    it.each([
      ['a month without use', `last_seen_at = now() - interval '30 days 1 minute'`],
      ['half a year', `created_at = now() - interval '180 days 1 minute'`],
    ])('that end after %s', async (_, change) => {
      const { browser, userId } = await signUp();
      await query(`UPDATE sessions SET ${change} WHERE user_id = $1`, [userId]);
      expect((await browser.call('GET', '/me')).status).toBe(401);
    });

    it('that are kept by being used', async () => {
      const { browser, userId } = await signUp();
      await query(`UPDATE sessions SET last_seen_at = now() - interval '29 days' WHERE user_id = $1`, [userId]);
      await browser.get('/me');
      const [{ lastSeenAt }] = await browser.get('/sessions');
      expect(Date.now() - Date.parse(lastSeenAt)).toBeLessThan(60_000);
    });

    it('of which one person has a hundred at most', async () => {
      const { browser, username, userId } = await signUp();
      await query(
        `INSERT INTO sessions (id, user_id, hash, admin, last_seen_at)
         SELECT gen_random_uuid(), $1, decode(md5(n::text), 'hex'), false, now() - n * interval '1 second' FROM generate_series(1, 10000) AS n`,
        [userId],
      );
      await browser.signInAs(username);
      expect(await browser.get('/sessions')).toHaveLength(100);
    });
  });

  describe('open sockets', () => {
    it('with the cookie, for pages of this site', async () => {
      const { browser } = await signUp();
      const sockets = [browser.socket(), browser.socket('https://evil.example'), stranger().socket()];
      const [own, foreign, without] = await Promise.all(sockets.map(outcomeOf));
      expect([own, without]).toEqual(['snapshot', 'UNAUTHORIZED']);
      expect(foreign).not.toBe('snapshot');
      for (const socket of sockets) socket.disconnect();
    });

    it('that end with their session within a second, and no other', async () => {
      const { browser, username } = await signUp();
      const other = stranger();
      await other.signInAs(username);
      const [leaving, staying] = [browser.socket(), other.socket()];
      await Promise.all([outcomeOf(leaving), outcomeOf(staying)]);
      const told = new Promise((resolve) => leaving.once('error', resolve));
      const ended = new Promise((resolve) => leaving.once('disconnect', resolve));
      await browser.post('/auth/sign-out');
      expect(await told).toMatchObject({ code: 'SESSION_ENDED' });
      await ended;
      expect(staying.connected).toBe(true);
      staying.disconnect();
    });
  });

  describe('change their password', () => {
    it('with a new sign-in, which ends all other sessions', async () => {
      const { browser, username } = await signUp();
      const other = stranger();
      await other.signInAs(username);
      expect(outcome(await browser.call('PUT', '/me/password', { body: { password: 'qwertyuiop' } }))).toEqual([
        422,
        'PASSWORD_TOO_COMMON',
      ]);
      const before = browser.cookie;
      await browser.call('PUT', '/me/password', { body: { password: 'four quiet lanterns' } });
      expect(browser.cookie).not.toBe(before);
      expect((await browser.call('GET', '/me')).status).toBe(200);
      expect((await other.call('GET', '/me')).status).toBe(401);
      expect(await tryIn(username, PASSWORD)).toEqual([401, 'SIGN_IN_FAILED']);
      expect(await tryIn(username, 'four quiet lanterns')).toEqual([200, undefined]);
    });

    it('after they have lost it, with a code that works once', async () => {
      const { username, recoveryCodes } = await signUp();
      const [code = ''] = recoveryCodes;
      const browser = stranger();
      const body = { username, recoveryCode: ` ${code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o')}` };
      expect(await browser.post('/auth/sign-in', body)).toMatchObject({ failedTries: 0, recoveryCodesLeft: 9 });
      await browser.call('PUT', '/me/password', { body: { password: 'four quiet lanterns' } });
      expect(await tryIn(username, 'four quiet lanterns')).toEqual([200, undefined]);
      expect(outcome(await stranger().call('POST', '/auth/sign-in', { body }))).toEqual([401, 'SIGN_IN_FAILED']);
    });

    it.each([
      ['PUT', '/me/password', { password: 'four quiet lanterns' }],
      ['DELETE', '/account', undefined],
    ])('and whatever else is sensitive only soon after a sign-in: %s %s', async (method, path, body) => {
      const { browser, username, userId } = await signUp();
      await query(`UPDATE sessions SET created_at = now() - interval '11 minutes' WHERE user_id = $1`, [userId]);
      expect(outcome(await browser.call(method, path, { body }))).toEqual([403, 'SIGN_IN_AGAIN']);
      await browser.signInAs(username);
      expect((await browser.call(method, path, { body })).status).toBe(200);
    });

    it('with no token', async () => {
      const body = { password: 'four quiet lanterns' };
      expect(outcome(await operator.call('PUT', '/me/password', { body }))).toEqual([403, 'SIGN_IN_AGAIN']);
    });

    it('unknowingly, to a better hash of the same, when the parameters have been raised', async () => {
      const { username, userId } = await signUp();
      const weak = await hash(PASSWORD, { memoryCost: 8_192, timeCost: 1, parallelism: 1 });
      await query('UPDATE accounts SET password_hash = $2 WHERE user_id = $1', [userId, weak]);
      expect(await tryIn(username, PASSWORD)).toEqual([200, undefined]);
      const [{ hash: stored }] = await query('SELECT password_hash AS hash FROM accounts WHERE user_id = $1', [userId]);
      expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(await tryIn(username, PASSWORD)).toEqual([200, undefined]);
    });
  });

  it('are exported without what lets anybody in, and deleted to the last row', async () => {
    const { browser, username, userId, recoveryCodes } = await signUp();
    const data = await browser.get('/account/export');
    expect(data.account).toEqual([{ username, admin: false, failedTries: 0, createdAt: expect.any(String) }]);
    expect(data.recoveryCodes).toHaveLength(10);
    expect(data.sessions).toHaveLength(1);
    const text = JSON.stringify(data);
    for (const secret of [browser.cookie!.split('=')[1]!, recoveryCodes[0]!, 'argon2']) {
      expect(text).not.toContain(secret);
    }

    const socket = browser.socket();
    await outcomeOf(socket);
    const told = new Promise((resolve) => socket.once('error', resolve));
    expect(await browser.delete('/account')).toMatchObject({ deleted: true });
    expect(await told).toMatchObject({ code: 'ACCOUNT_DELETED' });
    expect((await browser.call('GET', '/me')).status).toBe(401);
    expect(await tryIn(username, PASSWORD)).toEqual([401, 'SIGN_IN_FAILED']);
    for (const table of ['accounts', 'recovery_codes', 'sessions']) {
      expect(await query(`SELECT FROM ${table} WHERE user_id = $1`, [userId])).toEqual([]);
    }
    await signUp({ username });
  });
});
