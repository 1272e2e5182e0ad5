import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Controller, Delete, Get, Res } from '@nestjs/common';
import type { Response } from 'express';
import { Caller } from '../auth/auth.guard.js';
import type { Identity } from '../auth/tokens.js';
import { PlatformDirectory } from '../connectors/platform-access.js';
import { AccountErasure } from './account-erasure.js';
import { AccountExport } from './account-export.js';

/** The export and the deletion of an account. */
@Controller('account')
export class AccountController {
  constructor(
    private readonly accountExport: AccountExport,
    private readonly erasure: AccountErasure,
    private readonly directory: PlatformDirectory,
  ) {}

  /** One JSON document in the usual envelope, sent while it is read. After an error it ends early and is not valid JSON. */
  @Get('export')
  async export(@Caller() { userId }: Identity, @Res() response: Response): Promise<void> {
    response
      .setHeader('Content-Type', 'application/json; charset=utf-8')
      .setHeader('Content-Disposition', 'attachment; filename="soul-signature.json"')
      .setHeader('Cache-Control', 'no-store');
    await pipeline(Readable.from(inEnvelope(this.accountExport.of(userId))), response);
  }

  /**
   * The answer names the connected platforms and whether their tokens were revoked; `appsUrl` is where a person can do so.
   * `jobId` comes where there is more to delete than at once: of all routes `GET /jobs/:id` still accepts the token, until
   * everything is gone.
   */
  @Delete()
  async erase(@Caller() { userId, issuedAt }: Identity) {
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

async function* inEnvelope(pieces: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
  yield '{"success":true,"data":';
  yield* pieces;
  yield '}';
}
