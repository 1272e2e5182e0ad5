import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { CDPSession } from 'playwright-core';
import { PASSWORD } from '../support/account-client.js';
import { ApiClient } from '../support/api-client.js';
import { freePort } from '../support/free-port.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';

const OPTIONS = '**/api/auth/passkeys/options';

describe('passkeys, in the page', () => {
  let app: RunningApp;
  let url: string;
  let browser: PageInBrowser;
  let authenticator: { present(whether: boolean): Promise<unknown>; credentials(): Promise<any[]> };

  beforeAll(async () => {
    const port = await freePort();
    url = `http://localhost:${port}`;
    const env = { PORT: String(port), PUBLIC_URL: url, DEMO: 'false' };
    app = await RunningApp.start({ database: 'postgres', env });
    browser = await PageInBrowser.open('passkeys');
    authenticator = await addAuthenticator(await browser.context.newCDPSession(browser.page));
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  const query = (sql: string) => app.database!.query(sql);
  const row = (name: string) => browser.byId('passkeys').getByRole('listitem').filter({ hasText: name });
  const signedIn = () =>
    browser.page.waitForResponse((response) => /passkeys\/sign-in$/.test(response.url()) && response.ok());
  const leave = async () => {
    await authenticator.present(false);
    await browser.byId('sign-out').click();
    await browser.byId('account-sign-in').waitFor();
  };

  it('are added and named by somebody with an account', async () => {
    await browser.page.goto(url);
    await browser.byId('way-sign-up').click();
    await browser.byId('account-username').fill('Mira');
    await browser.byId('account-password').fill(PASSWORD);
    await browser.byId('account-sign-up').getByRole('button').click();
    await browser.byId('codes-kept').click();
    await browser.byId('passkey-add').click();
    await browser.byId('passkey-name').fill('My phone');
    await authenticator.present(true);
    await browser.byId('passkey-confirm').click();
    await row('My phone').waitFor();
    expect(await authenticator.credentials()).toMatchObject([
      { isResidentCredential: true, rpId: 'localhost', userName: 'Mira' },
    ]);

    await browser.byId('passkey-add').click();
    await browser.byId('passkey-confirm').click();
    await browser.page.getByText('This device has a passkey for you already.').waitFor();
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.page.getByRole('button', { name: 'Leave it' }).click();

    await browser.page.getByRole('button', { name: 'Rename My phone' }).click();
    await browser.byId('passkey-name').fill('My old phone');
    await browser.byId('passkey-confirm').click();
    await row('My old phone').waitFor();
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture('1-list');
  });

  it('sign in with one click', async () => {
    await leave();
    expect(await browser.byId('account-username').getAttribute('autocomplete')).toBe('username webauthn');
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture('2-sign-in', { fullPage: false });
    await authenticator.present(true);
    await browser.byId('passkey-sign-in').click();
    await browser.byId('sign-out').waitFor();
    expect(await browser.page.locator('.who-name').innerText()).toBe('Mira');
  });

  it('sign in by the browser’s autofill, without a click', async () => {
    await Promise.all([signedIn(), browser.byId('sign-out').click()]);
    await browser.byId('sign-out').waitFor();
  });

  it('are asked for anew before what they shall sign is too old', async () => {
    await browser.page.route(OPTIONS, async (route) => {
      const response = await route.fetch();
      const { data } = await response.json();
      await route.fulfill({ response, json: { success: true, data: { ...data, timeout: 500 } } });
    });
    await leave();
    for (let asked = 0; asked < 2; asked++) await browser.page.waitForResponse(OPTIONS);
    await Promise.all([signedIn(), authenticator.present(true)]);
    await browser.page.unroute(OPTIONS);
    await browser.byId('sign-out').waitFor();
  });

  it('open nothing when the page of another origin asks for them', async () => {
    const neighbour = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Neighbour</title>');
    });
    await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
    const own = new ApiClient(app);
    const options = await own.post('/auth/passkeys/options');
    // For the browser it is the same site: only the port differs.
    await browser.page.goto(`http://localhost:${(neighbour.address() as AddressInfo).port}/`);
    const caught = await browser.page.evaluate(`(async () => {
      const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)});
      return (await navigator.credentials.get({ publicKey })).toJSON();
    })()`);
    neighbour.closeAllConnections();
    neighbour.close();
    const { status, body } = await own.call('POST', '/auth/passkeys/sign-in', { body: caught });
    expect([status, body.error.code]).toEqual([403, 'PASSKEY_OF_ANOTHER_SITE']);
    await browser.page.goto(url);
    await browser.byId('sign-out').waitFor();
  });

  it('show who it is before something that lets others in', async () => {
    await query(`UPDATE sessions SET created_at = now() - interval '1 hour'`);
    await browser.page.getByRole('button', { name: 'Remove My old phone' }).click();
    await browser.byId('again-passkey').click();
    await row('My old phone').waitFor({ state: 'detached' });
    expect(await query('SELECT FROM passkeys')).toEqual([]);
  });

  it('that were removed open nothing', async () => {
    await leave();
    await authenticator.present(true);
    await browser.byId('passkey-sign-in').click();
    await browser.byId('banner').waitFor();
    expect(await browser.byId('banner').getAttribute('data-code')).toBe('SIGN_IN_FAILED');
  });
});

/** One of Chromium's own, built into the device, which answers who asks it while the person is present. */
async function addAuthenticator(devtools: CDPSession) {
  await devtools.send('WebAuthn.enable');
  const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: false,
    },
  });
  return {
    present: (enabled: boolean) =>
      devtools.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId, enabled }),
    credentials: async () => (await devtools.send('WebAuthn.getCredentials', { authenticatorId })).credentials,
  };
}
