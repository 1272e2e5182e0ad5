import { Injectable } from '@nestjs/common';
import { AccessTokens } from '../connectors/access-tokens.js';
import type { PlatformAccess } from '../connectors/platform-access.js';
import { PlatformClients } from '../connectors/platform-clients.js';
import { PlatformDataDeletion } from '../connectors/platform-data-deletion.js';
import { ApiError } from '../http/api-error.js';
import { moveCursors } from '../platforms/cursors.js';
import type { ExtractionPage, Json, Platform } from '../platforms/platform.js';
import { PlatformError } from '../platforms/platform-error.js';
import { problemOf } from '../platforms/refusal-reasons.js';
import { PermanentError, RateLimitedError, TemporaryError } from '../queues/errors.js';
import type { JobRun } from '../queues/job-run.js';
import type { JobResult } from '../queues/jobs.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { CursorStore } from './cursor-store.js';
import { ManyGone, type GoneItems } from './listings.js';
import { PageStore } from './page-store.js';
import { ReadAhead } from './read-ahead.js';
import { Schedules } from './schedules.js';

/** Percent of the progress when the token is valid, and when everything has been read. */
const TOKEN_VALID = 10;
const EXTRACTED = 90;

/** How long to wait after a 429 without Retry-After. */
const DEFAULT_WAIT_MS = 60_000;

/** The longest wait a provider may ask for: a day, and an hour for the end of summer time. */
const MAX_WAIT_MS = 25 * 3_600_000;

/** The most pages that are read ahead of their storage. */
const PAGES_AHEAD = 8;

/** How long a run uses a token before it reads the stored one again; longer than a page takes. */
const HOLD_TOKEN_MS = 5_000;

/** Jobs that wait for the same instant are spread over this time. */
const SPREAD_MS = 1_000;

type ExtractionRun = JobRun<'extract-platform'>;

/** Reads a platform page by page into the item store, and continues where an earlier run stopped. */
@Injectable()
export class ExtractionService {
  constructor(
    private readonly clients: PlatformClients,
    private readonly tokens: AccessTokens,
    private readonly pages: PageStore,
    private readonly schedules: Schedules,
    private readonly cursors: CursorStore,
    private readonly deletion: PlatformDataDeletion,
    @InjectConfig() private readonly config: Config,
  ) {}

  async extract(run: ExtractionRun): Promise<JobResult<'extract-platform'>> {
    const access = await this.accessFor(run);
    await this.deletion.letEnd(run.job.userId, run.job.data.platform);
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
    // A checkpoint of an older version that no longer fits is dropped and everything read again: items are upserted.
    const checkpoint = platform.checkpointSchema.safeParse(run.checkpoint).data;
    const now = run.job.startedAt ?? new Date();
    const scope = (await this.schedules.beginAsPoll(run.job)) ? 'recent' : 'all';
    const cursors = await this.cursors.all(userId, platform.name);
    const bounds = { ...platform.bounds, ...this.config.platforms.get(platform.name)?.bounds };
    const { relistMs } = this.config.extraction;
    const willRetry = run.attempt < run.job.maxAttempts;
    const context = { now, scope, cursors, relistMs, bounds, willRetry } as const;
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

  /**
   * Stores pages with the checkpoint of the last one. Where a list has lost very much, that is marked before, in several
   * transactions: a run that ends in between reads the last page again, and finds what is left.
   */
  private async store(run: ExtractionRun, platform: Platform, pages: readonly ExtractionPage[]): Promise<void> {
    const last = pages.at(-1);
    if (!last) return;
    const { checkpoint, step, done } = last;
    const progress = Math.floor(TOKEN_VALID + (EXTRACTED - TOKEN_VALID) * done);
    const items = pages.reduce((sum, page) => sum + page.items.length, 0);
    const warnings = pages.flatMap((page) => page.warnings ?? []);
    const { userId } = run.job;
    const save = () =>
      run
        .save({ checkpoint, progress, items, step, warnings }, (tx) => this.pages.save(tx, userId, platform, pages))
        .then(() => [], piecesOf);
    for (let gone = await save(); gone.length > 0; gone = await save()) {
      for (const piece of gone) await run.write((tx) => this.pages.markGone(tx, userId, platform.name, piece));
    }
  }

  private async accessFor({ job }: ExtractionRun): Promise<PlatformAccess> {
    try {
      return await this.tokens.accessOf(job.userId, job.data.platform);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { code, message } = error;
      throw new PermanentError(code, message, { cause: error, problem: { code, message, actor: 'operator' } });
    }
  }

  /** The job's outcome for a provider's failure; other errors stay as they are. */
  private async outcomeOf(error: unknown, run: ExtractionRun, access: PlatformAccess): Promise<unknown> {
    if (error instanceof ApiError) return explainedFailure(error);
    if (!(error instanceof PlatformError)) return error;
    const { platform } = access;
    const problem = problemOf(error, platform.title);
    const explained = { cause: error, problem };
    switch (error.code) {
      case 'PLATFORM_RATE_LIMITED':
        return this.waiting(error.details.retryAt ?? new Date(Date.now() + DEFAULT_WAIT_MS), error, access);
      case 'PLATFORM_UNAVAILABLE':
        if (error.details.retryAt) return this.waiting(error.details.retryAt, error, access);
        return new TemporaryError(error.code, error.message, problem, { cause: error });
      case 'PLATFORM_UNAUTHORIZED':
        await this.tokens.giveUp(run.job.userId, platform.name);
        return new PermanentError(
          'NEEDS_RECONNECT',
          `${platform.title} no longer accepts the connection; connect it again`,
          explained,
        );
      case 'PLATFORM_FORBIDDEN':
      case 'PLATFORM_NOT_FOUND':
      case 'PLATFORM_REFUSED':
        return new PermanentError(error.code, `${error.message}: ${problem.message}`, explained);
      case 'PLATFORM_BAD_ANSWER':
        return new TemporaryError(error.code, error.message, problem, { cause: error });
    }
  }

  /** A wait until then: of everybody who reads the platform, if nobody can go on earlier. */
  private async waiting(until: Date, error: PlatformError, access: PlatformAccess): Promise<Error> {
    const problem = problemOf(error, access.platform.title);
    const explained = { cause: error, problem };
    const lineUntil = await this.clients.closedUntil(access);
    const shared = lineUntil !== undefined && lineUntil.getTime() + SPREAD_MS >= until.getTime();
    const then = shared ? lineUntil : new Date(until.getTime() + SPREAD_MS * Math.random());
    if (then.getTime() - Date.now() > MAX_WAIT_MS) {
      return new PermanentError('WAIT_TOO_LONG', `${error.message}; the wait would be longer than a day`, explained);
    }
    return new RateLimitedError(then, `${error.message}: ${problem.message}`, {
      ...explained,
      ...(shared && { lineUntil }),
    });
  }
}

/** A token that could not be renewed for now: the client of this server is refused, or the provider does not answer. */
function explainedFailure(error: ApiError): Error {
  const { code, message } = error;
  const actor = code === 'PROVIDER_REFUSED_CLIENT' ? 'operator' : 'provider';
  return new TemporaryError(code, message, { code, message, actor }, { cause: error });
}

/** What is to be marked before the pages can be stored. */
function piecesOf(error: unknown): readonly GoneItems[] {
  if (error instanceof ManyGone) return error.pieces;
  throw error;
}

/** Passes pages on and moves the cursors with them, ahead of their storage. */
async function* movingCursors(pages: AsyncIterable<ExtractionPage>, cursors: Map<string, Json>) {
  for await (const page of pages) {
    moveCursors(cursors, page);
    yield page;
  }
}

/** Keeps a token for `HOLD_TOKEN_MS`; a rejected one is replaced at once. */
function heldToken(get: (rejected?: string) => Promise<string>): (rejected?: string) => Promise<string> {
  let held: { readonly token: string; readonly until: number } | undefined;
  return async (rejected) => {
    if (rejected === undefined && held && Date.now() < held.until) return held.token;
    held = { token: await get(rejected), until: Date.now() + HOLD_TOKEN_MS };
    return held.token;
  };
}
