import { ApiClient } from '../support/api-client.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

describe('what changed between two versions', () => {
  let app: RunningApp;
  let browser: PageInBrowser;
  let mira: ApiClient;

  const build = async () => mira.endOf((await mira.post('/soul-signature/build')).jobId);

  /** Spotify alone, then the same in another zone, then with GitHub: three versions, each for a reason of its own. */
  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { SIGNATURE_DELAY_MS: '200' } });
    mira = await ApiClient.signIn(app, { name: 'Mira', timeZone: 'Europe/Berlin' });
    await mira.endOf((await mira.connect('night-owl')).jobId);
    await build();
    await mira.patch('/me', { timeZone: 'Asia/Tokyo' });
    await build();
    await mira.endOf((await mira.connect('night-owl', 'github')).jobId);
    await build();
    browser = await PageInBrowser.open('changes');
    await browser.signIn(app.url, 'Mira');
    await browser.byId('signature').waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  const shown = () =>
    browser.page
      .locator('.part.changed .changes > li')
      .evaluateAll((rows: any[]) => rows.map(({ dataset }) => `${dataset.testid} ${dataset.kind}`));
  const answered = async (path: string) =>
    (await mira.get(path)).changes.map(({ claim, kind }: any) => `change-${claim} ${kind}`);

  it('shows first what changed since the version before', async () => {
    expect(await browser.byId('signature').getAttribute('data-version')).toBe('3');
    const since2 = await answered('/soul-signature/changes');
    expect(since2.length).toBeGreaterThan(0);
    expect(await shown()).toEqual(since2);
    expect(await browser.page.locator('.part.changed').innerText()).toContain(
      'because a platform was connected or left',
    );
  });

  it('offers the earlier versions, a page of the list after the other', async () => {
    await browser.page.route('**/api/soul-signature/versions*', async (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('limit', '2');
      await route.continue({ url: url.href });
    });
    const options = browser.byId('version-from').locator('option');
    await browser.byId('versions').locator('summary').click();
    await until('a first page', async () => (await options.count()) === 1);
    expect(await options.first().innerText()).toMatch(/^version 2, /);
    await browser.byId('versions-more').click();
    await until('all of them', async () => (await options.count()) === 2);
    expect(await browser.byId('versions-more').isVisible()).toBe(false);
  });

  it('compares with the one picked, exactly as the route answers', async () => {
    const since1 = await answered('/soul-signature/changes?from=1&to=3');
    const since2 = await answered('/soul-signature/changes?from=2&to=3');
    expect(since1).not.toEqual(since2);
    await browser.byId('version-from').selectOption('1');
    await browser.byId('changes-between').getByText('Since version 1, ').waitFor();
    expect(await shown()).toEqual(since1);
    expect(await browser.page.locator('.part.changed').innerText()).toMatch(
      /When your day peaks, on Spotify is later now, because your time zone changed/,
    );
    await browser.pictureOf('1-since-the-first', browser.page.locator('.part.changed'));
    await browser.byId('version-from').selectOption('2');
    await browser.byId('changes-between').getByText('Since version 2, ').waitFor();
    expect(await shown()).toEqual(since2);
  });

  it.each(['light', 'dark'] as const)('leaves axe without a serious finding in the %s theme', async (theme) => {
    expect(await browser.seriousFindings(theme)).toEqual([]);
    expect(browser.complaints).toEqual([]);
  });
});
