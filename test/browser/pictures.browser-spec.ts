import { readFileSync } from 'node:fs';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';
import { EVERY_CLAIM } from './every-claim.js';

describe('the signature as pictures', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let browser: PageInBrowser;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: 'postgres',
      sandboxPort: sandbox.port,
      env: { SIGNATURE_DELAY_MS: '200' },
    });
    browser = await PageInBrowser.open('pictures');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await sandbox.close();
  });

  const theme = (colorScheme: 'light' | 'dark') => browser.page.emulateMedia({ colorScheme });

  it('gives a newcomer facts before anything that is not known', async () => {
    await browser.signIn(app.url, 'Noor');
    await browser.connect('spotify', 'newcomer');
    await browser.byId('signature').waitFor();
    await browser.byId('fact-saved_tracks@spotify').waitFor();
    const parts = await browser.page.locator('.signature .part > h2').allInnerTexts();
    const known = await browser.page.locator('.facet[data-status="known"]').count();
    if (known === 0) expect(parts.indexOf('Simply facts')).toBeLessThan(parts.indexOf('What we cannot tell yet'));
    expect(await browser.byId('glyph').locator('line[stroke-dasharray]').count()).toBe(known === 0 ? 24 : 0);
    const decades = browser.byId('fact-saved_tracks_by_decade@spotify');
    expect(await decades.locator('.column-names > span').count()).toBe(await decades.locator('.columns i').count());
    await browser.picture('1-newcomer');
    await browser.byId('sign-out').click();
  });

  it('draws the day, the week, the artists and the sign of two platforms', async () => {
    await browser.signIn(app.url, 'Mira');
    await browser.connect('spotify', 'night-owl');
    await browser.connect('github', 'night-owl');
    // The last one to come: another would take the place of what the next tests open.
    await until(
      'the signature of both',
      async () =>
        (await browser.page.locator('.coverage-list').innerText()).includes('GitHub') &&
        (await browser.progressOf('github')) === 100 &&
        (await browser.byId('signature-status').isHidden()),
    );
    expect(await browser.page.locator('.clock path.hour').count()).toBeGreaterThanOrEqual(24);
    expect(await browser.page.locator('.week rect.cell').count()).toBeGreaterThanOrEqual(7 * 24);
    expect(await browser.byId('artists-way').locator('.slope').count()).toBeGreaterThan(5);
    expect(await browser.byId('glyph').locator('ellipse').count()).toBeGreaterThan(50);
    expect(await browser.byId('fact-shared_themes').innerText()).toMatch(
      /Electronic music\s+\d+ on GitHub, \d+ on Spotify/,
    );
    const unranked = browser.byId('fact-followed_unranked@spotify');
    expect(await unranked.locator('.named li').count()).toBeGreaterThan(5);
    expect(await unranked.locator('.rank').count()).toBe(0);
    await browser.picture('2-portrait-top', { fullPage: false });
    await browser.pictureOf('2-facts', browser.page.locator('.part.facts'));
    await browser.pictureOf('3-artists', browser.byId('artists-way'));
    await theme('dark');
    await browser.picture('4-portrait-dark', { fullPage: false });
    await theme('light');
  });

  it('answers "why do you say that?" with formula, window and the items', async () => {
    const facet = browser.byId('facet-creation.cadence');
    const why = facet.getByText('Why do you say that?');
    await why.click();
    await facet.locator('.formula').waitFor();
    expect(await facet.locator('.formula').innerText()).toMatch(/Window/);
    await facet.getByText('Show the items').click();
    await facet.locator('.items li').first().waitFor();
    await browser.pictureOf('5-why', facet);
  });

  it('lets the sign be kept as a picture that is the same each time', async () => {
    const take = async () => {
      const [download] = await Promise.all([
        browser.page.waitForEvent('download'),
        browser.byId('glyph-download').click(),
      ]);
      expect(download.suggestedFilename()).toMatch(/^soul-signature-\d+\.svg$/);
      return readFileSync(await download.path(), 'utf8');
    };
    const sign = await take();
    expect(sign).toMatch(/^<svg /);
    expect(await take()).toBe(sign);
    await browser.pictureOf('6-sign', browser.page.locator('.glyph'));
  });

  it('has a picture for every shape of claim, and shows what changed since the version before', async () => {
    await browser.page.route('**/api/soul-signature', async (route) => {
      const response = await route.fetch();
      const { data } = (await response.json()) as { data: { facets: object } };
      const more = { ...data, ...EVERY_CLAIM, facets: { ...data.facets, ...EVERY_CLAIM.facets } };
      await route.fulfill({ response, json: { success: true, data: more } });
    });
    await browser.page.reload();
    await browser.byId('facet-interests.resonance').waitFor();
    expect(await browser.page.locator('h1').innerText()).toBe('Night Explorer');
    expect(await browser.byId('narrative').innerText()).toBe(
      '47 % of your active hours are after 21:00, since 20 November 2025.',
    );
    expect(await browser.byId('facet-interests.resonance').locator('.dot:not(.none)').count()).toBe(6);
    expect(await browser.byId('change-taste.concentration').innerText()).toContain(
      'Your ten is higher now, because of what you did since.',
    );
    expect(await browser.byId('change-taste.concentration').locator('circle').count()).toBe(2);
    expect(await browser.byId('facet-connection.reciprocity').innerText()).toContain('12 more people');
    expect(await browser.byId('facet-taste.concentration').getByTestId('standing').innerText()).toBe(
      'Higher than about 70 in 100 of the 120 or more others here who agreed to be counted; 59 to 80 with 90 % certainty.',
    );
    expect(await browser.byId('facet-rhythms.night_share').getByTestId('standing').count()).toBe(0);
    const compared = browser.byId('facet-interests.resonance').locator('td:last-child');
    expect(await compared.allInnerTexts()).toEqual(['about 3 in 10', 'not compared', 'fewer than 1 in 10']);
    await browser.pictureOf('7-themes', browser.byId('facet-interests.resonance'));
    await browser.picture('7-every-claim');
    await theme('dark');
    await browser.picture('8-every-claim-dark');
    await theme('light');
  });

  it.each(['light', 'dark'] as const)('leaves axe without a serious finding in the %s theme', async (wanted) => {
    expect(await browser.seriousFindings(wanted)).toEqual([]);
  });

  it('fits a telephone', async () => {
    await theme('light');
    await browser.page.setViewportSize({ width: 390, height: 844 });
    expect(await browser.page.evaluate('document.documentElement.scrollWidth')).toBe(390);
    await browser.picture('9-telephone');
    await browser.pictureOf('9-telephone-facts', browser.page.locator('.part.facts'));
  });

  it('can be used with the keyboard alone', async () => {
    await browser.page.setViewportSize({ width: 1280, height: 900 });
    await browser.page.locator('.skip').focus();
    await browser.page.keyboard.press('Enter');
    expect(await browser.page.evaluate('document.activeElement.id')).toBe('main');
    await browser.page.keyboard.press('Tab');
    expect(await browser.page.evaluate(`document.activeElement.closest('main') !== null`)).toBe(true);
    const why = browser.byId('facet-creation.cadence').locator('summary');
    await why.focus();
    await browser.page.keyboard.press('Enter');
    await browser.byId('facet-creation.cadence').locator('.formula').waitFor();
  });

  it('has asked nobody but the server and the consent pages, and the browser has nothing to complain of', () => {
    expect([...browser.origins].sort()).toEqual([app.url, sandbox.url].sort());
    expect(browser.complaints).toEqual([]);
  });
});
