import { setTimeout as sleep } from 'node:timers/promises';
import { openProbeApp, type DriverUnderTest, type Environment, type ProbeApp } from './probe-app.js';
import type { ProbeSet } from './probe-processors.js';
import { door, Scripts } from './scripts.js';

/** One slot for extractions, so that an order of starts can be seen; short waits; no start limit. */
const SETTINGS = {
  EXTRACTION_CONCURRENCY: '1',
  EXTRACTION_RATE_MAX: '0',
  EXTRACTION_ATTEMPTS: '4',
  SIGNATURE_CONCURRENCY: '2',
  SIGNATURE_DELAY_MS: '400',
  RETRY_BASE_MS: '100',
  RETRY_JITTER: '0',
  SHUTDOWN_TIMEOUT_MS: '600',
} satisfies Environment;

/** What every theme of the contract plays on: one process at a time on one driver, and the scripts of its jobs. */
export class Stage {
  private running: ProbeApp | undefined;
  private played = new Scripts();
  private people = 0;

  /** @param driver asked for when the first process starts */
  constructor(private readonly driver: () => DriverUnderTest) {}

  /** The process that runs. */
  get app(): ProbeApp {
    if (!this.running) throw new Error('No process runs');
    return this.running;
  }

  get scripts(): Scripts {
    return this.played;
  }

  /** Starts a process. What scripts and records are there is new. */
  async open(settings: Environment = {}): Promise<void> {
    this.played = new Scripts();
    this.running = await openProbeApp(this.driver(), { ...SETTINGS, ...settings }, this.played);
  }

  /** Starts a process with other processors, which is expected to fail. */
  async openWith(processors: ProbeSet): Promise<void> {
    await openProbeApp(this.driver(), SETTINGS, new Scripts(), processors);
  }

  /** Ends the process as SIGTERM does. */
  async close(): Promise<void> {
    const { app } = this;
    this.running = undefined;
    await app.close();
  }

  /** Ends the process with whatever a test left unfinished. */
  async leave(): Promise<void> {
    if (!this.running) return;
    await this.app.clear();
    await this.close();
  }

  /** A person of this test's own. */
  someone(options: { premium?: boolean } = {}): Promise<string> {
    return this.app.user(`user-${(this.people += 1)}`, options);
  }

  /**
   * Keeps the only slot busy. After many short runs the dispatcher would hand out jobs ahead, so those are let pass.
   * @returns what lets it go
   */
  async fillTheSlot(): Promise<() => void> {
    await sleep(1_000);
    const { opened, open: letGo } = door();
    const user = await this.someone();
    this.scripts.set('extract-platform', user, async () => {
      await opened;
      return { items: 0 };
    });
    await this.app.extraction(user);
    await this.scripts.begun(user);
    return letGo;
  }
}
