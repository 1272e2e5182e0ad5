import type { Locator } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import type { RecordedRefusal } from '../support/recorded-refusal.js';
import { LIST, PROFILE, REFUSED_ROWS, refuse, toldOf } from '../support/refused-rows.js';
import { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

const PLATFORMS = ['spotify', 'github', 'youtube'] as const;
const WHO_ACTS: Readonly<Record<RecordedRefusal['actor'], RegExp>> = {
  person: /You can mend this yourself\./,
  operator: /Only the operator of this server can mend this; you need not do anything\./,
  provider: /Only \w+ can mend this\./,
  nobody: /You need not do anything\./,
};

/** Each row that says something; in short the first for each kind of matter and each who acts. */
const TOLD = REFUSED_ROWS.filter(({ concerns }) => concerns !== 'nothing');
const ROWS = inFull(TOLD, [
  ...new Map([...TOLD].reverse().map((row) => [`${row.concerns} ${row.actor}`, row])).values(),
]);

describe('why something is not read, on the page', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let browser: PageInBrowser;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: 'postgres',
      sandboxPort: sandbox.port,
      env: { PLATFORM_RETRY_BASE_MS: '1', SIGNATURE_DELAY_MS: '600000', EXTRACTION_RATE_MAX: '0' },
    });
    browser = await PageInBrowser.open('refusals');
    await browser.signIn(app.url, 'Mira');
    for (const platform of PLATFORMS) {
      await browser.connect(platform, 'newcomer');
      await rest(platform);
    }
  });
  afterEach(async () => {
    for (const platform of PLATFORMS) await new SandboxControl(sandbox.url, platform).reset();
    await app.database!.query('DELETE FROM request_budgets');
    await app.database!.query('DELETE FROM queue_lines');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await sandbox.close();
  });

  const card = (platform: string) => browser.byId(`platform-${platform}`);
  /** The button that reads it again; a running job has none. */
  const again = (platform: string) => browser.byId(`extract-${platform}`).or(browser.byId(`retry-${platform}`));
  const rest = (platform: string) => until(`${platform} to be at rest`, () => again(platform).isEnabled());
  const visible = (part: Locator, text: string | RegExp) => part.getByText(text).filter({ visible: true }).first();
  /** Lets it be read without what was refused. */
  const mend = async ({ platform, concerns }: RecordedRefusal) => {
    await new SandboxControl(sandbox.url, platform).reset();
    if (concerns === 'pace') await browser.byId(`stop-${platform}`).click();
    else if (concerns === 'grant') await browser.connect(platform, 'newcomer');
    else await again(platform).click();
  };

  it.each(ROWS.map((row) => [row.platform, row.code, row.status, row] as const))(
    '%s: %s (%i)',
    async (platform, code, status, row) => {
      const { message, actor } = toldOf(row);
      await refuse(sandbox.url, row, row.concerns === 'part' ? LIST[platform] : PROFILE[platform]);
      await again(platform).click();
      await visible(card(platform), message).waitFor();
      // Who waits sees that reading goes on by itself.
      if (row.concerns !== 'pace') await visible(card(platform), WHO_ACTS[actor]).waitFor();
      const number = REFUSED_ROWS.indexOf(row) + 1;
      await browser.pictureOf(`${number}-${platform}-${code}-${status}`.toLowerCase(), card(platform));
      await mend(row);
      await visible(card(platform), message).waitFor({ state: 'hidden' });
      await rest(platform);
    },
  );

  it('lists for operators all that only they can mend', async () => {
    const rows = REFUSED_ROWS.filter(({ actor }) => actor === 'operator');
    for (const row of rows) {
      const person = await ApiClient.signIn(app);
      await refuse(sandbox.url, row, PROFILE[row.platform]);
      await person.endOf((await person.connect('newcomer', row.platform)).jobId);
      await new SandboxControl(sandbox.url, row.platform).reset();
    }
    await browser.byId('sign-out').click();
    await browser.page.goto(`${app.url}/operator.html`);
    await browser.byId('demo-operator').click();
    const list = browser.byId('for-operator');
    for (const row of rows) await visible(list, toldOf(row).message).waitFor();
    await browser.pictureOf('operator', list);
  });
});
