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

  const invite = async (...options: string[]) => {
    const child = new Child(
      process.execPath,
      [...NODE_FLAGS, builtFile('cli/cli.js'), 'accounts', 'invite', ...options],
      {
        env: { ...deployment.env, PORT: new URL(apis[0].url).port },
      },
    );
    expect((await child.ended).code).toBe(0);
    return child.output.trim();
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
    const begun = performance.now();
    await browser.post('/auth/sign-out');
    await ended;
    expect(performance.now() - begun).toBeLessThan(1_000);
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

  it('are guessed at one as little as at the other', async () => {
    const { username } = await AccountClient.signUp(apis[0], { invitation: invitationIn(await invite()) });
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => new AccountClient(apis[n % 2]!).signInAs(username, `guess number ${n}`)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect((await new AccountClient(apis[1]).signInAs(username)).status).toBe(429);
  });
});
