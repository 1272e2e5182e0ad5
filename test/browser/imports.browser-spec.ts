import { readFileSync } from 'node:fs';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { inFull } from '../support/length.js';
import { PageInBrowser } from '../support/page-in-browser.js';
import { RunningApp } from '../support/running-app.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

const NETFLIX_HEAD =
  'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country';

/** In short the last year, told by the minute: a fifth of the rows. */
const ARCHIVE = inFull('extended', 'account');

/** The viewing activity of a household. */
function netflixFile(profiles: readonly string[]): Buffer {
  const rows = profiles.map(
    (profile, day) =>
      `${profile},2026-01-0${day + 1} 20:00:00,00:40:00,,Dark: Season 1: Secrets (Episode 1),,TV,00:40:00,00:40:00,DE (Germany)`,
  );
  return Buffer.from([NETFLIX_HEAD, ...rows, ''].join('\n'));
}

describe('bringing an archive', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let browser: PageInBrowser;
  let archive: Buffer;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({
      database: 'postgres',
      sandboxPort: sandbox.port,
      env: { SIGNATURE_DELAY_MS: '200' },
    });
    browser = await PageInBrowser.open('imports');
    await browser.signIn(app.url, 'Mira');
  });
  afterAll(async () => {
    await browser.close();
    await app.stop();
    await sandbox.close();
  });

  const card = (state: string) => browser.page.locator(`[data-testid="import"][data-state="${state}"]`).first();
  const part = (name: string) => browser.page.locator(`[data-part="${name}"] td`).innerText();
  const numberIn = (text: string) => Number(text.replaceAll(',', ''));
  const choose = (name: string, buffer: Buffer) =>
    browser.byId('archive-files').setInputFiles([{ name, mimeType: 'application/octet-stream', buffer }]);
  /** Lets files come as if they were dragged from a folder. */
  const drag = (type: 'dragenter' | 'dragleave' | 'drop', content: Buffer, name: string) =>
    browser.page.evaluate(
      `((content) => {
        const bytes = Uint8Array.from(atob(content), (character) => character.charCodeAt(0));
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([bytes], ${JSON.stringify(name)}));
        const event = new DragEvent('${type}', { bubbles: true, cancelable: true, dataTransfer });
        document.querySelector('main').dispatchEvent(event);
        return event.defaultPrevented;
      })(${JSON.stringify(content.toString('base64'))})`,
    );
  const findings = async () => [await browser.seriousFindings('dark'), await browser.seriousFindings('light')].flat();

  it('leads a newcomer without an archive to the one of an invented person', async () => {
    const [page] = await Promise.all([browser.page.waitForEvent('popup'), browser.byId('sample-spotify').click()]);
    expect(page.url()).toBe(`${app.sandboxUrl}/spotify/archive`);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator(`a[href="/spotify/archive/night-owl/${ARCHIVE}.zip"]`).click(),
    ]);
    archive = readFileSync(await download.path());
    await page.close();
    await browser.byId('which-files').click();
    await browser.page.getByText('takeout.google.com').first().waitFor();
    expect(await findings()).toEqual([]);
    await browser.picture('1-which-files');
    await browser.byId('which-files').click();
  });

  it('explains what a wrong file is, and keeps nothing of it', async () => {
    await choose('holiday.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
    await browser.page.getByText('This is not a file that we can read.').waitFor();
    await browser.page.getByRole('button', { name: 'Which files can be read?' }).waitFor();
    expect(await browser.byId('import').count()).toBe(0);
    expect(await findings()).toEqual([]);
    await browser.pictureOf('2-wrong-file', browser.page.locator('.archives'));
    await choose('watch-history.html', Buffer.from('<html><body>Watched a video</body></html>'));
    await until('another sentence', async () => (await browser.byId('upload-problem').innerText()).length > 0);
  });

  it('can be cancelled while files are sent, and sends them again where that may help', async () => {
    const route = '**/api/imports?hold=true';
    await browser.page.route(route, () => {}); // No answer comes.
    await choose('my_spotify_data.zip', archive);
    await browser.byId('upload-cancel').click();
    await browser.page.getByText('Cancelled. Nothing was kept.').waitFor();
    expect(await browser.page.evaluate('document.activeElement.dataset.testid')).toBe('archive-choose');
    await browser.page.unroute(route);
    const error = { code: 'STORAGE_FULL', message: 'The server has no room for the upload.' };
    await browser.page.route(route, (asked) => asked.fulfill({ status: 507, json: { success: false, error } }));
    await choose('holiday.jpg', Buffer.from([0xff, 0xd8, 0xff, 0xe0, 1, 2, 3]));
    await browser.page.getByText('The server has no room for the upload.').waitFor();
    await browser.pictureOf('2-no-room', browser.page.locator('.archives'));
    await browser.page.unroute(route);
    await browser.byId('upload-again').click();
    await browser.page.getByText('This is not a file that we can read.').waitFor();
  });

  it('says while files are dragged that they can be let go, and takes no text for files', async () => {
    await drag('dragenter', Buffer.from('x'), 'my.zip');
    await browser.byId('drop').waitFor();
    await browser.picture('3-dragged', { fullPage: false });
    await drag('dragleave', Buffer.from('x'), 'my.zip');
    await browser.byId('drop').waitFor({ state: 'hidden' });
    await browser.page.evaluate(`(() => {
      const dataTransfer = new DataTransfer();
      dataTransfer.setData('text/plain', 'words');
      document.body.dispatchEvent(new DragEvent('dragenter', { bubbles: true, dataTransfer }));
    })()`);
    expect(await browser.byId('drop').isHidden()).toBe(true);
  });

  it('says that a folder cannot be read', async () => {
    await browser.page.evaluate(`(() => {
      const { prototype } = DataTransferItem;
      const original = prototype.webkitGetAsEntry;
      const createReader = () => ({ readEntries: (_, refuse) => refuse(new DOMException('gone', 'NotReadableError')) });
      prototype.webkitGetAsEntry = () => {
        prototype.webkitGetAsEntry = original;
        return { isFile: false, isDirectory: true, createReader };
      };
    })()`);
    await drag('drop', Buffer.from('x'), 'folder');
    await browser.page.getByText('No file could be read there.').waitFor();
    expect(await findings()).toEqual([]);
  });

  it('shows what was recognised in dropped files before anything counts', async () => {
    expect(await drag('drop', archive, 'my_spotify_data.zip')).toBe(true);
    await card('held').waitFor();
    expect(await browser.byId('recognised').innerText()).toMatch(
      inFull(/Spotify, extended streaming history\s+2 files/, /Spotify, account data\s+\d files?/),
    );
    expect(await browser.page.locator('#main').getAttribute('data-stage')).toBe('new');
    expect(await browser.page.evaluate('document.activeElement.dataset.testid')).toBe('import');
    expect(await findings()).toEqual([]);
    await browser.picture('4-recognised');
  });

  it('still knows it after a reload, and deletes at once what is left', async () => {
    await browser.page.reload();
    await card('held').waitFor();
    await browser.byId('import-leave').click();
    await card('held').waitFor({ state: 'detached' });
    expect(await browser.page.evaluate('document.activeElement.dataset.testid')).toBe('archive-choose');
    await browser.page.reload();
    await browser.byId('archive-choose').waitFor();
    expect(await browser.byId('import').count()).toBe(0);
  });

  it('reads it with a bar by bytes, and draws a signature of the archive alone', async () => {
    await choose('my_spotify_data.zip', archive);
    await card('held').waitFor();
    await browser.byId('import-start').click();
    // The short one may be read before anybody sees it.
    if (ARCHIVE === 'extended') {
      await browser.page.getByText(/[\d.]+ MB of [\d.]+ MB/).waitFor();
      await browser.pictureOf('5-reading', browser.page.locator('.archives'));
    }
    await card('completed').waitFor();
    expect(await browser.byId('import-sums').innerText()).toMatch(/^[\d,]{5,} new/);
    await browser.byId('signature').waitFor();
    expect(await browser.page.locator('[data-testid^="facet-taste."][data-status="known"]').count()).toBeGreaterThan(3);
    expect(await browser.page.locator('main').innerText()).not.toContain('26 more days');
    expect(await findings()).toEqual([]);
    await browser.picture('6-imported');
  });

  it('has a receipt whose lines are the sum of all rows', async () => {
    await browser.byId('import-receipt').click();
    await browser.byId('receipt-window').waitFor();
    const names = ['accepted', 'alreadyKnown', 'merged', 'skipped', 'unread'];
    const lines = (await Promise.all(names.map(part))).map(numberIn);
    expect(numberIn(await part('read'))).toBe(lines.reduce((sum, rows) => sum + rows, 0));
    expect(await browser.byId('receipt').innerText()).toMatch(
      inFull(/heard in a private session\s+(the first )?in Streaming_History_Audio_[\w-]+\.json, row \d+/, /Read\s+\d/),
    );
    await browser.byId('receipt-files').locator('summary').click();
    expect(await browser.byId('receipt-files').locator('tbody tr').count()).toBeGreaterThan(1);
    expect(await findings()).toEqual([]);
    await browser.picture('7-receipt', { fullPage: false });
    await browser.page.setViewportSize({ width: 390, height: 844 });
    await browser.page.emulateMedia({ colorScheme: 'dark' });
    await browser.picture('8-receipt-telephone', { fullPage: false });
    await browser.byId('receipt-close').click();
    await browser.pictureOf('9-telephone', browser.page.locator('.archives'));
    await browser.page.setViewportSize({ width: 1280, height: 900 });
    expect(await browser.page.evaluate('document.activeElement.dataset.testid')).toBe('import-receipt');
  });

  it('names in the evidence who told what', async () => {
    await browser.connect('spotify', 'night-owl');
    // Another version takes the place of what was opened before.
    await browser.page.locator('[data-testid="signature"][data-version="2"]').waitFor();
    const evidence = browser.byId('facet-rhythms.clock').locator('> details', { hasText: 'Why do you say that?' });
    await evidence.locator('> summary').click();
    await evidence.getByRole('button', { name: 'Show the items' }).click();
    await evidence
      .getByText(/^Told by Spotify and your archive of \d+ \w+ \d{4}$/)
      .first()
      .waitFor();
    await browser.pictureOf('10-evidence', evidence);
  });

  it('asks whose rows are meant where a file has those of several people', async () => {
    await choose('ViewingActivity.csv', netflixFile(['Mira', 'Jon']));
    await browser.byId('profiles').waitFor();
    await browser.byId('profiles').getByLabel('Jon').check();
    expect(await findings()).toEqual([]);
    await browser.pictureOf('11-profiles', browser.page.locator('.archives'));
    await browser.byId('profiles').getByRole('button', { name: 'Look at mine' }).click();
    await card('held').waitFor();
    await browser.byId('import-start').click();
    await browser.byId('brought-netflix').waitFor();
    expect(await browser.byId('brought-netflix').innerText()).toMatch(/Netflix\s+1 item, from files/);
    await until('Netflix among what was seen', async () =>
      (await browser.page.locator('.coverage-list').innerText()).includes('Netflix from'),
    );
    await browser.pictureOf('12-from-files', browser.page.locator('.archives'));
  });

  it('asks before it takes an archive out again, and says when that is done', async () => {
    const ours = browser.page.locator('[data-testid="import"]', { hasText: 'ViewingActivity.csv' });
    await ours.locator('[data-testid="import-take-out"]').click();
    await browser.picture('13-asked', { fullPage: false });
    expect(await findings()).toEqual([]);
    await browser.page.getByRole('button', { name: 'Keep it', exact: true }).click();
    expect(await ours.count()).toBe(1);
    await ours.locator('[data-testid="import-take-out"]').click();
    await browser.byId('take-out-confirm').click();
    await browser.page.getByText('It is taken out.').waitFor();
    expect(await ours.count()).toBe(0);
    await until(
      'a signature without it',
      async () => !(await browser.page.locator('.coverage-list').innerText()).includes('Netflix'),
    );
    await browser.picture('14-taken-out');
    expect(await findings()).toEqual([]);
  });

  it('has asked nobody but the server and the sandbox, and the browser has nothing to complain of', () => {
    expect([...browser.origins].sort()).toEqual([app.url, sandbox.url].sort());
    // Refusals that were wanted.
    expect(browser.complaints.filter((complaint) => !/status of (422|507)/.test(complaint))).toEqual([]);
  });
});
