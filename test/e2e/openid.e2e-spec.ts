import { SignJWT } from 'jose';
import { AccountClient, invitationIn, outcomeOf } from '../support/account-client.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { TestProvider, Visitor, type Person } from '../support/openid-client.js';
import { RunningApp } from '../support/running-app.js';

const SECRET = 'a secret of the tests, of more than 32 characters';

describe('signing in with an OpenID provider (oidc-provider)', () => {
  let app: RunningApp;
  let provider: TestProvider;
  let operator: ApiClient;
  let serial = 0;

  beforeAll(async () => {
    provider = await TestProvider.reserve();
    app = await RunningApp.start({
      database: 'postgres',
      env: {
        JWT_SECRET: SECRET,
        SIGN_UP: 'invite',
        OIDC_ADMIN_CLAIM: 'groups=soul-admins',
        OIDC_ALLOWED: 'groups=soul-users,example.org',
        ...provider.env,
      },
    });
    const token = await new SignJWT({ role: 'admin' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('operator')
      .sign(new TextEncoder().encode(SECRET));
    operator = new ApiClient(app, token, 'operator');
  });
  afterAll(async () => {
    await app.stop();
    await provider.stop();
  });

  const query = (sql: string, parameters?: unknown[]) => app.database!.query(sql, parameters);
  const outcome = ({ status, body }: Answer) => [status, body.error?.code];
  const invite = async (admin = false) => invitationIn((await operator.post('/users/invitations', { admin })).url);
  /** Somebody at the provider who may come in. */
  const member = (more: object = {}): Person => ({ sub: `member-${(serial += 1)}`, groups: ['soul-users'], ...more });
  /** A browser, and where it landed when this person had signed in with it. */
  const enter = async (person: Person, body: object = {}, visitor = new Visitor(app)) => {
    await provider.expect(person);
    return { visitor, landed: await visitor.signIn(body) };
  };
  const signedIn = async (person: Person) => {
    const { visitor, landed } = await enter(person);
    expect(landed).toBe('/');
    return { visitor, me: await visitor.page.get('/me') };
  };
  const account = async () => (await AccountClient.signUp(app, { invitation: await invite() })).browser;

  describe('while the provider is down', () => {
    it('says so, and everything else works', async () => {
      const visitor = new Visitor(app);
      expect(outcome(await visitor.page.call('POST', '/auth/oidc/start', { body: {} }))).toEqual([
        503,
        'OIDC_PROVIDER_DOWN',
      ]);
      const { status, headers } = await visitor.page.call('GET', '/auth/oidc/start?returnTo=/operator.html');
      expect([status, headers.get('location')]).toEqual([303, '/operator.html?signInError=OIDC_PROVIDER_DOWN']);
      expect((await (await account()).get('/me')).username).toBeDefined();
    });

    it('goes on once it is back', async () => {
      await provider.start(app);
      expect(await new Visitor(app).begin()).toContain(provider.issuer);
    });
  });

  describe('lets people in', () => {
    it('with a session like that of a password, as the person they are at the provider', async () => {
      expect(await operator.get('/auth/ways')).toMatchObject({ oidc: { title: 'Example Login' } });
      const ada = member({ name: ' Ada\u0007 Lovelace ', email: 'ada@example.com' });
      const { visitor, me } = await signedIn(ada);
      expect(visitor.page.setCookie).toMatch(
        /^session=[\w-]{43}; Max-Age=15552000; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      );
      expect(me).toMatchObject({ username: null, displayName: 'Ada Lovelace', admin: false });
      expect(me.userId).toMatch(/^oidc:[\w-]{43}$/);
      expect(await visitor.page.get('/me/identities')).toEqual([
        {
          id: expect.any(String),
          title: 'Example Login',
          issuer: provider.issuer,
          subject: ada.sub,
          createdAt: expect.any(String),
          lastUsedAt: expect.any(String),
        },
      ]);
      const socket = visitor.page.socket();
      expect(await outcomeOf(socket)).toBe('snapshot');
      socket.disconnect();

      const again = await signedIn({ ...ada, name: 'Countess', email: 'other@example.com' });
      expect(again.me).toEqual(me);
      expect(await query('SELECT FROM users WHERE id = $1', [me.userId])).toHaveLength(1);
    });

    it('once only, who come twice at the same time for the first time', async () => {
      const person = member();
      await provider.expect(person);
      const visitors = [new Visitor(app), new Visitor(app), new Visitor(app)];
      expect(await Promise.all(visitors.map((visitor) => visitor.signIn()))).toEqual(['/', '/', '/']);
      const ids = await Promise.all(visitors.map(async ({ page }) => (await page.get('/me')).userId));
      expect(new Set(ids).size).toBe(1);
    });

    it('on the page they came from, if it is one of ours', async () => {
      const { landed } = await enter(member(), { returnTo: '/operator.html?x=1' });
      expect(landed).toBe('/operator.html?x=1');
      const { visitor } = await signedIn(member());
      for (const returnTo of ['//evil.example', 'https://evil.example', '/\\evil.example', '/api/me', '/a/../API/x']) {
        const path = `/auth/oidc/start?returnTo=${encodeURIComponent(returnTo)}`;
        expect([returnTo, ...outcome(await visitor.page.call('GET', path))]).toEqual([returnTo, 400, 'INVALID_INPUT']);
      }
    });

    it('by a link too', async () => {
      const visitor = new Visitor(app);
      await provider.expect(member());
      const callback = await visitor.browser.follow(`${app.url}/api/auth/oidc/start`, `${app.url}/api/auth/oidc/call`);
      expect(await visitor.land(callback)).toBe('/');
      expect((await visitor.page.call('GET', '/me')).status).toBe(200);
    });

    it('and ends the session that the browser had, so that nobody can choose one for somebody else', async () => {
      const { visitor } = await signedIn(member());
      const before = new AccountClient(app);
      before.cookie = visitor.page.cookie;
      await enter(member(), {}, new Visitor(app, visitor.page));
      expect(visitor.page.cookie).not.toBe(before.cookie);
      expect((await before.call('GET', '/me')).status).toBe(401);
      expect((await visitor.page.call('GET', '/me')).status).toBe(200);
    });

    it('in two tabs of one browser at once', async () => {
      const visitor = new Visitor(app);
      await provider.expect(member());
      const [one, other] = [await visitor.begin(), await visitor.begin()];
      expect(await visitor.land(await visitor.ask(one))).toBe('/');
      expect(await visitor.land(await visitor.ask(other))).toBe('/');
    });
  });

  describe('for the first time', () => {
    const stranger = (more: object = {}): Person => ({ sub: `stranger-${(serial += 1)}`, ...more });

    it.each([
      ['in a group that may', { groups: ['others', 'soul-users'] }, '/'],
      ['in the domain that may', { email: 'x@Example.org', email_verified: true }, '/'],
      ['in that domain by their own word', { email: 'x@example.org', email_verified: false }, undefined],
      ['in a domain that ends like it', { email: 'x@notexample.org', email_verified: true }, undefined],
      ['in a domain below it', { email: 'x@evil.example.org', email_verified: true }, undefined],
      ['in no group', { groups: 'soul-users-not' }, undefined],
    ])('takes who is %s', async (_, claims, landed = '/?signInError=INVITATION_INVALID') => {
      expect((await enter(stranger(claims))).landed).toBe(landed);
    });

    it('takes who was invited, once, and makes them what the invitation says', async () => {
      const invitation = await invite(true);
      const guest = stranger();
      const { visitor, landed } = await enter(guest, { invitation });
      expect(landed).toBe('/');
      expect(await visitor.page.get('/me')).toMatchObject({ admin: true });
      expect((await enter(stranger(), { invitation })).landed).toBe('/?signInError=INVITATION_INVALID');
      // Without the claim: what an invitation made of somebody they stay.
      expect((await signedIn(guest)).me).toMatchObject({ admin: true });
    });

    it('leaves nothing of those who may not', async () => {
      const { sub } = stranger();
      await enter({ sub });
      expect(await query('SELECT FROM identities WHERE subject = $1', [sub])).toEqual([]);
    });
  });

  describe('believes no answer', () => {
    /** A callback as it should be, of somebody who may come in. */
    const good = async (visitor: Visitor, change = (url: URL) => url) => {
      await provider.expect(member());
      return visitor.ask(change(new URL(await visitor.begin())).href);
    };
    const changed = (address: string, name: string, value: string | null) => {
      const url = new URL(address);
      if (value === null) url.searchParams.delete(name);
      else url.searchParams.set(name, value);
      return url.href;
    };
    const refused = async (visitor: Visitor, callback: string, code: string) => {
      expect(await visitor.land(callback)).toBe(`/?signInError=${code}`);
      expect(visitor.page.cookie).toBeUndefined();
    };

    it('twice', async () => {
      const visitor = new Visitor(app);
      const callback = await good(visitor);
      expect(await visitor.land(callback)).toBe('/');
      expect(await visitor.land(callback)).toBe('/?signInError=OIDC_ALREADY_USED');
    });

    it('in another browser, and still in the right one', async () => {
      const visitor = new Visitor(app);
      const callback = await good(visitor);
      await refused(new Visitor(app), callback, 'OIDC_WRONG_BROWSER');
      const begun = new Visitor(app);
      await begun.begin();
      await refused(begun, callback, 'OIDC_WRONG_BROWSER');
      expect(await visitor.land(callback)).toBe('/');
    });

    it('after ten minutes', async () => {
      const visitor = new Visitor(app);
      const callback = await good(visitor);
      await query('UPDATE openid_flows SET expires_at = now()');
      await refused(visitor, callback, 'OIDC_EXPIRED');
    });

    it('with a state that is not ours, or of another flow of the same browser', async () => {
      const visitor = new Visitor(app);
      const callback = await good(visitor);
      await refused(visitor, changed(callback, 'state', 'made-up'), 'OIDC_STATE_INVALID');
      await refused(visitor, changed(callback, 'state', null), 'OIDC_STATE_INVALID');
      await refused(visitor, `${callback}&state=second`, 'OIDC_STATE_INVALID');
      const other = new URL(await visitor.begin()).searchParams.get('state');
      await refused(visitor, changed(callback, 'state', other), 'OIDC_CODE_REFUSED');
    });

    it.each([
      ['nonce', 'another-nonce', 'OIDC_ANSWER_INVALID'],
      ['code_challenge', 'A'.repeat(43), 'OIDC_CODE_REFUSED'],
    ])('to a question whose %s somebody has changed on the way', async (name, value, code) => {
      const visitor = new Visitor(app);
      const callback = await good(visitor, (url) => new URL(changed(url.href, name, value)));
      await refused(visitor, callback, code);
    });

    it.each([
      ['another issuer', 'https://evil.example'],
      ['nobody', null],
    ])('of %s, as when providers are mixed up (RFC 9207)', async (_, iss) => {
      const visitor = new Visitor(app);
      await refused(visitor, changed(await good(visitor), 'iss', iss), 'OIDC_ANSWER_INVALID');
    });

    it('with the code of somebody else', async () => {
      const [attacker, victim] = [new Visitor(app), new Visitor(app)];
      const code = new URL(await good(attacker)).searchParams.get('code');
      await refused(victim, changed(await good(victim), 'code', code), 'OIDC_CODE_REFUSED');
    });

    it('that is a refusal', async () => {
      const visitor = new Visitor(app);
      const url = await visitor.begin();
      await provider.expect({ sub: 'nobody', deny: true });
      await refused(visitor, await visitor.ask(url), 'OIDC_DENIED');
    });
  });

  describe('makes operators', () => {
    it('of those with the claim, as long as they have it', async () => {
      const person = member();
      expect((await signedIn(person)).me.admin).toBe(false);
      const { visitor: root, me } = await signedIn({ ...person, groups: ['soul-users', 'soul-admins'] });
      expect(me.admin).toBe(true);
      expect((await root.page.call('GET', '/queues/overview')).status).toBe(200);
      const { visitor: former } = await signedIn(person);
      expect((await former.page.call('GET', '/queues/overview')).status).toBe(403);
      // Where they were one still, they are signed out.
      expect((await root.page.call('GET', '/queues/overview')).status).toBe(401);
    });

    it('of nobody by a name that only looks like the claim', async () => {
      expect((await signedIn(member({ groups: ['soul-users', 'soul-admins-not'] }))).me.admin).toBe(false);
    });
  });

  describe('asks again', () => {
    const old = (visitor: Visitor) =>
      query(`UPDATE sessions SET created_at = now() - interval '11 minutes' WHERE user_id = $1`, [visitor.page.userId]);

    it('before what cannot be undone, also soon after a sign-in for which the provider has not asked', async () => {
      const person = member();
      const { visitor } = await signedIn(person);
      expect(outcome(await visitor.page.call('DELETE', '/account'))).toEqual([403, 'SIGN_IN_AGAIN']);
      await old(visitor);
      expect(await visitor.signIn({ again: true })).toBe('/');
      expect((await visitor.page.call('DELETE', '/account')).status).toBe(200);
    });

    it('and takes nobody else, no provider that does not ask, and no session that has ended', async () => {
      const person = member();
      const { visitor } = await signedIn(person);
      // Somebody else in front of the same page: the provider knows nobody there.
      const { landed } = await enter(member(), { again: true }, new Visitor(app, visitor.page));
      expect(landed).toBe('/?signInError=OIDC_OTHER_PERSON');
      await provider.expect({ ...person, at: Math.floor(Date.now() / 1_000) - 1_200 });
      expect(await visitor.signIn({ again: true })).toBe('/?signInError=OIDC_NOT_ASKED');
      expect((await visitor.page.get('/me')).userId).toMatch(/^oidc:/);
      await provider.expect(person);
      const begun = await visitor.begin({ again: true });
      await visitor.page.post('/auth/sign-out');
      expect(await visitor.land(await visitor.ask(begun))).toBe('/?signInError=OIDC_SESSION_ENDED');
    });
  });

  describe('is added to an account', () => {
    const link = async (person: Person, page: AccountClient) => {
      await provider.expect(person);
      return new Visitor(app, page).signIn(undefined, '/me/identities');
    };

    it('and opens it from then on', async () => {
      const [page, person] = [await account(), member()];
      const { userId } = await page.get('/me');
      expect(await link(person, page)).toBe('/?signedIn=linked');
      expect((await signedIn(person)).me.userId).toBe(userId);
      expect(await link(person, page)).toBe('/?signedIn=linked');
      expect(await page.get('/me/identities')).toHaveLength(1);
    });

    it('after the provider has asked who is there, whoever it remembers', async () => {
      const page = await account();
      const { searchParams } = new URL(await new Visitor(app, page).begin(undefined, '/me/identities'));
      expect(searchParams.get('max_age')).toBe('0');
    });

    it('of one person only', async () => {
      const person = member();
      const { visitor, me } = await signedIn(person);
      const page = await account();
      expect(await link(person, page)).toBe('/?signedIn=linked&signInError=IDENTITY_TAKEN');
      expect(await page.get('/me/identities')).toEqual([]);
      expect(await visitor.page.get('/me')).toEqual(me);
    });

    it('soon after a sign-in, with a session, and as long as that lasts', async () => {
      const page = await account();
      const begun = new Visitor(app, page);
      const url = await begun.begin(undefined, '/me/identities');
      await page.post('/auth/sign-out');
      await provider.expect(member());
      expect(await begun.land(await begun.ask(url))).toBe('/?signedIn=linked&signInError=OIDC_SESSION_ENDED');
      expect(outcome(await operator.call('POST', '/me/identities'))).toEqual([403, 'SIGN_IN_AGAIN']);
      const later = await account();
      await query(`UPDATE sessions SET created_at = now() - interval '11 minutes'`);
      expect(outcome(await later.call('POST', '/me/identities'))).toEqual([403, 'SIGN_IN_AGAIN']);
      expect(outcome(await later.call('DELETE', '/me/identities/1'))).toEqual([403, 'SIGN_IN_AGAIN']);
    });

    it('and taken away again, with the sessions that came of it, but for that of the person who asks', async () => {
      const [page, person] = [await account(), member({ groups: ['soul-admins'] })];
      await link(person, page);
      const { visitor, me } = await signedIn(person);
      expect(me.admin).toBe(true);
      const { visitor: other } = await signedIn(person);
      expect(await visitor.signIn({ again: true })).toBe('/');
      const [{ id }] = await visitor.page.get('/me/identities');
      await visitor.page.delete(`/me/identities/${id}`);
      expect(await visitor.page.get('/me')).toMatchObject({ userId: me.userId, admin: false });
      expect((await other.page.call('GET', '/me')).status).toBe(401);
      expect((await page.call('GET', '/me')).status).toBe(200);
      // Now it is somebody who is new here.
      expect((await signedIn({ ...person, groups: ['soul-users'] })).me.userId).not.toBe(me.userId);
    });

    it('and not taken away where it is the only way in, nor by others', async () => {
      const person = member();
      const { visitor } = await signedIn(person);
      await visitor.signIn({ again: true });
      const [{ id }] = await visitor.page.get('/me/identities');
      expect(outcome(await visitor.page.call('DELETE', `/me/identities/${id}`))).toEqual([409, 'LAST_WAY_IN']);
      for (const wrong of [id, 'nonsense']) {
        expect(outcome(await (await account()).call('DELETE', `/me/identities/${wrong}`))).toEqual([
          404,
          'IDENTITY_NOT_FOUND',
        ]);
      }
      // Of two, one of those that are taken away at the same time stays.
      await link(member(), visitor.page);
      const both = await visitor.page.get('/me/identities');
      const answers = await Promise.all(
        both.map((each: any) => visitor.page.call('DELETE', `/me/identities/${each.id}`)),
      );
      // The second one finds that it is the last, or that the session has ended with the first.
      const [first, second] = answers.map(({ status }) => status).sort();
      expect([first, [401, 409].includes(second)]).toEqual([200, true]);
    });

    it('and does not come back by being used, once its owner has taken it away', async () => {
      const person = member();
      const { visitor } = await signedIn(person);
      await visitor.signIn({ again: true });
      await link(member(), visitor.page);
      const [{ id }] = await visitor.page.get('/me/identities');
      await visitor.page.delete(`/me/identities/${id}`);
      expect((await enter(person)).landed).toBe('/?signInError=IDENTITY_REMOVED');
    });
  });

  describe('ends with the sign-out at the provider', () => {
    const sid = async (page: AccountClient) => {
      const listed = await page.get('/sessions');
      const { id } = listed.find(({ current }: any) => current);
      const [row] = await query('SELECT provider_session AS sid FROM sessions WHERE id = $1', [id]);
      return row.sid as string;
    };
    const status = async ({ page }: Visitor) => (await page.call('GET', '/me')).status;

    it('there, or everywhere, and sessions that began otherwise go on', async () => {
      const [page, person] = [await account(), member()];
      await provider.expect(person);
      await new Visitor(app, page).signIn(undefined, '/me/identities');
      const [one, other, stranger] = [await signedIn(person), await signedIn(person), await signedIn(member())];
      await provider.control('logout', { sub: person.sub, sid: await sid(one.visitor.page) });
      expect([await status(one.visitor), await status(other.visitor)]).toEqual([401, 200]);
      await provider.control('logout', { sub: person.sub });
      expect([await status(other.visitor), await status(stranger.visitor)]).toEqual([401, 200]);
      expect((await page.call('GET', '/me')).status).toBe(200);
    });

    it('and with nothing else', async () => {
      const person = member();
      const { visitor } = await signedIn(person);
      const event = { 'http://schemas.openid.net/event/backchannel-logout': {} };
      const sign = async (claims: object, use = 'logout') =>
        (await provider.control('sign', { sub: person.sub, claims, use })).token as string;
      const good = await sign({ events: event });
      const [head, , signature] = good.split('.');
      const forged = Buffer.from(JSON.stringify({ sub: person.sub, events: event })).toString('base64url');
      const wrong = [
        'nonsense',
        `${head}.${forged}.${signature}`,
        await sign({}),
        await sign({ events: event, nonce: 'of an ID token' }),
        await sign({ events: { other: {} } }),
        await new SignJWT({ events: event })
          .setProtectedHeader({ alg: 'HS256' })
          .setSubject(person.sub)
          .setIssuer(provider.issuer)
          .setAudience('soul signature')
          .setIssuedAt()
          .sign(new TextEncoder().encode(SECRET)),
      ];
      const post = async (body: URLSearchParams | string, type = 'application/x-www-form-urlencoded') => {
        const url = `${app.url}/api/auth/oidc/backchannel-logout`;
        const response = await fetch(url, { method: 'POST', body: String(body), headers: { 'content-type': type } });
        return [response.status, response.headers.get('cache-control')];
      };
      for (const token of wrong) {
        expect([token, ...(await post(new URLSearchParams({ logout_token: token })))]).toEqual([
          token,
          400,
          'no-store',
        ]);
      }
      expect(await post(JSON.stringify({ logout_token: good }), 'text/plain')).toEqual([400, 'no-store']);
      expect(await status(visitor)).toBe(200);
      expect(await post(new URLSearchParams({ logout_token: good }))).toEqual([200, 'no-store']);
      expect(await status(visitor)).toBe(401);
    });
  });

  it('keeps no token of the provider and tells no secret of a flow', async () => {
    const visitor = new Visitor(app);
    await provider.expect(member());
    const url = await visitor.begin();
    const callback = await visitor.ask(url);
    await visitor.land(callback);
    const secrets = ['state', 'nonce', 'code_challenge'].map((name) => new URL(url).searchParams.get(name)!);
    secrets.push(new URL(callback).searchParams.get('code')!, visitor.page.cookie!.split('=')[1]!);
    const rows = await query(
      `SELECT row_to_json(openid_flows)::text AS text FROM openid_flows UNION ALL SELECT row_to_json(identities)::text FROM identities
       UNION ALL SELECT row_to_json(sessions)::text FROM sessions UNION ALL SELECT row_to_json(users)::text FROM users`,
    );
    const kept = [...rows.map(({ text }) => text), ...app.lines].join('\n');
    for (const secret of secrets) expect(kept).not.toContain(secret);
    expect(kept).not.toContain('eyJ');
  });

  it('is exported and deleted with everything else, and a new account can begin', async () => {
    const person = member();
    const { visitor, me } = await signedIn(person);
    const data = await visitor.page.get('/account/export');
    expect(data.identities).toMatchObject([{ issuer: provider.issuer, subject: person.sub }]);
    expect(data.sessions).toMatchObject([{ identityId: data.identities[0].id }]);
    await visitor.signIn({ again: true });
    await visitor.page.delete('/account');
    for (const table of ['identities', 'sessions', 'users']) {
      const column = table === 'users' ? 'id' : 'user_id';
      expect(await query(`SELECT FROM ${table} WHERE ${column} = $1`, [me.userId])).toEqual([]);
    }
    expect((await signedIn(person)).me.userId).toBe(me.userId);
  });
});
