import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller, Public } from '../auth/auth.guard.js';
import { CreatesWork } from '../auth/idempotency.js';
import { Scoped } from '../auth/scoped.js';
import type { Identity } from '../auth/tokens.js';
import { ApiError } from '../http/api-error.js';
import { Envelope } from '../http/envelope.js';
import { storableText } from '../http/storable-text.js';
import { JobWait } from '../queues/job-wait.js';
import { ConnectCookies } from './connect-cookies.js';
import { ConsentFlow, type ConsentEnd } from './consent-flow.js';
import { PlatformStatus } from './platform-status.js';
import type { ConsentAttempt } from './consent-attempt.entity.js';
import { ConsentAttempts } from './consent-attempts.js';
import { Disconnection } from './disconnection.js';
import { PersonalTokens } from './personal-tokens.js';
import { PlatformDirectory } from './platform-access.js';
import { sitePath } from '../http/site-path.js';

const platformName = storableText(50);

const authorizeBody = z
  .strictObject({ returnTo: sitePath.optional(), redirectUri: z.string().max(2_000).optional() })
  .default({});

const answer = {
  state: z.string().min(1).max(500),
  code: z.string().min(1).max(4_096).optional(),
  iss: z.string().max(2_000).optional(),
  error: z.string().max(200).optional(),
};

/** Providers may add parameters of their own, so unknown ones pass. */
const browserAnswer = z.object(answer);
const programAnswer = z.strictObject({ platform: platformName, ...answer });

const tokenBody = z.strictObject({
  token: z
    .string()
    .trim()
    .min(10)
    .max(500)
    .regex(/^[\w.~+/=-]+$/, 'must be a token'),
});

const disconnectQuery = z.strictObject({ deleteData: z.enum(['true', 'false']).default('false') });

/** Connecting platforms, and what is connected. */
@Controller('connectors')
export class ConnectorsController {
  constructor(
    private readonly directory: PlatformDirectory,
    private readonly flow: ConsentFlow,
    private readonly personalTokens: PersonalTokens,
    private readonly attempts: ConsentAttempts,
    private readonly status: PlatformStatus,
    private readonly disconnection: Disconnection,
    private readonly wait: JobWait,
    private readonly cookies: ConnectCookies,
  ) {}

  @Scoped('connections:read')
  @Get('platforms')
  platforms() {
    return this.directory.list().map(({ platform, access }) => ({
      name: platform.name,
      title: platform.title,
      scopes: access?.scopes ?? platform.oauth.scopes,
      reads: platform.reads,
      mode: access?.mode ?? 'unavailable',
      personalToken: platform.personalToken !== undefined,
    }));
  }

  @Scoped('connections:read')
  @Get('status')
  async showStatus(@Caller() caller: Identity) {
    const { status, cached } = await this.status.of(caller.userId);
    return new Envelope(status, { cached });
  }

  @Scoped('connections:write')
  @Post(':platform/authorize')
  @HttpCode(200)
  async authorize(
    @Caller() caller: Identity,
    @Param('platform', { schema: platformName }) platform: string,
    @Body({ schema: authorizeBody }) body: z.output<typeof authorizeBody>,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { browserSecret, ...connect } = await this.flow.begin(caller.userId, platform, body);
    if (browserSecret !== undefined) this.cookies.set(response, connect.connectId, browserSecret);
    response.setHeader('Cache-Control', 'no-store');
    return connect;
  }

  /** The address to which the provider redirects the browser. It never waits for a job. */
  @Public()
  @Get(':platform/callback')
  async browserCallback(
    @Param('platform', { schema: platformName }) platform: string,
    @Query() query: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const end = await this.endInBrowser(platform, query, this.cookies.secretsIn(request));
    if (end.connectId !== undefined) this.cookies.clear(response, end.connectId);
    response
      .setHeader('Cache-Control', 'no-store')
      .setHeader('Referrer-Policy', 'no-referrer')
      .status(303)
      .location(landing(end, platform))
      .end();
  }

  /** For programs: completes any attempt of the bearer's own user. */
  @Scoped('connections:write')
  @Post('callback')
  @HttpCode(200)
  @CreatesWork()
  async programCallback(
    @Caller() caller: Identity,
    @Body({ schema: programAnswer }) { platform, ...given }: z.output<typeof programAnswer>,
  ) {
    const end = await this.flow.complete(platform, given, { userId: caller.userId });
    if ('error' in end) throw end.error;
    return { platform, connected: true, jobId: end.jobId, queued: !(await this.wait.ranAtOnce(end.jobId)) };
  }

  /** Connects with a token that the person created at the provider. */
  @Scoped('connections:write')
  @Post(':platform/token')
  @HttpCode(200)
  @CreatesWork()
  async connectWithToken(
    @Caller() caller: Identity,
    @Param('platform', { schema: platformName }) platform: string,
    @Body({ schema: tokenBody }) { token }: z.output<typeof tokenBody>,
  ) {
    const jobId = await this.personalTokens.connect(caller.userId, platform, token);
    return { platform, connected: true, jobId, queued: !(await this.wait.ranAtOnce(jobId)) };
  }

  @Scoped('connections:write')
  @Get('connects/:connectId')
  async showAttempt(@Caller() caller: Identity, @Param('connectId') connectId: string) {
    const attempt = z.uuid().safeParse(connectId).success
      ? await this.attempts.find(connectId, caller.userId)
      : undefined;
    if (!attempt) throw new ApiError(404, 'CONNECT_NOT_FOUND', 'Connection attempt not found.');
    const { platform, status, jobId, errorCode, errorMessage } = attempt;
    return {
      connectId: attempt.id,
      platform,
      status: status === 'pending' || status === 'exchanging' ? unfinishedStatus(attempt) : status,
      ...(jobId && { jobId }),
      ...(errorCode && { error: { code: errorCode, message: errorMessage } }),
    };
  }

  /**
   * Deletes the tokens here in any case; `revoked`: whether the provider has revoked them as well. `jobId` comes where
   * more data is to be deleted than at once.
   */
  @Scoped('connections:write')
  @Delete(':platform')
  async disconnect(
    @Caller() caller: Identity,
    @Param('platform', { schema: platformName }) platform: string,
    @Query({ schema: disconnectQuery }) query: z.output<typeof disconnectQuery>,
  ) {
    const deleteData = query.deleteData === 'true';
    const { revoked, jobId } = await this.disconnection.disconnect(caller.userId, platform, { deleteData });
    const appsUrl = this.directory.appsUrlOf(platform);
    return { platform, connected: false, revoked, appsUrl, ...(jobId !== undefined && { jobId }) };
  }

  /** Failures are returned, not thrown: a person in a browser is always sent to a page from which they can go on. */
  private async endInBrowser(
    platform: string,
    query: unknown,
    browserSecrets: ReadonlyMap<string, string>,
  ): Promise<ConsentEnd> {
    try {
      const given = browserAnswer.safeParse(query);
      if (!given.success) {
        throw new ApiError(
          400,
          'CONNECT_STATE_INVALID',
          'The provider’s answer is incomplete. Start connecting again.',
        );
      }
      return await this.flow.complete(platform, given.data, { browserSecrets });
    } catch (error) {
      if (error instanceof ApiError) return { connectId: undefined, returnTo: '/', error };
      throw error;
    }
  }
}

function unfinishedStatus({ expiresAt }: ConsentAttempt): 'pending' | 'expired' {
  return expiresAt > new Date() ? 'pending' : 'expired';
}

function landing(end: ConsentEnd, platform: string): string {
  const url = new URL(end.returnTo, 'http://site.invalid');
  if ('error' in end) {
    url.searchParams.set('error', end.error.code);
    url.searchParams.set('platform', platform);
  } else {
    url.searchParams.set('connected', platform);
  }
  return url.pathname + url.search + url.hash;
}
