import { PASSWORD } from '../support/account-client.js';
import { TestProvider } from '../support/openid-client.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';

describe('signing in with an OpenID provider, in the page', () => {
  let app: RunningApp;
  let provider: TestProvider;
  let browser: PageInBrowser;

  beforeAll(async () => {
    provider = await TestProvider.reserve();
    app = await RunningApp.start({ database: 'postgres', env: { DEMO: 'false', ...provider.env } });
    await provider.start(app);
    browser = await PageInBrowser.open('openid');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await provider.stop();
  });

  /** The browser forgets who it was at the provider. */
  const leaveProvider = () => browser.context.clearCookies({ name: /^_session/ });
  const banner = async () => {
    await browser.byId('banner').waitFor();
    return browser.byId('banner').getAttribute('data-code');
  };
  const path = () => browser.page.evaluate('location.pathname + location.search');

  it('says why nobody came in', async () => {
    await provider.expect({ sub: 'mira', deny: true });
    await browser.page.goto(app.url);
    await browser.byId('provider-sign-in').waitFor();
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture('1-ways', { fullPage: false });
    await browser.byId('provider-sign-in').click();
    expect(await banner()).toBe('OIDC_DENIED');
    expect(await path()).toBe('/');
  });

  it('brings in by one click, and keeps nothing that a script could read', async () => {
    await provider.expect({ sub: 'mira', name: 'Mira' });
    await browser.byId('provider-sign-in').click();
    await browser.byId('sign-out').waitFor();
    expect(await browser.page.locator('.who-name').innerText()).toBe('Mira');
    await browser.page.reload();
    await browser.byId('identities').waitFor();
    expect(await browser.byId('identities').innerText()).toContain('Example Login (mira)');
    expect(await browser.page.evaluate('document.cookie + sessionStorage.length + localStorage.length')).toBe('00');
    for (const theme of ['light', 'dark'] as const) expect(await browser.seriousFindings(theme)).toEqual([]);
  });

  it('asks the provider again before everything is deleted', async () => {
    const erase = async () => {
      await browser.byId('delete-account').click();
      await browser.byId('delete-word').fill('delete');
      await browser.byId('delete-confirm').click();
    };
    await erase();
    await browser.byId('again-provider').click();
    await browser.page.getByText('You have signed in again.').waitFor();
    await erase();
    await browser.page.getByText('Everything about you here has been deleted.').waitFor();
  });

  it('is added to an account with a password, and taken away', async () => {
    await browser.byId('way-sign-up').click();
    await browser.byId('account-username').fill('Noor');
    await browser.byId('account-password').fill(PASSWORD);
    await browser.byId('account-sign-up').getByRole('button').click();
    await browser.byId('codes-kept').click();
    await leaveProvider();
    await provider.expect({ sub: 'noor' });
    await browser.byId('add-identity').click();
    await browser.page.getByText('with this identity too.').waitFor();
    await browser.byId('sign-out').click();
    await browser.byId('provider-sign-in').click();
    await browser.page.locator('.who-name', { hasText: 'Noor' }).waitFor();
    await app.database!.query(`UPDATE sessions SET created_at = now() - interval '1 hour'`);
    await browser.byId('remove-identity').click();
    await browser.byId('again-password').fill(PASSWORD);
    await browser.byId('again-confirm').click();
    await browser.byId('remove-identity').waitFor({ state: 'detached' });
    await browser.byId('sign-out').click();
    await browser.byId('provider-sign-in').click();
    await browser.page.locator('.who-name', { hasText: 'Noor' }).waitFor({ state: 'detached' });
    await browser.byId('identities').waitFor();
    expect(await app.database!.query('SELECT user_id FROM identities')).toEqual([
      { user_id: expect.stringMatching(/^oidc:/) },
    ]);
  });
});
