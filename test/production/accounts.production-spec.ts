import { AccountClient, invitationIn, outcomeOf, PASSWORD } from '../support/account-client.js';
import { builtFile, NODE_FLAGS } from '../support/built-program.js';
import { Child } from '../support/child.js';
import { rawRequest } from '../support/raw-request.js';
import type { RunningApp } from '../support/running-app.js';
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

  it('are guessed at one as little as at the other', async () => {
    const { username } = await AccountClient.signUp(apis[0], { invitation: invitationIn(await invite()) });
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, n) => new AccountClient(apis[n % 2]!).signInAs(username, `guess number ${n}`)),
    );
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(5);
    expect((await new AccountClient(apis[1]).signInAs(username)).status).toBe(429);
  });
});
