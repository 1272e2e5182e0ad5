import { Injectable } from '@nestjs/common';
import { AccessTokens } from '../connectors/access-tokens.js';
import type { PlatformAccess } from '../connectors/platform-access.js';
import { PlatformClients } from '../connectors/platform-clients.js';
import { ApiError } from '../http/api-error.js';
import { moveCursors } from '../platforms/cursors.js';
import type { ExtractionPage, Json, Platform } from '../platforms/platform.js';
import { PlatformError } from '../platforms/platform-error.js';
import { PermanentError, RateLimitedError } from '../queues/errors.js';
import type { JobRun } from '../queues/job-run.js';
import type { JobResult } from '../queues/jobs.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { CursorStore } from './cursor-store.js';
import { PageStore } from './page-store.js';
import { ReadAhead } from './read-ahead.js';
import { Schedules } from './schedules.js';

/** What people see: 10 when the token is valid, 90 when everything is read. */
const TOKEN_VALID = 10;
const EXTRACTED = 90;

/** When a provider says "too often" without saying until when. */
const DEFAULT_WAIT_MS = 60_000;

/** No provider has a reason to be silent for longer: a day, and the hour by which a day may be longer. */
const MAX_WAIT_MS = 25 * 3_600_000;

/** How many pages are read ahead of what is stored. */
const PAGES_AHEAD = 8;

/** So long a run uses a token without looking whether it is still the stored one; a page takes less. */
const HOLD_TOKEN_MS = 5_000;

/** Jobs that wait for the same instant come back over this time. */
const SPREAD_MS = 1_000;

type ExtractionRun = JobRun<'extract-platform'>;

/** Reads a platform page by page into the item store, from where an earlier run stopped. */
@Injectable()
export class ExtractionService {
  constructor(
    private readonly clients: PlatformClients,
    private readonly tokens: AccessTokens,
    private readonly pages: PageStore,
    private readonly schedules: Schedules,
    private readonly cursors: CursorStore,
    @InjectConfig() private readonly config: Config,
  ) {}

  async extract(run: ExtractionRun): Promise<JobResult<'extract-platform'>> {
    const access = await this.accessFor(run);
    try {
      return await this.read(run, access);
    } catch (error) {
      throw await this.outcomeOf(error, run, access);
    }
  }

  private async read(run: ExtractionRun, access: PlatformAccess): Promise<JobResult<'extract-platform'>> {
    const { userId } = run.job;
    const { platform } = access;
    await run.progress(0, `Connecting to ${platform.title}`);
    await this.tokens.get(userId, platform.name);
    await run.progress(TOKEN_VALID, `Reading ${platform.title}`);
    const client = this.clients.create(
      access,
      userId,
      heldToken((rejected) => this.tokens.get(userId, platform.name, rejected)),
      run.signal,
    );
    // A checkpoint of an older version that no longer fits means starting over: items are written idempotently.
    const checkpoint = platform.checkpointSchema.safeParse(run.checkpoint).data;
    const now = run.job.startedAt ?? new Date();
    const scope = (await this.schedules.isPoll(run.job)) ? 'recent' : 'all';
    const cursors = await this.cursors.all(userId, platform.name);
    const bounds = { ...platform.bounds, ...this.config.platforms.get(platform.name)?.bounds };
    const { relistMs } = this.config.extraction;
    const context = { now, scope, cursors, relistMs, bounds } as const;
    const ahead = new ReadAhead(movingCursors(platform.extract(client, checkpoint, context), cursors), PAGES_AHEAD);
    try {
      for (let pages = await ahead.take(); pages.length > 0; pages = await ahead.take()) {
        await this.store(run, platform, pages);
      }
    } finally {
      ahead.stop();
    }
    await run.progress(EXTRACTED, 'Finishing');
    return { items: run.items };
  }

  /** Stores pages together, with where the last of them ended. */
  private async store(run: ExtractionRun, platform: Platform, pages: readonly ExtractionPage[]): Promise<void> {
    const last = pages.at(-1);
    if (!last) return;
    const { checkpoint, step, done } = last;
    const progress = Math.floor(TOKEN_VALID + (EXTRACTED - TOKEN_VALID) * done);
    const items = pages.reduce((sum, page) => sum + page.items.length, 0);
    const warnings = pages.flatMap((page) => page.warnings ?? []);
    await run.save({ checkpoint, progress, items, step, warnings }, (tx) =>
      this.pages.save(tx, run.job.userId, platform, pages),
    );
  }

  private async accessFor({ job }: ExtractionRun): Promise<PlatformAccess> {
    try {
      return await this.tokens.accessOf(job.userId, job.data.platform);
    } catch (error) {
      if (error instanceof ApiError) throw new PermanentError(error.code, error.message, { cause: error });
      throw error;
    }
  }

  /** What a provider's failure means for the job; everything else stays what it is. */
  private async outcomeOf(error: unknown, run: ExtractionRun, { platform }: PlatformAccess): Promise<unknown> {
    if (!(error instanceof PlatformError)) return error;
    const cause = { cause: error };
    switch (error.code) {
      case 'PLATFORM_RATE_LIMITED':
        return waitUntil(error.details.retryAt ?? new Date(Date.now() + DEFAULT_WAIT_MS), error);
      case 'PLATFORM_UNAVAILABLE':
        return error.details.retryAt ? waitUntil(error.details.retryAt, error) : error;
      case 'PLATFORM_UNAUTHORIZED':
        await this.tokens.giveUp(run.job.userId, platform.name);
        return new PermanentError(
          'NEEDS_RECONNECT',
          `${platform.title} no longer accepts the connection; connect it again`,
          cause,
        );
      case 'PLATFORM_FORBIDDEN':
      case 'PLATFORM_NOT_FOUND':
      case 'PLATFORM_REFUSED':
        return new PermanentError(error.code, error.message, cause);
      case 'PLATFORM_BAD_ANSWER':
        return error;
    }
  }
}

/** Passes pages on, and keeps the cursors as they will be when these are stored. */
async function* movingCursors(pages: AsyncIterable<ExtractionPage>, cursors: Map<string, Json>) {
  for await (const page of pages) {
    moveCursors(cursors, page);
    yield page;
  }
}

/** Asks for a token at most every so often; one that was rejected is asked about at once. */
function heldToken(get: (rejected?: string) => Promise<string>): (rejected?: string) => Promise<string> {
  let held: { readonly token: string; readonly until: number } | undefined;
  return async (rejected) => {
    if (rejected === undefined && held && Date.now() < held.until) return held.token;
    held = { token: await get(rejected), until: Date.now() + HOLD_TOKEN_MS };
    return held.token;
  };
}

function waitUntil(until: Date, error: PlatformError): PermanentError | RateLimitedError {
  const cause = { cause: error };
  if (until.getTime() - Date.now() > MAX_WAIT_MS) {
    return new PermanentError('WAIT_TOO_LONG', `${error.message}; the wait would be longer than a day`, cause);
  }
  return new RateLimitedError(new Date(until.getTime() + SPREAD_MS * Math.random()), error.message, cause);
}
