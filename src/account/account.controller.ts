import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Delete, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Caller } from '../auth/auth.guard.js';
import { Scoped } from '../auth/scoped.js';
import { requireRecentSignIn } from '../auth/sessions/recent-sign-in.js';
import type { Identity } from '../auth/tokens.js';
import { PlatformDirectory } from '../connectors/platform-access.js';
import { AccountErasure } from './account-erasure.js';
import { ApiError } from '../http/api-error.js';
import { ConcurrencyLimit } from '../http/concurrency-limit.js';
import { AccountExport } from './account-export.js';

/** How many people are served an export at once by one process. Between two pages an export holds no connection. */
const EXPORTS_AT_ONCE = 4;

/** Seconds after which it is worth asking again whether one's export has ended. */
const EXPORT_RETRY_AFTER_S = 10;

/** How long the reader of an export may take for one page, and for all of it: others wait for the turn. */
const PAGE_MS = 60_000;
const EXPORT_MS = 30 * 60_000;

/** The export and the deletion of an account. */
@Controller('account')
export class AccountController {
  private readonly exports = new ConcurrencyLimit(
    EXPORTS_AT_ONCE,
    () =>
      new ApiError(409, 'EXPORT_RUNNING', 'Your export is being sent already. Wait for its end, or ask again later.', {
        retryAfter: EXPORT_RETRY_AFTER_S,
      }),
  );

  constructor(
    private readonly accountExport: AccountExport,
    private readonly erasure: AccountErasure,
    private readonly directory: PlatformDirectory,
  ) {}

  /**
   * One JSON document in the usual envelope, sent while it is read; one at once for each person. After an error the
   * connection breaks, so that a document that ends is whole.
   */
  @Scoped('account')
  @Get('export')
  async export(@Caller() { userId }: Identity, @Res() response: Response): Promise<void> {
    const end = this.exports.take(userId);
    try {
      const pieces = this.accountExport.of(userId);
      const first = await pieces.next(); // Until it is there an error can be answered.
      if (response.destroyed) return;
      response
        .setHeader('Content-Type', 'application/json; charset=utf-8')
        .setHeader('Content-Disposition', 'attachment; filename="soul-signature.json"')
        .setHeader('Cache-Control', 'no-store');
      await sendPatiently(inEnvelope(first.value ?? '', pieces), response);
    } finally {
      end();
    }
  }

  /**
   * The answer names the connected platforms and whether their tokens were revoked; `appsUrl` is where a person can do so.
   * `jobId` comes where there is more to delete than at once: of all routes `GET /jobs/:id` still accepts the token, until
   * everything is gone. A session must have begun within the last ten minutes.
   */
  @Scoped('account')
  @Delete()
  async erase(@Caller() identity: Identity) {
    requireRecentSignIn(identity);
    const { userId, issuedAt } = identity;
    const { connections, jobId } = await this.erasure.erase(userId, issuedAt);
    return {
      deleted: true,
      connections: connections.map((each) => ({
        ...each,
        appsUrl: this.directory.appsUrlOf(each.platform),
      })),
      ...(jobId !== undefined && { jobId }),
    };
  }
}

async function* inEnvelope(first: string, others: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield `{"success":true,"data":${first}`;
  yield* others;
  yield '}';
}

/** Sends what is generated as fast as it is read. A reader that takes no more is disconnected, and one that leaves is no error. */
async function sendPatiently(pieces: AsyncIterable<string>, response: Response): Promise<void> {
  const stalled = setTimeout(() => response.destroy(), PAGE_MS);
  const overdue = setTimeout(() => response.destroy(), EXPORT_MS);
  const noted = async function* () {
    for await (const piece of pieces) {
      stalled.refresh();
      yield piece;
    }
  };
  try {
    await pipeline(Readable.from(noted()), response);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  } finally {
    clearTimeout(stalled);
    clearTimeout(overdue);
  }
}
