import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { chromium, type Browser, type Page } from 'playwright-core';
import type { ApiClient } from '../support/api-client.js';
import { CHROMIUM_ARGUMENTS, chromiumPath } from '../support/chromium.js';
import { inFull } from '../support/length.js';
import type { RunningApp } from '../support/running-app.js';
import { Deployment } from './deployment.js';

const PICTURES = join(__dirname, '../../artifacts/dashboard');
const PASSWORD = 'a long enough password';

/** Longer than a hint may stay unclaimed before it is given again, with the sweep and a look of the dispatcher. */
const REDISPATCH_MS = 7_000;

describe('the dashboard in a browser', () => {
  let deployment: Deployment;
  let app: RunningApp;
  let person: ApiClient;
  let browser: Browser | undefined;
  let page: Page;
  const complaints: string[] = [];

  const open = (path: string) => page.goto(`${app.url}/api/queues/dashboard${path}`);
  const picture = async (name: string) => {
    if (inFull(true, false)) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  };
  const confirm = () => page.getByRole('button', { name: /^(confirm|ok|yes)$/i }).click();
  const fromQueueMenu = async (name: string) => {
    await page.locator('button[aria-haspopup="menu"]').last().click();
    await page.getByRole('menuitem', { name, exact: true }).click();
  };

  beforeAll(async () => {
    mkdirSync(PICTURES, { recursive: true });
    deployment = await Deployment.start({ env: { EXTRACTION_RATE_MAX: '0' } });
    app = await deployment.process('all', { DASHBOARD_PASSWORD: PASSWORD });
    person = await deployment.client(app, 'Mira');
    browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGUMENTS });
    const context = await browser.newContext({
      httpCredentials: { username: 'admin', password: PASSWORD },
      viewport: { width: 1280, height: 900 },
    });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`);
    });
    page.on('requestfinished', (request) => {
      if (!request.url().startsWith(app.url)) complaints.push(`left the site: ${request.url()}`);
    });
  });
  afterAll(async () => {
    await browser?.close();
    await deployment.stop();
  });

  it('shows a failed job with its error, and completes it when Retry is clicked', async () => {
    await deployment.spotify.addFault({ path: '/v1/me', status: 400 });
    const { jobId } = await person.connect('newcomer');
    expect(await person.endOf(jobId)).toMatchObject({ state: 'failed', errorCode: 'PLATFORM_REFUSED' });

    await open('/');
    await page.getByRole('link', { name: 'extraction' }).first().click();
    await page.getByRole('link', { name: /failed/i }).click();
    await page.getByText(jobId).waitFor();
    await page.getByText('400 from', { exact: false }).waitFor();
    await picture('1-failed');
    await page.getByRole('tab', { name: 'Logs' }).click();
    await page.getByText('failed after 1 of 3 attempts').waitFor();
    await picture('2-failed-logs');

    await deployment.spotify.reset();
    await (await buttonWithTooltip(page, 'Retry')).click();
    await page.getByText('Are you sure that you want to retry this job?').waitFor();
    await picture('3-retry-asks');
    await Promise.all([page.waitForResponse(/\/retry$/), confirm()]);
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', failedReason: null, attemptsMade: 1 });
    await open(`/queue/extraction/${jobId}`);
    await page.getByText('Finished at').waitFor();
    await page.getByText('100%').waitFor();
    await picture('4-completed');
  });

  it('stops the work when Pause is clicked, whatever happens to Redis, until Resume is clicked', async () => {
    await open('/queue/extraction');
    await fromQueueMenu('Pause');
    await Promise.all([page.waitForResponse(/\/queues\/extraction\/pause$/), confirm()]);
    const { jobId } = await person.post('/extraction/spotify');
    const state = async () => (await person.get(`/jobs/${jobId}`)).state;
    expect(await state()).toBe('paused');

    const redis = new Redis(deployment.redis.url);
    await redis.flushall();
    redis.disconnect();
    await sleep(REDISPATCH_MS);
    expect(await state()).toBe('paused');
    await open('/queue/extraction?status=paused');
    await page.getByText(jobId).waitFor();
    await picture('5-paused-after-flushall');

    await fromQueueMenu('Resume');
    await Promise.all([page.waitForResponse(/\/queues\/extraction\/resume$/), confirm()]);
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed' });
    await open('/queue/extraction?status=completed');
    await page.getByText(jobId).waitFor();
    await picture('6-resumed');
  });

  it('worked without an error, and asked no other site for anything', () => {
    expect(complaints).toEqual([]);
  });
});

/** The icon button with this tooltip. */
async function buttonWithTooltip(page: Page, tooltip: string) {
  const buttons = page.locator('button:has(svg)');
  for (let i = 0; i < (await buttons.count()); i++) {
    const button = buttons.nth(i);
    await button.hover();
    if (
      await page
        .getByText(tooltip, { exact: true })
        .waitFor({ timeout: 700 })
        .then(
          () => true,
          () => false,
        )
    ) {
      return button;
    }
  }
  throw new Error(`No button is called ${tooltip}`);
}
