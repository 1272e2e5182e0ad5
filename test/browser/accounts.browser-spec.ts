import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PASSWORD } from '../support/account-client.js';
import { ApiClient } from '../support/api-client.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';

describe('an account, in the page', () => {
  let app: RunningApp;
  let browser: PageInBrowser;
  let codes: string[];

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { DEMO: 'false', SIGNATURE_DELAY_MS: '200' } });
    browser = await PageInBrowser.open('accounts');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  const query = (sql: string) => app.database!.query(sql);
  const signIn = async (username: string, password = PASSWORD) => {
    await browser.byId('account-username').fill(username);
    await browser.byId('account-password').fill(password);
    await browser.byId('account-sign-in').getByRole('button').click();
  };

  it('is made in one form that password managers understand', async () => {
    await browser.page.goto(app.url);
    await browser.byId('account-sign-in').waitFor();
    expect(await browser.byId('account-password').getAttribute('autocomplete')).toBe('current-password');
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.byId('way-sign-up').click();
    expect(await browser.page.evaluate('document.activeElement.id')).toBe('username');
    expect(await browser.byId('account-username').getAttribute('autocomplete')).toBe('username');
    expect(await browser.byId('account-password').getAttribute('autocomplete')).toBe('new-password');
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture('1-sign-up', { fullPage: false });

    await browser.page.keyboard.type('Mira');
    await browser.page.keyboard.press('Tab');
    await browser.page.keyboard.type(PASSWORD);
    await browser.page.keyboard.press('Enter');
    await browser.byId('recovery-codes').waitFor();
    codes = await browser.page.locator('.codes code').allInnerTexts();
    expect(codes).toHaveLength(10);
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture('2-codes', { fullPage: false });
    await browser.byId('codes-kept').click();
    await browser.byId('sign-out').waitFor();
    expect(await browser.page.locator('.who-name').innerText()).toBe('Mira');
  });

  it('is still there after a reload, in a new tab, and when the server has been started again', async () => {
    await browser.connect('spotify', 'newcomer');
    await browser.byId('signature').waitFor();
    await browser.page.reload();
    await browser.byId('signature').waitFor();
    const tab = await browser.context.newPage();
    await tab.goto(app.url);
    await tab.locator('[data-testid="signature"]').waitFor();
    await tab.close();
    await app.kill();
    await app.startAgain();
    await browser.page.reload();
    await browser.byId('signature').waitFor();
    expect(await browser.page.evaluate('sessionStorage.length + localStorage.length')).toBe(0);
    expect(await browser.page.evaluate('document.cookie')).toBe('');
    expect(browser.complaints).toEqual([]);
  });

  it('never shows the first page to somebody who is signed in', async () => {
    await browser.page.addInitScript(`
      addEventListener('DOMContentLoaded', () => new MutationObserver(() => {
        if (document.querySelector('.welcome')) window.flashed = true;
      }).observe(document.documentElement, { childList: true, subtree: true }));`);
    await browser.page.reload();
    await browser.byId('signature').waitFor();
    expect(await browser.page.evaluate('window.flashed')).toBeUndefined();
  });

  it('is nobody’s for the page of another port, to which the browser gives the cookie as well', async () => {
    const neighbour = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Neighbour</title>');
    });
    await new Promise<void>((resolve) => neighbour.listen(0, '127.0.0.1', resolve));
    const page = await browser.context.newPage();
    await page.goto(`http://127.0.0.1:${(neighbour.address() as AddressInfo).port}/`);
    const stolen: unknown = await page.evaluate(`(async () => {
      const ask = (path, options) => fetch('${app.url}/api' + path, { credentials: 'include', ...options });
      const told = await Promise.allSettled([
        ask('/me'),
        ask('/me', { mode: 'no-cors' }),
        ask('/auth/sign-out', { method: 'POST', mode: 'no-cors' }),
        ask('/sessions', { method: 'DELETE' }),
        ask('/account', { method: 'DELETE' }),
      ]);
      return told.filter(({ value }) => value && value.type !== 'opaque');
    })()`);
    expect(stolen).toEqual([]);
    const [answer] = await Promise.all([
      page.waitForResponse(`${app.url}/api/me`),
      page.evaluate(`location.href = '${app.url}/api/me'`),
    ]);
    const { cookie, 'sec-fetch-site': site } = await answer.request().allHeaders();
    await page.close();
    neighbour.closeAllConnections();
    neighbour.close();
    expect([answer.status(), site, cookie]).toEqual([401, 'same-site', expect.stringContaining('session=')]);
    await browser.page.reload();
    await browser.byId('signature').waitFor();
  });

  it('is left with the sign-out, which other tabs notice', async () => {
    const tab = await browser.context.newPage();
    await tab.goto(app.url);
    await tab.locator('[data-testid="signature"]').waitFor();
    await browser.byId('sign-out').click();
    await browser.byId('account-sign-in').waitFor();
    await tab.locator('[data-testid="account-sign-in"]').waitFor();
    await tab.close();
    await browser.page.reload();
    await browser.byId('account-sign-in').waitFor();
  });

  it('is entered again, and says what others have tried', async () => {
    await signIn('mira', 'not the password');
    await browser.byId('banner').waitFor();
    expect(await browser.byId('banner').getAttribute('data-code')).toBe('SIGN_IN_FAILED');
    await signIn('MIRA');
    await browser.byId('signature').waitFor();
    expect(await browser.byId('banner').innerText()).toContain('Once somebody tried to sign in as you');
  });

  it('asks for the password before it is deleted, where the sign-in is older', async () => {
    await query(`UPDATE sessions SET created_at = now() - interval '1 hour'`);
    await browser.byId('delete-account').click();
    await browser.byId('delete-word').fill('delete');
    await browser.byId('delete-confirm').click();
    await browser.byId('again-password').fill('not the password');
    await browser.byId('again-confirm').click();
    await browser.page.getByText('This is not your password.').waitFor();
    await browser.page.getByRole('button', { name: 'Leave it' }).click();
    expect(await query('SELECT username FROM accounts')).toEqual([{ username: 'Mira' }]);
  });

  it('is found again with a recovery code and a new password', async () => {
    await browser.byId('sign-out').click();
    await browser.byId('way-recovery').click();
    await browser.byId('account-username').fill('Mira');
    await browser.byId('account-recovery-code').fill(codes[3]!);
    await browser.byId('account-recovery').getByRole('button').click();
    await browser.byId('new-password').waitFor();
    await browser.byId('account-password').fill('four quiet lanterns');
    await browser.byId('new-password').getByRole('button').click();
    await browser.byId('signature').waitFor();
    expect(await browser.byId('banner').innerText()).toContain('You have 9 recovery codes left.');
  });

  it('gets another password, and is left everywhere else', async () => {
    await browser.byId('change-password').click();
    await browser.byId('account-changed-password').fill('nine loud marbles');
    await browser.byId('change-confirm').click();
    await browser.page.getByText('Your password is changed.').waitFor();
    await browser.byId('end-others').click();
    await browser.page.getByText('You are signed in nowhere else.').waitFor();
    // The socket of the session before comes back with the new one.
    await browser.page.locator('.offline').waitFor({ state: 'hidden' });
    await browser.byId('signature').waitFor();
  });

  it('lets a program in, sees what it read, and ends it', async () => {
    await query(`UPDATE sessions SET created_at = now() - interval '1 hour'`);
    await browser.byId('who-may-read').locator('summary').click();
    expect(await browser.byId('session').innerText()).toContain('Here');
    await browser.page.getByText('No program can read anything.').waitFor();
    await browser.byId('new-token').click();
    await browser.byId('token-name').fill('Backups');
    await browser.byId('token-make').click();
    await browser.page.getByText('Say what it may do.').waitFor();
    await browser.page.getByLabel('Read all that was read of you, item by item').check();
    expect(await browser.findings()).toEqual([]);
    await browser.picture('3-new-token', { fullPage: false });
    await browser.byId('token-make').click();
    await browser.byId('again-password').fill('nine loud marbles');
    await browser.byId('again-confirm').click();
    await browser.byId('made-token').waitFor();
    const token = await browser.byId('made-token').inputValue();
    expect(await browser.findings()).toEqual([]);
    await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await browser.byId('copy-token').click();
    await browser.page.getByText('Copied.').waitFor();
    expect(await browser.page.evaluate('navigator.clipboard.readText()')).toBe(token);
    await browser.byId('token-kept').click();
    await browser.page.getByText('Never used').waitFor();

    const program = new ApiClient(app, token);
    expect((await program.get('/extraction/items')).length).toBeGreaterThan(0);
    // Opened again.
    for (let n = 0; n < 2; n += 1) await browser.byId('who-may-read').locator('summary').click();
    await browser.page.getByText(/^Last used .*, over IPv4$/).waitFor();
    expect(await browser.byId('program').innerText()).toContain('item by item.');
    expect(await browser.byId('read').innerText()).toMatch(
      /^Backups: Read all that was read of you, item by item\s+.* · 1 time · GET \/api\/extraction\/items$/,
    );
    expect(await browser.page.content()).not.toContain(token);
    expect(await browser.findings()).toEqual([]);
    await browser.pictureOf('4-who-may-read', browser.byId('who-may-read'));
    await browser.byId('end-token').click();
    await browser.page.getByText('No program can read anything.').waitFor();
    expect((await program.call('GET', '/extraction/items')).status).toBe(401);
  });

  it('is deleted with everything in it', async () => {
    await query(`UPDATE sessions SET created_at = now() - interval '1 hour'`);
    await browser.byId('delete-account').click();
    await browser.byId('delete-word').fill('delete');
    await browser.byId('delete-confirm').click();
    await browser.byId('again-password').fill('nine loud marbles');
    await browser.byId('again-confirm').click();
    await browser.byId('account-sign-in').waitFor();
    expect(await browser.page.locator('.why').innerText()).toContain('Everything about you here has been deleted.');
    expect(await query('SELECT FROM accounts')).toEqual([]);
  });

  it('of an operator opens the operator’s page', async () => {
    await browser.byId('way-sign-up').click();
    await browser.byId('account-username').fill('Root');
    await browser.byId('account-password').fill(PASSWORD);
    await browser.byId('account-sign-up').getByRole('button').click();
    await browser.byId('codes-kept').waitFor();
    await browser.page.goto(`${app.url}/operator.html`);
    await browser.byId('account-sign-in').waitFor();
    expect(await browser.page.locator('main').innerText()).toContain('not an operator');
    await query('UPDATE accounts SET admin = true');
    await signIn('root');
    await browser.page.getByText('slots busy').first().waitFor();
    await browser.page.reload();
    await browser.page.getByText('slots busy').first().waitFor();
    await browser.byId('sign-out').click();
    await browser.byId('account-sign-in').waitFor();
  });
});
