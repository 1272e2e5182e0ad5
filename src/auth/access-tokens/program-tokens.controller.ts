import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { ApiError } from '../../http/api-error.js';
import { Envelope } from '../../http/envelope.js';
import { pageOf, pageQuery, positionOf } from '../../http/page.js';
import { storableText } from '../../http/storable-text.js';
import { Caller } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import { GRANTABLE, isForAdministrators, SCOPES } from '../scopes.js';
import { requireRecentSession } from '../sessions/recent-sign-in.js';
import type { Identity } from '../tokens.js';
import { ProgramTokens } from './program-tokens.js';
import { ReadLog, type ReadPosition } from './read-log.js';

const newTokenBody = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u, 'must have no control characters'),
  scopes: z.array(z.enum(GRANTABLE)).min(1).max(GRANTABLE.length),
  expiresAt: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .refine((date) => date.getTime() > Date.now(), 'must be later than now')
    .optional(),
});

const readsQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf<ReadPosition>(z.tuple([z.iso.datetime(), z.uuid(), storableText(500), storableText(50)])),
});

/** The programs that somebody lets in: their tokens, and what they did. */
@Controller()
export class ProgramTokensController {
  constructor(
    private readonly tokens: ProgramTokens,
    private readonly reads: ReadLog,
  ) {}

  /** Beside the list stand the scopes that the one who asks may grant, in words. */
  @Scoped('account')
  @Get('tokens')
  async list(@Caller() { userId }: Identity) {
    const [tokens, isAdministrator] = await Promise.all([
      this.tokens.list(userId),
      this.tokens.isAdministrator(userId),
    ]);
    const scopes = GRANTABLE.filter((scope) => isAdministrator || !isForAdministrators(scope));
    return new Envelope(tokens, { scopes: scopes.map((scope) => ({ scope, words: SCOPES[scope].words })) });
  }

  /** The token is shown here and never again. It needs a session that has just begun: a token cannot make others. */
  @Scoped('account')
  @Post('tokens')
  @HttpCode(201)
  async make(
    @Caller() identity: Identity,
    @Body({ schema: newTokenBody }) { name, scopes, expiresAt }: z.output<typeof newTokenBody>,
    @Res({ passthrough: true }) response: Response,
  ) {
    requireRecentSession(identity);
    response.setHeader('Cache-Control', 'no-store');
    return this.tokens.make(identity.userId, { name, scopes: [...new Set(scopes)], expiresAt });
  }

  /** It ends at once; its sockets end within a second. */
  @Scoped('account')
  @Delete('tokens/:id')
  async end(@Caller() { userId }: Identity, @Param('id') id: string) {
    if (!z.uuid().safeParse(id).success || !(await this.tokens.end(userId, id))) {
      throw new ApiError(404, 'TOKEN_NOT_FOUND', 'You have no such token.');
    }
    return { ended: 1 };
  }

  /** What programs did with their tokens, by hour, the newest first. It is kept for 90 days. */
  @Scoped('account')
  @Get('account/reads')
  async listReads(
    @Caller() { userId }: Identity,
    @Query({ schema: readsQuery }) { limit, cursor }: z.output<typeof readsQuery>,
  ) {
    const rows = await this.reads.list(userId, cursor, limit + 1);
    return pageOf(
      rows,
      limit,
      ({ hour: _, ...read }) => read,
      ({ hour, program, what, scope }): ReadPosition => [hour.toISOString(), program.id, what, scope],
    );
  }
}
