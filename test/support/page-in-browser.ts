import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Locator, type Page } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, chromiumPath } from './chromium.js';
import { inFull } from './length.js';
import { PATIENCE_MS } from './until.js';

const ARTIFACTS = join(__dirname, '../../artifacts');

/** They are for people to look at. */
const TAKES_PICTURES = inFull(true, false);

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

export interface Finding {
  readonly id: string;
  readonly impact: string;
  readonly targets: readonly string[];
}

/** The page in Chromium, with note of all that the browser complains of and of every address it asks for. */
export class PageInBrowser {
  /** Errors of scripts, and what the console calls an error (refusals by the content security policy among them). */
  readonly complaints: string[] = [];
  /** Origins that were asked for anything. */
  readonly origins = new Set<string>();

  private constructor(
    readonly page: Page,
    readonly context: BrowserContext,
    private readonly browser: Browser,
    private readonly folder: string,
  ) {
    context.setDefaultTimeout(PATIENCE_MS);
    context.on('weberror', (error) => this.complaints.push(error.error().message));
    context.on('console', (message) => {
      // Chromium notes that a server that is away refuses connections.
      if (message.type() === 'error' && !/ERR_CONNECTION|WebSocket connection to/.test(message.text())) {
        this.complaints.push(message.text());
      }
    });
    context.on('request', (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith('http') || protocol.startsWith('ws')) this.origins.add(origin.replace(/^ws/, 'http'));
    });
  }

  /** Pictures go to `artifacts/<name>`, in full only. Without motion, so that they show what is there and not what is fading in. */
  static async open(name: string, { width = 1280, height = 900 } = {}): Promise<PageInBrowser> {
    const folder = join(ARTIFACTS, name);
    mkdirSync(folder, { recursive: true });
    const browser = await chromium.launch({ executablePath: chromiumPath(), args: CHROMIUM_ARGUMENTS });
    const context = await browser.newContext({
      viewport: { width, height },
      timezoneId: 'Europe/Berlin',
      reducedMotion: 'reduce',
      acceptDownloads: true,
    });
    return new PageInBrowser(await context.newPage(), context, browser, folder);
  }

  /** What carries this `data-testid`. */
  byId(id: string): Locator {
    return this.page.locator(`[data-testid="${id}"]`);
  }

  async picture(name: string, options: { readonly fullPage?: boolean } = { fullPage: true }): Promise<void> {
    if (TAKES_PICTURES) await this.page.screenshot({ path: join(this.folder, `${name}.png`), ...options });
  }

  /** Only a part of the page; once more if a new signature takes its place just then. */
  async pictureOf(name: string, part: Locator): Promise<void> {
    const take = () => part.screenshot({ path: join(this.folder, `${name}.png`) });
    if (TAKES_PICTURES) await take().catch(take);
  }

  /** Signs in as a person of the demo. */
  async signIn(url: string, name: string): Promise<void> {
    await this.page.goto(url);
    await this.byId('sign-in-name').fill(name);
    await this.byId('sign-in').getByRole('button').click();
    await this.byId('sign-out').waitFor();
  }

  /** Through the sandbox's consent page, as a persona. */
  async connect(platform: string, persona: string): Promise<void> {
    const consent = await this.consentWindow(platform);
    await consent.locator(`input[name="persona"][value="${persona}"]`).check();
    await Promise.all([
      consent.waitForEvent('close'),
      consent.locator('button[name="decision"][value="allow"]').click(),
    ]);
    await this.page.locator(`[data-testid="platform-${platform}"][data-connected="true"]`).waitFor();
  }

  /** The window in which a platform asks for consent. */
  async consentWindow(platform: string): Promise<Page> {
    const [consent] = await Promise.all([this.page.waitForEvent('popup'), this.byId(`connect-${platform}`).click()]);
    await consent.locator('button[name="decision"]').first().waitFor();
    return consent;
  }

  /** How far a bar is; null while none is shown or the page does not know. */
  async progressOf(platform: string): Promise<number | null> {
    const value: string | null = await this.page.evaluate(
      `document.querySelector('[data-testid="progress-${platform}"]')?.getAttribute('aria-valuenow') ?? null`,
    );
    return value === null ? null : Number(value);
  }

  /** What axe finds serious or critical; in short only in the dark, where contrast is missed more easily. */
  async findings(): Promise<Finding[]> {
    const themes = inFull(['dark', 'light'] as const, ['dark'] as const);
    const found = [];
    for (const theme of themes) found.push(...(await this.seriousFindings(theme)));
    return found;
  }

  /** What axe finds serious or critical, in one theme. Runs beside the page, whose policy would not let it in. */
  async seriousFindings(theme: 'light' | 'dark'): Promise<Finding[]> {
    await this.page.emulateMedia({ colorScheme: theme });
    await this.page.evaluate(AXE);
    return this.page.evaluate(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
      violations.filter(({ impact }) => impact === 'serious' || impact === 'critical').map(({ id, impact, nodes }) =>
        ({ id, impact, targets: nodes.slice(0, 5).map(({ target, failureSummary }) => target.join(' ') + ' ' + failureSummary) })))`);
  }

  close(): Promise<void> {
    return this.browser.close();
  }
}
