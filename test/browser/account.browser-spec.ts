import { readFileSync } from 'node:fs';
import { ApiClient } from '../support/api-client.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';

describe('what is theirs, in the page', () => {
  let app: RunningApp;
  let browser: PageInBrowser;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { SIGNATURE_DELAY_MS: '200' } });
    browser = await PageInBrowser.open('account');
    await browser.signIn(app.url, 'Noor');
    await browser.connect('spotify', 'newcomer');
    await browser.byId('signature').waitFor();
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
  });

  const token = (): Promise<string> => browser.page.evaluate(`sessionStorage.getItem('soul-signature.token')`);

  it('lets a person take everything along as one file', async () => {
    const [download] = await Promise.all([browser.page.waitForEvent('download'), browser.byId('export').click()]);
    expect(download.suggestedFilename()).toBe('soul-signature.json');
    const { success, data } = JSON.parse(readFileSync(await download.path(), 'utf8'));
    expect(success).toBe(true);
    expect(JSON.stringify(data)).toContain('spotify');
    expect(JSON.stringify(data)).not.toContain(await token());
  });

  it('asks before it names sensitive themes, and remembers the answer', async () => {
    const box = browser.byId('sensitive-topics');
    const asked = async (): Promise<unknown> => (await new ApiClient(app, await token()).get('/me')).sensitiveTopics;
    expect([await box.isChecked(), await asked()]).toEqual([false, false]);
    await Promise.all([browser.page.waitForResponse((answer) => answer.url().endsWith('/build')), box.check()]);
    expect(await asked()).toBe(true);
    await browser.page.reload();
    await box.waitFor();
    expect(await box.isChecked()).toBe(true);
    await Promise.all([browser.page.waitForResponse((answer) => answer.url().endsWith('/build')), box.uncheck()]);
    expect(await asked()).toBe(false);
    expect(browser.complaints).toEqual([]);
  });

  it('counts nobody among the others who has not agreed', async () => {
    const box = browser.byId('counted');
    const counted = async (): Promise<unknown> =>
      (await new ApiClient(app, await token()).get('/soul-signature/population')).participate;
    expect([await box.isChecked(), await counted()]).toEqual([false, false]);
    await Promise.all([browser.page.waitForResponse((answer) => answer.url().endsWith('/build')), box.check()]);
    expect(await counted()).toBe(true);
    await browser.page.reload();
    await box.waitFor();
    expect(await box.isChecked()).toBe(true);
    await Promise.all([browser.page.waitForResponse((answer) => answer.url().endsWith('/build')), box.uncheck()]);
    expect(await counted()).toBe(false);
    expect(await browser.page.locator('.check', { has: box }).getByRole('status').innerText()).toBe('Saved.');
    expect(await browser.page.evaluate('document.activeElement.id')).toBe('counted');
  });

  it('is of use where it cannot tell whether somebody is counted', async () => {
    const route = '**/api/soul-signature/population';
    await browser.page.route(route, (asked) => asked.fulfill({ status: 503, json: { success: false, error: {} } }));
    await browser.page.reload();
    await browser.byId('counted').waitFor();
    expect(await browser.byId('counted').isDisabled()).toBe(true);
    expect(await browser.byId('export').isEnabled()).toBe(true);
    await browser.page.unroute(route);
    await browser.page.reload();
    await browser.byId('counted').waitFor();
    expect(await browser.byId('counted').isDisabled()).toBe(false);
    await browser.byId('signature').waitFor(); // It moves what is below it.
  });

  it('deletes nothing by mistake', async () => {
    await browser.byId('delete-account').click();
    expect(await browser.byId('delete-confirm').isDisabled()).toBe(true);
    await browser.byId('delete-word').fill('Delet');
    expect(await browser.byId('delete-confirm').isDisabled()).toBe(true);
    await browser.picture('1-asked', { fullPage: false });
    await browser.page.getByRole('button', { name: 'Keep it', exact: true }).click();
    expect((await new ApiClient(app, await token()).call('GET', '/me')).status).toBe(200);
  });

  it('deletes everything, says so, and lets the old token nowhere any more', async () => {
    const old = await token();
    await browser.byId('delete-account').click();
    await browser.byId('delete-word').fill('delete');
    await browser.byId('delete-confirm').click();
    await browser.byId('sign-in-name').waitFor();
    expect(await browser.page.locator('.why').innerText()).toContain('Everything about you here has been deleted.');
    expect(await token()).toBeNull();
    const answer = await new ApiClient(app, old).call('GET', '/me');
    expect([answer.status, answer.body.error.code]).toEqual([401, 'ACCOUNT_DELETED']);
    await browser.picture('2-deleted', { fullPage: false });
  });

  it('begins empty for the same name', async () => {
    await browser.byId('sign-in-name').fill('Noor');
    await browser.byId('sign-in').getByRole('button').click();
    await browser.byId('signature-empty').waitFor();
    expect(await browser.byId('platform-spotify').getAttribute('data-connected')).toBe('false');
  });

  it('shows that a deletion is under way where it takes longer, and says so when it has ended', async () => {
    const operator = await ApiClient.signIn(app, { admin: true });
    await app.database!.query(
      `INSERT INTO events (user_id, seq, type, payload)
       SELECT 'demo:noor', n, 'batch_completed', '{}' FROM generate_series(1001, 16000) AS n`,
    );
    await operator.post('/queues/platform-data/pause');
    await browser.byId('delete-account').click();
    await browser.byId('delete-word').fill('delete');
    await browser.byId('delete-confirm').click();
    await browser.byId('erasing').waitFor();
    expect(await browser.byId('delete-account').count()).toBe(0);
    await browser.picture('3-erasing', { fullPage: false });
    await operator.post('/queues/platform-data/resume');
    await browser.byId('sign-in-name').waitFor();
    expect(await browser.page.locator('.why').innerText()).toContain('Everything about you here has been deleted.');
  });
});
