import { AccountClient, invitationIn, outcomeOf, PASSWORD } from '../support/account-client.js';
import { ApiClient } from '../support/api-client.js';
import { builtFile, NODE_FLAGS } from '../support/built-program.js';
import { Child } from '../support/child.js';
import { socketTo } from '../support/live-feed.js';
import { rawRequest } from '../support/raw-request.js';
import type { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';
import { Deployment } from './deployment.js';

const NAME = 'soul.example.org';

describe('accounts of two api processes in production', () => {
  let deployment: Deployment;
  let apis: [RunningApp, RunningApp];

  beforeAll(async () => {
    deployment = await Deployment.start({
      env: {
        NODE_ENV: 'production',
        HOST: '127.0.0.1',
        PUBLIC_URL: `https://${NAME}`,
        // Tests ask by the address.
        ALLOWED_HOSTS: '127.0.0.1',
      },
    });
    const first = await deployment.process('api');
    apis = [first, await deployment.process('api')];
  });
  afterAll(() => deployment.stop());

  /** `npm run cli -- accounts …` at the first process. */
  const cli = async (...options: string[]) => {
    const child = new Child(process.execPath, [...NODE_FLAGS, builtFile('cli/cli.js'), 'accounts', ...options], {
      env: { ...deployment.env, PORT: new URL(apis[0].url).port },
    });
    const { code } = await child.ended;
    return { code, output: child.output.trim() };
  };
  const invite = async (...options: string[]) => {
    const { code, output } = await cli('invite', ...options);
    expect(code).toBe(0);
    return output;
  };

  it('are made by invitation only, the first one from the command line', async () => {
    const [one, other] = apis;
    const stranger = new AccountClient(one);
    expect(await stranger.get('/auth/ways')).toMatchObject({ demo: false, signUp: 'invite', signedIn: false });
    const answer = await stranger.call('POST', '/auth/sign-up', { body: { username: 'mallory', password: PASSWORD } });
    expect([answer.status, answer.body.error.code]).toEqual([403, 'INVITATION_INVALID']);

    const url = await invite('--admin');
    expect(url).toMatch(new RegExp(`^https://${NAME}/#invitation=[\\w-]{43}$`));
    const { browser } = await AccountClient.signUp(one, { username: 'root', invitation: invitationIn(url) });
    expect(browser.setCookie).toMatch(/^__Host-session=[\w-]{43}; .*Path=\/; .*HttpOnly; Secure; SameSite=Lax$/);
    expect((await browser.call('GET', '/queues/overview')).status).toBe(200);
    const again = { username: 'second', password: PASSWORD, invitation: invitationIn(url) };
    expect((await new AccountClient(other).call('POST', '/auth/sign-up', { body: again })).status).toBe(403);
  });

  it('open the dashboard for an operator, and for nobody else', async () => {
    const root = new AccountClient(apis[1]);
    await root.signInAs('root');
    const { browser } = await AccountClient.signUp(apis[0], { invitation: invitationIn(await invite()) });
    const open = async (cookie: string, site: string) =>
      (await rawRequest(apis[0].url, '/api/queues/dashboard', { headers: { cookie, 'sec-fetch-site': site } })).status;
    expect(await open(root.cookie!, 'same-origin')).toBe(200);
    expect(await open(root.cookie!, 'cross-site')).toBe(401);
    expect(await open(browser.cookie!, 'same-origin')).toBe(401);
    const { token } = await root.post('/tokens', { name: 'A program', scopes: ['admin', 'admin:read'] });
    const { body } = await new ApiClient(apis[0], token).call('GET', '/queues/dashboard');
    expect(body.error.code).toBe('TOKEN_NOT_ALLOWED');
  });

  it('are signed in at one and known to the other, and signed out everywhere within a second', async () => {
    const [one, other] = apis;
    const { browser, username } = await AccountClient.signUp(one, { invitation: invitationIn(await invite()) });
    const there = new AccountClient(other);
    there.cookie = browser.cookie;
    expect(await there.get('/me')).toMatchObject({ username });
    const socket = there.socket(`https://${NAME}`);
    expect(await outcomeOf(socket)).toBe('snapshot');
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    await browser.post('/auth/sign-out');
    await ended;
    expect((await there.call('GET', '/me')).status).toBe(401);
  });

  it('let programs in at both, and out of both', async () => {
    const [one, other] = apis;
    const { browser } = await AccountClient.signUp(one, { invitation: invitationIn(await invite()) });
    const body = { name: 'A program', scopes: ['events:read'] };
    const { id, token } = await browser.post('/tokens', body);
    const programs = [one, other].map((app) => new ApiClient(app, token));
    for (const program of programs) await program.get('/events');
    const socket = socketTo(other, token);
    expect(await outcomeOf(socket)).toBe('snapshot');
    const [read] = await until('what both have noted', async () => {
      const reads = await browser.get('/account/reads');
      return reads.some(({ count }: any) => count === 2) && reads.length === 2 && reads;
    });
    expect(read).toMatchObject({ program: { id }, what: 'socket', count: 1 });
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    await browser.delete(`/tokens/${id}`);
    await ended;
    for (const program of programs) expect((await program.call('GET', '/events')).status).toBe(401);
  });

  it('are locked at one, and let in by neither within a second', async () => {
    const [one, other] = apis;
    const root = new AccountClient(one);
    await root.signInAs('root');
    const { browser, username, userId } = await AccountClient.signUp(other, {
      invitation: invitationIn(await invite()),
    });
    const socket = browser.socket(`https://${NAME}`);
    expect(await outcomeOf(socket)).toBe('snapshot');
    const told = new Promise((resolve) => socket.once('error', resolve));
    const ended = new Promise((resolve) => socket.once('disconnect', resolve));
    await root.post(`/users/${userId}/lock`);
    expect(await told).toMatchObject({ code: 'ACCOUNT_LOCKED' });
    await ended;
    for (const there of apis) {
      const client = new AccountClient(there);
      client.cookie = browser.cookie;
      for (const answer of [await client.call('GET', '/me'), await client.signInAs(username)]) {
        expect([answer.status, answer.body.error.code]).toEqual([403, 'ACCOUNT_LOCKED']);
      }
    }
  });

  it('are listed, locked, unlocked and signed out from the command line, which the log names', async () => {
    const [one] = apis;
    const { browser, username, userId } = await AccountClient.signUp(one, {
      username: 'Željko of the command line',
      invitation: invitationIn(await invite()),
    });
    const { output: table } = await cli('list');
    expect(table).toContain(userId);
    const { output: json } = await cli('list', '--search', 'željko', '--json');
    expect(JSON.parse(json)).toMatchObject([{ userId, name: username, lockedAt: null }]);

    expect(await cli('lock', 'ŽELJKO of the command line')).toEqual({ code: 0, output: `${userId} is locked` });
    expect((await browser.call('GET', '/me')).body.error.code).toBe('ACCOUNT_LOCKED');
    const unlocked = await cli('unlock', userId, '--json');
    expect([unlocked.code, JSON.parse(unlocked.output)]).toMatchObject([0, { userId, lockedAt: null }]);
    await browser.signInAs(username);
    expect(await cli('sign-out', userId)).toEqual({ code: 0, output: `Sessions of ${userId} ended: 1` });
    expect((await browser.call('GET', '/me')).status).toBe(401);

    const root = new AccountClient(one);
    await root.signInAs('root');
    const acts = await root.get(`/audit?userId=${encodeURIComponent(userId)}`);
    expect(acts.map(({ action, actor }: any) => [action.split('/').at(-1), actor.name])).toEqual([
      ['sign-out', 'command line'],
      ['unlock', 'command line'],
      ['lock', 'command line'],
    ]);
    for (const [who, code] of [
      ['nobody', 'USER_NOT_FOUND'],
      ['root', 'LAST_ADMINISTRATOR'],
    ] as const) {
      expect(await cli('lock', who)).toEqual({ code: 1, output: expect.stringContaining(code) });
    }
    await deployment.database.query(
      `INSERT INTO users (id, display_name) VALUES ('first', 'Same Name'), ('second', 'same name')`,
    );
    const several = await cli('lock', 'same name');
    expect(several).toEqual({
      code: 1,
      output: expect.stringMatching(/NAME_OF_SEVERAL.*(first, second|second, first)/),
    });
  });

  it('are guessed at one as little as at the other', async () => {
    const { username } = await AccountClient.signUp(apis[0], { invitation: invitationIn(await invite()) });
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => new AccountClient(apis[n % 2]!).signInAs(username, `guess number ${n}`)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect((await new AccountClient(apis[1]).signInAs(username)).status).toBe(429);
  });
});
