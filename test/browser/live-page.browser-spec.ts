import { startStillSandbox } from '../support/still-sandbox.js';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { inFull } from '../support/length.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { until } from '../support/until.js';

const PLATFORMS = ['spotify', 'github'];

describe('the page while things happen', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let browser: PageInBrowser;
  const seen = new Map<string, number[]>(PLATFORMS.map((platform) => [platform, []]));

  const control = (platform: string) => new SandboxControl(sandbox.url, platform);
  /** Notes how far every bar is, and answers the newest of each. */
  const look = async () => {
    for (const platform of PLATFORMS) {
      const value = await browser.progressOf(platform);
      const known = seen.get(platform)!;
      if (value !== null && value !== known.at(-1)) known.push(value);
    }
    return PLATFORMS.map((platform) => seen.get(platform)!.at(-1) ?? 0);
  };

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: inFull('embedded', 'postgres'),
      sandboxPort: sandbox.port,
      env: { RETRY_BASE_MS: '3000', RETRY_JITTER: '0', PLATFORM_RETRY_BASE_MS: '50' },
    });
    browser = await PageInBrowser.open('live-page');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await sandbox.close();
  });

  it('shows two platforms being read at once, both rising', async () => {
    for (const platform of PLATFORMS) await control(platform).addFault({ path: '/', latencyMs: 250 });
    await browser.signIn(app.url, 'Mira');
    await browser.connect('spotify', 'night-owl');
    await browser.connect('github', 'night-owl');
    await until('both bars to rise', async () => (await look()).every((value) => value > 10));
    await until('both bars to rise further', async () => {
      await look();
      return PLATFORMS.every((platform) => seen.get(platform)!.filter((value) => value > 0).length >= 2);
    });
    await browser.picture('1-both-rising');
  });

  it('shows no bar as if it were news while the server is away, and comes back by itself', async () => {
    expect(await app.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    await browser.page.locator('.offline').waitFor();
    await browser.page.getByText('No news until the connection is back').first().waitFor();
    expect(await Promise.all(PLATFORMS.map((platform) => browser.progressOf(platform)))).toContain(null);
    await browser.picture('2-server-away');
    for (const platform of PLATFORMS) await control(platform).reset();
    await app.startAgain();
    await browser.page.locator('.offline').waitFor({ state: 'hidden' });
    await browser.byId('signature').waitFor();
    await until('both to be read', async () => (await look()).every((value) => value === 100));
    for (const platform of PLATFORMS) {
      const values = seen.get(platform)!;
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    await until('a signature of both', async () =>
      (await browser.page.locator('.coverage-list').innerText()).includes('GitHub'),
    );
    await browser.picture('3-back-and-complete');
  });

  it('counts down to the next try, names a failure with what helps, and recovers by a retry', async () => {
    await control('spotify').addFault({ path: '/', status: 503 });
    await browser.byId('extract-spotify').click();
    await browser.page.getByText(/trying again in \d+ s/).waitFor();
    await browser.pictureOf('4-trying-again', browser.byId('platform-spotify'));
    await browser.byId('retry-spotify').waitFor();
    const card = browser.byId('platform-spotify');
    expect(await card.innerText()).toContain('Spotify does not answer at the moment.');
    expect(await card.innerText()).toContain('Only Spotify can mend this. Try again in a few minutes.');
    await browser.pictureOf('5-failed', browser.byId('platform-spotify'));
    await control('spotify').reset();
    await browser.byId('retry-spotify').click();
    await until('Spotify to be read', async () => (await browser.progressOf('spotify')) === 100);
    expect(await card.innerText()).not.toContain('does not answer');
  });

  it('says why a platform refuses, and who can mend it', async () => {
    const body = 'User not registered in the Developer Dashboard';
    await control('spotify').addFault({ path: '/', status: 403, body, contentType: 'text/plain' });
    await browser.byId('extract-spotify').click();
    const card = browser.byId('platform-spotify');
    await card.getByText('The operator has to add it in Spotify’s Developer Dashboard.').waitFor();
    await card.getByText('Only the operator of this server can mend this').waitFor();
    await browser.pictureOf('6-for-the-operator', card);
    await control('spotify').reset();
    await browser.byId('retry-spotify').click();
    await until('Spotify to be read', async () => (await browser.progressOf('spotify')) === 100);
    expect(await card.innerText()).not.toContain('operator');

    const message = 'Resource protected by organization SAML enforcement.';
    await control('github').addFault({ path: '/user/orgs', status: 403, message });
    await browser.byId('extract-github').click();
    const warnings = browser.byId('warnings-github');
    await warnings.getByText('An organisation of yours asks for single sign-on.').waitFor();
    expect(await warnings.innerText()).toContain('You can mend this yourself.');
    expect(await browser.byId('connect-github').innerText()).toBe('Reconnect');
    await browser.pictureOf('7-for-the-person', browser.byId('platform-github'));
    await control('github').reset();
  });

  it('keeps a history with what can be done about each job', async () => {
    await browser.byId('history').locator('summary').click();
    await browser.byId('history-job').first().waitFor();
    expect(await browser.byId('history').innerText()).toMatch(/Reading Spotify Done/);
    await control('github').addFault({ path: '/', latencyMs: 2_000 });
    await browser.byId('extract-github').click();
    await browser.byId('history-cancel').first().click();
    await until('the job to be stopped', async () =>
      /Reading GitHub Stopped/.test(await browser.byId('history').innerText()),
    );
    await browser.pictureOf('8-history', browser.page.locator('.below'));
  });

  it('says for what a job waits', async () => {
    await control('github').reset();
    await control('github').addFault({ path: '/', status: 403, message: 'You have exceeded a secondary rate limit.' });
    await browser.byId('extract-github').click();
    await browser.byId('platform-github').getByText('GitHub asked us to slow down.').waitFor();
    await browser.pictureOf('9-waits', browser.byId('platform-github'));
    await control('github').reset();
    await browser.byId('stop-github').click();
    await browser.byId('stop-github').waitFor({ state: 'hidden' });
    await until('GitHub to be at rest', () => browser.byId('extract-github').isEnabled());
  });

  it.each(['light', 'dark'] as const)('leaves axe without a serious finding in the %s theme', async (theme) => {
    expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture(`10-${theme}`);
  });

  it('leads back to the sign-in when the token is refused', async () => {
    await browser.page.evaluate(`sessionStorage.setItem('soul-signature.token', 'expired')`);
    await browser.byId('extract-spotify').click();
    await browser.byId('sign-in-name').waitFor();
    expect(await browser.page.locator('.why').innerText()).toMatch(/sign in again/);
    await browser.picture('11-signed-out');
  });

  it('has asked nobody but the server and the consent pages, and the browser has nothing to complain of', () => {
    expect([...browser.origins].sort()).toEqual([app.url, sandbox.url].sort());
    // The refused token of the last step, which was wanted.
    expect(browser.complaints.filter((complaint) => !complaint.includes('status of 401'))).toEqual([]);
  });
});
