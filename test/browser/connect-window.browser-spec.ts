import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

describe('connecting in a window of its own', () => {
  let app: RunningApp;
  let browser: PageInBrowser;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { SIGNATURE_DELAY_MS: '200' } });
    browser = await PageInBrowser.open('connect-window');
    await browser.signIn(app.url, 'Noor');
    await browser.page.evaluate('window.kept = true');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  const kept = () => browser.page.evaluate('window.kept === true');
  const hint = () => browser.byId('elsewhere-spotify');

  it('keeps the provider’s page and ours apart', async () => {
    const consent = await browser.consentWindow('spotify');
    expect(new URL(consent.url()).origin).toBe(app.sandboxUrl);
    expect(await consent.evaluate('window.opener')).toBeNull();
    await hint().waitFor();
    await browser.picture('1-asked-elsewhere');
    await Promise.all([
      consent.waitForEvent('close'),
      consent.locator('button[name="decision"][value="deny"]').click(),
    ]);
  });

  it('tells the page why nothing was connected, and closes itself', async () => {
    await browser.byId('banner').waitFor();
    expect(await browser.byId('banner').innerText()).toContain(
      'You did not allow access to Spotify, so nothing was connected.',
    );
    await hint().waitFor({ state: 'hidden' });
    expect(await kept()).toBe(true);
  });

  it('offers to ask on the page itself when the window is gone without an answer', async () => {
    const consent = await browser.consentWindow('spotify');
    await consent.close();
    await browser.byId('connect-here-spotify').click();
    await browser.page.waitForURL(`${app.sandboxUrl}/**`);
    await browser.page.locator('button[name="decision"][value="deny"]').click();
    await browser.byId('banner').waitFor();
    expect(new URL(browser.page.url()).origin).toBe(app.url);
    await browser.page.evaluate('window.kept = true');
  });

  it('closes the window and says why when the server does not let a connect begin', async () => {
    const refusal = { success: false, error: { code: 'RATE_LIMITED', message: 'Too many requests.', retryAfter: 7 } };
    await browser.page.route('**/authorize', (route) => route.fulfill({ status: 429, json: refusal }));
    const [consent] = await Promise.all([browser.page.waitForEvent('popup'), browser.byId('connect-spotify').click()]);
    await until('the window to be closed', () => consent.isClosed());
    await browser.page.getByText('Too many requests. Try again in 7 s.').waitFor();
    expect(await hint().isVisible()).toBe(false);
    await browser.page.unroute('**/authorize');
  });

  it('connects, closes itself, and lets the page go on to the signature without leaving it', async () => {
    await browser.connect('spotify', 'newcomer');
    await browser.byId('signature').waitFor();
    await hint().waitFor({ state: 'hidden' });
    expect(await kept()).toBe(true);
    expect(new URL(browser.page.url()).pathname).toBe('/');
    expect(browser.context.pages()).toHaveLength(1);
  });

  it.each(['light', 'dark'] as const)('leaves axe without a serious finding in the %s theme', async (theme) => {
    expect(await browser.seriousFindings(theme)).toEqual([]);
  });

  it('says what to do where a browser lets no page close itself', async () => {
    await browser.page.goto(`${app.url}/connected.html?error=CONNECT_DENIED&platform=spotify`);
    await browser.page.getByText('Nothing was connected.').waitFor();
    await browser.page.getByText('You can close this window and go on where you came from.').waitFor();
    expect(await browser.findings()).toEqual([]);
    await browser.page.setViewportSize({ width: 390, height: 844 });
    await browser.picture('2-not-closed');
    await browser.page.getByText('Or go on here').click();
    await browser.byId('banner').getByText('You did not allow access to Spotify').waitFor();
    await browser.byId('connect-github').waitFor();
    await browser.picture('3-telephone');
  });

  it('has loaded nothing from elsewhere, and the browser has nothing to complain of', () => {
    expect([...browser.origins].sort()).toEqual([app.url, app.sandboxUrl].sort());
    // The refusal that was wanted.
    expect(browser.complaints.filter((complaint) => !complaint.includes('status of 429'))).toEqual([]);
  });
});
