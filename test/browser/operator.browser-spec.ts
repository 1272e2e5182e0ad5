import { ApiClient } from '../support/api-client.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

describe("the operator's page", () => {
  let app: RunningApp;
  let browser: PageInBrowser;

  beforeAll(async () => {
    app = await RunningApp.start({
      database: 'postgres',
      redis: true,
      env: { EXTRACTION_ATTEMPTS: '1', PLATFORM_RETRY_BASE_MS: '20', SIGNATURE_DELAY_MS: '200' },
    });
    browser = await PageInBrowser.open('operator');
    const [ana, bo] = await Promise.all([ApiClient.signIn(app), ApiClient.signIn(app)]);
    await ana.endOf((await ana.connect('newcomer')).jobId);
    const body = 'User not registered in the Developer Dashboard';
    await app.spotify.addFault({ path: '/v1/', status: 403, body, contentType: 'text/plain' });
    expect(await bo.endOf((await bo.connect('devotee')).jobId)).toMatchObject({ state: 'failed' });
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  const figure = async (id: string) => Number(await browser.byId(id).locator('strong').innerText());

  it('keeps everybody out who is no operator', async () => {
    await browser.signIn(app.url, 'Mira');
    expect(await browser.page.locator('.to-operator').count()).toBe(0);
    await browser.page.goto(`${app.url}/operator.html`);
    await browser.byId('demo-operator').waitFor();
    expect(await browser.page.locator('main').innerText()).toContain('not an operator');
  });

  it('shows queues, failures by code, budgets, workers and the way to the dashboard', async () => {
    await browser.byId('demo-operator').click();
    await browser.byId('extraction-failed').waitFor();
    expect(await figure('extraction-completed')).toBe(1);
    expect(await figure('extraction-failed')).toBe(1);
    const text = await browser.page.locator('main').innerText();
    expect(text).toContain('PLATFORM_FORBIDDEN');
    expect(text).toMatch(/of 10 slots busy/);
    expect(await browser.page.getByRole('link', { name: 'Bull Board' }).getAttribute('href')).toBe(
      '/api/queues/dashboard',
    );
    expect(await browser.byId('redis').innerText()).toMatch(/^[\d.]+ MB used, without a limit · noeviction$/);
    await browser.picture('1-overview');
  });

  it('lists what only the operator can mend, and for how many people', async () => {
    const text = await browser.byId('for-operator').innerText();
    expect(text).toMatch(/The operator has to add it in Spotify’s Developer Dashboard\.\s+spotify\s+1/);
    expect(await browser.page.locator('h1').innerText()).toBe('Please look.');
  });

  it('pauses and resumes, and says that it is paused', async () => {
    await browser.byId('extraction-pause').click();
    await browser.byId('alerts').getByText('extraction is paused').waitFor();
    await browser.picture('2-paused');
    await browser.byId('extraction-pause').click();
    await until('the queue to run', async () => (await browser.byId('alerts').count()) === 0);
  });

  it('tries all failed jobs again', async () => {
    await app.spotify.reset();
    await browser.page.getByText('Retry all failed').click();
    await until('the failed job to be completed', async () => (await figure('extraction-failed')) === 0);
    await until('both to be completed', async () => (await figure('extraction-completed')) === 2);
    expect(await browser.byId('for-operator').count()).toBe(0);
  });

  it.each(['light', 'dark'] as const)('leaves axe without a serious finding in the %s theme', async (theme) => {
    expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture(`3-${theme}`);
  });

  it('has asked nobody but the server', () => {
    expect([...browser.origins]).toEqual([app.url]);
    // The first look was an ordinary person's, and refused.
    expect(browser.complaints.filter((complaint) => !complaint.includes('status of 403'))).toEqual([]);
  });
});
