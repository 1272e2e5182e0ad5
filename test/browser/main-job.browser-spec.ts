import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, chromiumPath } from '../support/chromium.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';

const PICTURES = join(__dirname, '../../artifacts/main-job');

/** The machine may be busy; nothing here is about speed. */
const PATIENCE_MS = 50_000;

describe('the main job in a browser', () => {
  let app: RunningApp;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  const picture = async (name: string) => {
    if (inFull(true, false)) await page.screenshot({ path: join(PICTURES, `${name}.png`), fullPage: true });
  };
  const byId = (id: string) => page.locator(`[data-testid="${id}"]`);

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    app = await RunningApp.start({ database: inFull('embedded', 'postgres') });
    browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGUMENTS });
    // Without motion, so that pictures show what is there and not what is fading in.
    page = await browser.newPage({
      viewport: { width: 1280, height: 900 },
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
    });
    // As a browser that opens no windows: consent is asked on the page itself.
    await page.addInitScript('window.open = () => null');
    page.setDefaultTimeout(PATIENCE_MS);
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  it('leads from the name localhost to the address that redirect URIs have', async () => {
    await page.goto(app.url.replace('127.0.0.1', 'localhost'));
    expect(new URL(page.url()).hostname).toBe('127.0.0.1');
    await picture('1-signed-out');
  });

  it('proposes the time zone of the browser, signs in, and takes a refused consent kindly', async () => {
    expect(await byId('sign-in-zone').inputValue()).toBe('Europe/Berlin');
    await byId('sign-in-name').fill('Mira');
    await byId('sign-in').getByRole('button').click();
    await byId('connect-spotify').click();
    await page.waitForURL(/\/spotify\/oauth\/authorize/);
    await picture('2-consent');
    await page.locator('button[name="decision"][value="deny"]').click();
    await byId('banner').waitFor();
    expect(await byId('banner').innerText()).toContain(
      'You did not allow access to Spotify, so nothing was connected.',
    );
    expect(new URL(page.url()).search).toBe('');
    await picture('3-refused');
  });

  it('connects Spotify, shows progress that moves and never falls, and then the signature', async () => {
    await app.spotify.addFault({ path: '/v1/', latencyMs: 60 });
    await byId('connect-spotify').click();
    await page.locator('input[name="persona"][value="night-owl"]').check();
    await page.locator('button[name="decision"][value="allow"]').click();
    await page.waitForURL(`${app.url}/**`);

    const seen: number[] = [];
    await byId('progress-spotify').waitFor();
    while ((await byId('progress-spotify').count()) > 0) {
      const value = await byId('progress-spotify')
        .getAttribute('aria-valuenow', { timeout: 1_000 })
        .catch(() => null);
      if (value !== null && Number(value) !== seen.at(-1)) {
        seen.push(Number(value));
        if (seen.length === 3) await picture('4-progress');
      }
      if (Number(value) === 100) break;
    }
    expect(seen.length).toBeGreaterThan(2);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));

    await byId('signature').waitFor();
    expect(await byId('signature').getAttribute('data-version')).toBe('1');
    await expect(byId('facet-rhythms.peak').getAttribute('data-status')).resolves.toBe('known');
    await expect(byId('facet-taste.breadth').getAttribute('data-status')).resolves.toBe('unknown');
    await byId('fact-saved_tracks@spotify').waitFor();
    // No platform gives meetings: nobody is invited to what they would show.
    expect(await byId('facet-connection.organiser').count()).toBe(0);
    expect(await byId('facet-creation.cadence').innerText()).toContain('Connect GitHub');
    // However many platforms there are, none is hidden in a list that has to be scrolled for itself.
    expect(
      await page.evaluate(
        `(({ scrollHeight, clientHeight }) => scrollHeight - clientHeight)(document.querySelector('.sources'))`,
      ),
    ).toBe(0);
    await picture('5-signature');
  });

  it('fits a telephone', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    const { width } = (await page.locator('html').boundingBox())!;
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    await picture('6-telephone');
  });

  it('leaves the browser without complaints', () => {
    expect(complaints).toEqual([]);
  });
});
