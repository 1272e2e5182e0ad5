import { AccountClient, invitationIn, PASSWORD } from '../support/account-client.js';
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

  describe('of somebody with an account', () => {
    const row = (name: string) => browser.byId('people').getByRole('row').filter({ hasText: name });
    const focused = () => browser.page.evaluate('document.activeElement.dataset.testid');

    it('is opened with the password, as everybody signs in', async () => {
      const demo = await ApiClient.signIn(app, { name: 'Operator', admin: true });
      const { url } = await demo.post('/users/invitations', { admin: true });
      await AccountClient.signUp(app, { username: 'root', invitation: invitationIn(url) });
      await browser.byId('sign-out').click();
      await browser.byId('account-username').fill('root');
      await browser.byId('account-password').fill(PASSWORD);
      expect(await browser.page.locator('textarea').count()).toBe(0);
      expect(await browser.seriousFindings('dark')).toEqual([]);
      await browser.page.keyboard.press('Enter');
      await row('root').waitFor();
      expect(await row('root').innerText()).toMatch(/administrator\s+a password/);
      expect(await row('Mira').innerText()).toMatch(/the demo/);
      expect(await browser.page.evaluate('sessionStorage.length')).toBe(0);
    });

    it('finds people by name', async () => {
      await browser.byId('search-people').fill('MIR');
      await browser.page.keyboard.press('Enter');
      await row('root').waitFor({ state: 'detached' });
      expect(await browser.byId('people').locator('tbody tr').count()).toBe(1);
      await browser.byId('search-people').fill('nobody of this name');
      await browser.byId('find').click();
      await browser.byId('people').getByText('Nobody is called that.').waitFor();
      await browser.byId('search-people').fill('');
      await browser.byId('find').click();
      await row('root').waitFor();
    });

    it('invites with a link that is shown once and can be copied, by keyboard alone', async () => {
      await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
      await browser.byId('invite').focus();
      await browser.page.keyboard.press('Enter');
      await browser.byId('invitation').waitFor();
      await until('the focus on the link', async () => (await focused()) === 'invitation');
      const url = await browser.byId('invitation').inputValue();
      expect(await browser.seriousFindings('dark')).toEqual([]);
      await browser.picture('3-invitation');
      await browser.page.keyboard.press('Tab');
      await browser.page.keyboard.press('Enter');
      await browser.byId('people').getByText('Copied.').waitFor();
      expect(await browser.page.evaluate('navigator.clipboard.readText()')).toBe(url);
      await browser.page.keyboard.press('Tab');
      await browser.page.keyboard.press('Enter');
      expect([await browser.byId('invitation').count(), await focused()]).toEqual([0, 'invite']);
      expect(await browser.page.content()).not.toContain(invitationIn(url));
      const { browser: guest } = await AccountClient.signUp(app, { invitation: invitationIn(url) });
      expect(await guest.get('/me')).toMatchObject({ admin: false });
    });

    it('locks somebody after asking, and for the password where that was long ago', async () => {
      const tab = await browser.context.newPage();
      await tab.goto(app.url);
      const { token, userId } = await new ApiClient(app).post('/auth/demo', { name: 'Lena' });
      await tab.evaluate(`sessionStorage.setItem('soul-signature.token', ${JSON.stringify(token)})`);
      await tab.reload();
      await tab.locator('[data-testid="sign-out"]').waitFor();
      await browser.byId('find').click();
      await app.database!.query(`UPDATE sessions SET created_at = now() - interval '11 minutes'`);

      await browser.byId(`lock-${userId}`).focus();
      await browser.page.keyboard.press('Enter');
      await browser.byId('lock-confirm').waitFor();
      expect(await browser.seriousFindings('dark')).toEqual([]);
      await browser.byId('lock-confirm').press('Enter');
      await browser.byId('again-password').fill(PASSWORD);
      await browser.page.keyboard.press('Enter');
      await browser.byId('people-said').getByText('Lena is locked.').waitFor();
      expect(await row('Lena').innerText()).toContain('locked since');
      expect(await focused()).toBe(`lock-${userId}`);
      await tab.getByText('Your account is locked').waitFor();
      await tab.close();

      await browser.byId(`lock-${userId}`).click();
      await browser.byId('people-said').getByText('Lena is not locked any more.').waitFor();
      await browser.byId(`sign-out-${userId}`).click();
      await browser.byId('people-said').getByText('Lena is signed out: 0 sessions ended.').waitFor();
      const [{ id: own }] = await app.database!.query(`SELECT user_id AS id FROM accounts WHERE username = 'root'`);
      await browser.byId(`lock-${own}`).click();
      await browser.byId('lock-confirm').click();
      await browser.byId('banner').getByText('You cannot lock yourself').waitFor();
    });

    it('tells what administrators did', async () => {
      const acts = browser.byId('audit').getByRole('row');
      await acts.filter({ hasText: /root.*signed out everywhere.*Lena.*done/ }).waitFor();
      await acts.filter({ hasText: /root.*unlocked.*Lena.*done/ }).waitFor();
      await acts.filter({ hasText: /Operator.*invited.*an administrator.*done/ }).waitFor();
      await acts.filter({ hasText: /Operator.*retried failed jobs of.*extraction \(1\).*done/ }).waitFor();
    });
  });

  it.each(['light', 'dark'] as const)('leaves axe without a serious finding in the %s theme', async (theme) => {
    expect(await browser.seriousFindings(theme)).toEqual([]);
    await browser.picture(`4-${theme}`);
  });

  it('has asked nobody but the server', () => {
    expect([...browser.origins]).toEqual([app.url]);
    // The first look was an ordinary person's, and refused; the password was asked for once more, and the own lock refused.
    expect(browser.complaints.filter((complaint) => !/status of (403|409)/.test(complaint))).toEqual([]);
  });
});
