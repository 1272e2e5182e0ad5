import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { AccountClient } from '../support/account-client.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { freePort } from '../support/free-port.js';
import { RunningApp } from '../support/running-app.js';
import { newMaker, SoftwarePasskey, type Lies } from '../support/software-passkey.js';
import { until } from '../support/until.js';

describe('passkeys', () => {
  let app: RunningApp;
  let origin: string;

  beforeAll(async () => {
    const port = await freePort();
    origin = `http://localhost:${port}`;
    app = await RunningApp.start({ database: 'postgres', env: { PORT: String(port), PUBLIC_URL: origin } });
  });
  afterAll(() => app.stop());

  const outcome = ({ status, body }: Answer) => [status, body.error?.code];
  const query = (sql: string, parameters?: unknown[]) => app.database!.query(sql, parameters);
  const stranger = () => new AccountClient(app);
  const age = (userId: string) =>
    query(`UPDATE sessions SET created_at = now() - interval '11 minutes' WHERE user_id = $1`, [userId]);

  const answerTo = async (browser: AccountClient, passkey: SoftwarePasskey, lies?: Lies) =>
    passkey.create(await browser.post('/me/passkeys/options'), lies);
  const add = async (browser: AccountClient, passkey = new SoftwarePasskey(origin), lies?: Lies) =>
    browser.call('POST', '/me/passkeys', {
      body: { name: 'A key', credential: await answerTo(browser, passkey, lies) },
    });
  /** Somebody with one passkey. */
  const owner = async () => {
    const passkey = new SoftwarePasskey(origin);
    const person = await AccountClient.signUp(app);
    const added = await add(person.browser, passkey);
    expect(added.status).toBe(201);
    return { ...person, passkey, id: added.body.data.id as string };
  };
  /** Sends requests that all come as far as something that is locked, before any goes on. */
  const atOnce = async (lock: string, requests: (() => Promise<Answer>)[]) => {
    const holder = new Client({ connectionString: app.database!.url });
    await holder.connect();
    await holder.query(`BEGIN; ${lock}`);
    const answers = Promise.all(requests.map((request) => request()));
    await until('all of them to wait', async () => {
      const waiting = await query(
        `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`,
      );
      return waiting.length === requests.length;
    });
    await holder.query('COMMIT');
    await holder.end();
    return answers;
  };
  const send = (body: unknown, browser = stranger()) => browser.call('POST', '/auth/passkeys/sign-in', { body });
  const signIn = async (passkey: SoftwarePasskey, lies: Lies = {}, browser = stranger()) =>
    send(passkey.get(await browser.post('/auth/passkeys/options'), lies), browser);

  describe('are added', () => {
    it('with what makes a browser ask who it is, and need no name', async () => {
      const { browser, username } = await AccountClient.signUp(app);
      expect(await browser.get('/auth/ways')).toMatchObject({ passkeys: true });
      const options = await browser.post('/me/passkeys/options');
      expect(options).toMatchObject({
        rp: { id: 'localhost', name: 'Soul Signature' },
        user: { name: username, displayName: username },
        timeout: 300_000,
        attestation: 'none',
        excludeCredentials: [],
        authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      });
      expect(Buffer.from(options.challenge, 'base64url')).toHaveLength(32);
      expect(Buffer.from(options.user.id, 'base64url')).toHaveLength(32);
      const again = await browser.post('/me/passkeys/options');
      expect(again.challenge).not.toBe(options.challenge);
    });

    it('with a name, which can be changed, and are listed', async () => {
      const { browser, id, passkey } = await owner();
      const shown = { id, name: 'A key', createdAt: expect.any(String), lastUsedAt: null, backedUp: true };
      expect(await browser.get('/me/passkeys')).toEqual([shown]);
      expect(await browser.patch(`/me/passkeys/${id}`, { name: ' My phone ' })).toEqual({ ...shown, name: 'My phone' });
      for (const name of ['', 'x'.repeat(61), 'a\0b', 'a\nb']) {
        expect(outcome(await browser.call('PATCH', `/me/passkeys/${id}`, { body: { name } }))).toEqual([
          400,
          'INVALID_INPUT',
        ]);
      }
      const options = await browser.post('/me/passkeys/options');
      expect(options.excludeCredentials).toEqual([{ id: passkey.id, type: 'public-key', transports: ['internal'] }]);
      await add(browser, new SoftwarePasskey(origin));
      const handles = await query('SELECT DISTINCT user_handle FROM passkeys WHERE id = $1 OR name = $2', [
        id,
        'A key',
      ]);
      expect(handles.map(({ user_handle }) => user_handle)).toContain(options.user.id);
    });

    it.each<[string, Lies, number, string]>([
      ['on a page of another origin', { origin: 'http://localhost:1' }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['in a frame of another page', { crossOrigin: true }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['for another site', { rpId: 'evil.example' }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['without asking who it is', { verified: false }, 400, 'PASSKEY_INVALID'],
      ['as a sign-in', { type: 'webauthn.get' }, 400, 'PASSKEY_INVALID'],
      ['with a made-up challenge', { challenge: 'bm8' }, 409, 'PASSKEY_CHALLENGE_INVALID'],
    ])('never %s', async (_, lies, status, code) => {
      const { browser } = await AccountClient.signUp(app);
      expect(outcome(await add(browser, new SoftwarePasskey(origin), lies))).toEqual([status, code]);
      expect(await browser.get('/me/passkeys')).toEqual([]);
    });

    it('that vouch for themselves, and never with a certificate, in which there may be anything', async () => {
      const { browser } = await AccountClient.signUp(app);
      expect((await add(browser, new SoftwarePasskey(origin), { attestedBy: 'itself' })).status).toBe(201);
      const certified = await add(browser, new SoftwarePasskey(origin), { attestedBy: newMaker() });
      expect(outcome(certified)).toEqual([400, 'PASSKEY_INVALID']);
    });

    it('never twice, not with another person’s challenge, and not with one for a sign-in', async () => {
      const [one, other] = [await owner(), await AccountClient.signUp(app)];
      const put = (browser: AccountClient, credential: unknown) =>
        browser.call('POST', '/me/passkeys', { body: { name: 'A key', credential } });
      expect(outcome(await add(other.browser, one.passkey))).toEqual([409, 'PASSKEY_KNOWN']);

      const answer = await answerTo(one.browser, new SoftwarePasskey(origin));
      expect(outcome(await put(other.browser, answer))).toEqual([409, 'PASSKEY_CHALLENGE_INVALID']);
      expect((await put(one.browser, answer)).status).toBe(201);
      expect(outcome(await put(one.browser, answer))).toEqual([409, 'PASSKEY_CHALLENGE_INVALID']);

      const { challenge } = await one.browser.post('/auth/passkeys/options', { again: true });
      expect(outcome(await add(one.browser, new SoftwarePasskey(origin), { challenge }))).toEqual([
        409,
        'PASSKEY_CHALLENGE_INVALID',
      ]);
    });

    it('up to twenty, also when they are added at the same time', async () => {
      const { browser, userId } = await AccountClient.signUp(app);
      const answers = await Promise.all([1, 2, 3].map(() => answerTo(browser, new SoftwarePasskey(origin))));
      await query(
        `INSERT INTO passkeys (id, user_id, credential_id, public_key, user_handle, counter, transports, backup_eligible, backed_up, name)
         SELECT gen_random_uuid(), $1, $1 || n, '', 'x', 0, '{}', false, false, 'filler' FROM generate_series(1, 19) AS n`,
        [userId],
      );
      const added = await atOnce(
        `SELECT FROM users WHERE id = '${userId}' FOR UPDATE`,
        answers.map(
          (credential) => () => browser.call('POST', '/me/passkeys', { body: { name: 'A key', credential } }),
        ),
      );
      expect(added.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
      expect(outcome(await browser.call('POST', '/me/passkeys/options'))).toEqual([409, 'TOO_MANY_PASSKEYS']);
    });

    it('within ten minutes of a sign-in, and never with a token', async () => {
      const { browser, userId, id } = await owner();
      await age(userId);
      const token = await ApiClient.signIn(app);
      for (const [method, path] of [
        ['POST', '/me/passkeys/options'],
        ['DELETE', `/me/passkeys/${id}`],
      ] as const) {
        expect(outcome(await browser.call(method, path))).toEqual([403, 'SIGN_IN_AGAIN']);
        expect(outcome(await token.call(method, path))).toEqual([403, 'SIGN_IN_AGAIN']);
      }
      expect(await browser.get('/me/passkeys')).toHaveLength(1);
    });
  });

  describe('sign in', () => {
    it('like a password: with a new session, and word of what others tried', async () => {
      const { browser, userId, username, passkey } = await owner();
      await stranger().signInAs(username, 'not the password');
      const before = browser.cookie;
      const { status, body } = await signIn(passkey, {}, browser);
      expect([status, body.data]).toEqual([200, { userId, failedTries: 1 }]);
      expect(browser.cookie).not.toBe(before);
      expect(await browser.get('/sessions')).toHaveLength(1);
      expect(await browser.get('/me/passkeys')).toMatchObject([{ lastUsedAt: expect.any(String) }]);
      const elsewhere = stranger();
      await signIn(passkey, {}, elsewhere);
      expect(await elsewhere.get('/me')).toMatchObject({ userId });
    });

    it.each<[string, Lies, number, string]>([
      ['on a page of another origin', { origin: 'https://evil.example' }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['at the address behind the name', { origin: 'http://127.0.0.1' }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['in a frame of another page', { crossOrigin: true }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['for another site', { rpId: 'evil.example' }, 403, 'PASSKEY_OF_ANOTHER_SITE'],
      ['without asking who it is', { verified: false }, 401, 'SIGN_IN_FAILED'],
      ['with the signature of a new passkey', { type: 'webauthn.create' }, 401, 'SIGN_IN_FAILED'],
      ['with another key', { forged: true }, 401, 'SIGN_IN_FAILED'],
      ['as nobody', { userHandle: undefined }, 401, 'SIGN_IN_FAILED'],
      ['as somebody else', { userHandle: 'c29tZWJvZHk' }, 401, 'SIGN_IN_FAILED'],
      ['with a made-up challenge', { challenge: 'bm8' }, 409, 'PASSKEY_CHALLENGE_INVALID'],
    ])('never %s', async (_, lies, status, code) => {
      const { passkey } = await owner();
      const answer = await signIn(passkey, lies);
      expect(outcome(answer)).toEqual([status, code]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    });

    it('never without being known, and then as with a wrong password', async () => {
      const { username, passkey } = await owner();
      const unknown = await signIn(new SoftwarePasskey(origin), { userHandle: 'c29tZWJvZHk' });
      expect(outcome(unknown)).toEqual(outcome(await stranger().signInAs(username, 'not the password')));
      const stolen = new SoftwarePasskey(origin);
      expect(outcome(await signIn(stolen, { credentialId: passkey.id }))).toEqual([401, 'SIGN_IN_FAILED']);
    });

    it('once with each challenge, also after a failure, and of many at the same time', async () => {
      const { passkey } = await owner();
      const answer = passkey.get(await stranger().post('/auth/passkeys/options'));
      const answers = await Promise.all(Array.from({ length: 5 }, () => send(answer)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);

      const options = await stranger().post('/auth/passkeys/options');
      expect((await send(passkey.get(options, { forged: true }))).status).toBe(401);
      expect(outcome(await send(passkey.get(options)))).toEqual([409, 'PASSKEY_CHALLENGE_INVALID']);
    });

    it('not with an old challenge, nor with one to add a passkey', async () => {
      const { browser, passkey } = await owner();
      const old = await stranger().post('/auth/passkeys/options');
      await query(`UPDATE passkey_challenges SET expires_at = now() - interval '1 second'`);
      expect(outcome(await send(passkey.get(old)))).toEqual([409, 'PASSKEY_CHALLENGE_INVALID']);
      const { challenge } = await browser.post('/me/passkeys/options');
      expect(outcome(await signIn(passkey, { challenge }))).toEqual([409, 'PASSKEY_CHALLENGE_INVALID']);
    });

    it('not when the counter of signatures does not go on, which the log says', async () => {
      const { passkey, id } = await owner();
      for (const [counter, expected] of [
        [7, [200, undefined]],
        [7, [403, 'PASSKEY_COUNTER']],
        [6, [403, 'PASSKEY_COUNTER']],
        [0, [403, 'PASSKEY_COUNTER']],
        [8, [200, undefined]],
      ] as const) {
        expect(outcome(await signIn(passkey, { counter }))).toEqual(expected);
      }
      expect(outcome(await signIn(passkey, { counter: 3, forged: true }))).toEqual([401, 'SIGN_IN_FAILED']);
      expect(app.lines.some((line) => line.includes(`counter of passkey ${id} did not go on`))).toBe(true);
    });

    it('again, for the one who is signed in alone', async () => {
      const [one, other] = [await owner(), await owner()];
      await age(one.userId);
      const options = await one.browser.post('/auth/passkeys/options', { again: true });
      expect(options.allowCredentials).toEqual([{ id: one.passkey.id, type: 'public-key', transports: ['internal'] }]);
      expect(outcome(await send(other.passkey.get(options), one.browser))).toEqual([401, 'SIGN_IN_FAILED']);
      expect(outcome(await one.browser.call('POST', '/me/passkeys/options'))).toEqual([403, 'SIGN_IN_AGAIN']);
      const second = await one.browser.post('/auth/passkeys/options', { again: true });
      // An authenticator that was told whom it shall ask may leave out who it is.
      expect((await send(one.passkey.get(second, { userHandle: undefined }), one.browser)).status).toBe(200);
      expect((await one.browser.call('POST', '/me/passkeys/options')).status).toBe(200);
      expect(outcome(await stranger().call('POST', '/auth/passkeys/options', { body: { again: true } }))).toEqual([
        401,
        'UNAUTHORIZED',
      ]);
    });

    it('with a body of any other kind never', async () => {
      const { passkey } = await owner();
      const answer = passkey.get(await stranger().post('/auth/passkeys/options'));
      const withResponse = (change: object) => ({ ...answer, response: { ...answer.response, ...change } });
      for (const body of [
        {},
        [],
        { ...answer, type: 'password' },
        { ...answer, id: 'a'.repeat(1_401) },
        { ...answer, rawId: 'other' },
        { ...answer, id: 'a\0', rawId: 'a\0' },
        withResponse({ signature: 7 }),
        withResponse({ clientDataJSON: 'bm8' }),
        withResponse({ clientDataJSON: Buffer.from('null').toString('base64url') }),
        withResponse({ clientDataJSON: randomBytes(6_001).toString('base64url') }),
        withResponse({ authenticatorData: 'AAAA' }),
      ]) {
        expect([400, 401, 403, 409]).toContain((await send(body)).status);
      }
      expect(app.lines.filter((line) => /answered with 500|Error:/.test(line))).toEqual([]);
    });
  });

  describe('are removed', () => {
    it('by their owner alone, and open nothing then', async () => {
      const [one, other] = [await owner(), await owner()];
      for (const id of [one.id, 'nonsense', '00000000-0000-7000-8000-000000000000']) {
        for (const [method, body] of [['DELETE'], ['PATCH', { name: 'Mine' }]] as const) {
          const answer = await other.browser.call(method, `/me/passkeys/${id}`, { body });
          expect(outcome(answer)).toEqual([404, 'PASSKEY_NOT_FOUND']);
        }
      }
      await one.browser.delete(`/me/passkeys/${one.id}`);
      expect(await one.browser.get('/me/passkeys')).toEqual([]);
      expect(outcome(await signIn(one.passkey))).toEqual([401, 'SIGN_IN_FAILED']);
    });

    it('as long as another way in is left', async () => {
      const { browser, userId, id, passkey } = await owner();
      const second = (await add(browser)).body.data.id;
      await query('DELETE FROM accounts WHERE user_id = $1', [userId]);
      expect((await signIn(passkey, {}, browser)).body.data).toEqual({ userId, failedTries: 0 });
      const removals = await atOnce(
        'LOCK TABLE accounts',
        [id, second].map((each) => () => browser.call('DELETE', `/me/passkeys/${each}`)),
      );
      expect(removals.map(outcome).sort()).toEqual([
        [200, undefined],
        [409, 'LAST_WAY_IN'],
      ]);
      expect(await browser.get('/me/passkeys')).toHaveLength(1);
    });
  });

  it('keep no more than a thousand challenges of one network', async () => {
    await query(
      `INSERT INTO passkey_challenges (hash, purpose, network, created_at, expires_at)
       SELECT decode(md5(n::text), 'hex'), 'sign-in', '127.0.0.1', now() - interval '1 minute', now() + interval '1 minute'
       FROM generate_series(1, 2000) AS n`,
    );
    const { passkey } = await owner();
    expect((await signIn(passkey)).status).toBe(200);
    const [{ count }] = await query(
      `SELECT count(*)::int AS count FROM passkey_challenges WHERE network = '127.0.0.1'`,
    );
    expect(count).toBeLessThanOrEqual(1_000);
  });

  it('are exported by name and date, without keys, and deleted to the last row', async () => {
    const { browser, userId, passkey } = await owner();
    await browser.post('/me/passkeys/options');
    const data = await browser.get('/account/export');
    expect(data.passkeys).toEqual([
      { id: expect.any(String), name: 'A key', backedUp: true, createdAt: expect.any(String), lastUsedAt: null },
    ]);
    expect(data.passkeyChallenges).toEqual([
      {
        purpose: 'add',
        network: '127.0.0.1',
        createdAt: expect.any(String),
        expiresAt: expect.any(String),
      },
    ]);
    expect(JSON.stringify(data)).not.toContain(passkey.id);
    await browser.delete('/account');
    expect(outcome(await signIn(passkey))).toEqual([401, 'SIGN_IN_FAILED']);
    for (const table of ['passkeys', 'passkey_challenges']) {
      expect(await query(`SELECT FROM ${table} WHERE user_id = $1`, [userId])).toEqual([]);
    }
  });

  it('leave no challenge and no key in the log', async () => {
    const { browser, passkey } = await owner();
    const options = await browser.post('/auth/passkeys/options');
    const answer = passkey.get(options);
    await send(answer);
    const log = app.lines.join('\n');
    for (const secret of [options.challenge, passkey.id, answer.response.signature]) expect(log).not.toContain(secret);
  });
});
