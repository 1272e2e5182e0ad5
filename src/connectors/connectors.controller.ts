import { Body, Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { parseCookie } from 'cookie';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller, Public } from '../auth/auth.guard.js';
import { CreatesWork } from '../auth/idempotency.js';
import type { Identity } from '../auth/tokens.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { Envelope } from '../http/envelope.js';
import { storableText } from '../http/storable-text.js';
import { JobWait } from '../queues/job-wait.js';
import { ConnectFlow, type ConnectEnd } from './connect-flow.js';
import { ConnectionStatus } from './connection-status.js';
import { CONNECT_LIFETIME_MS, Connects } from './connects.js';
import { Disconnects } from './disconnects.js';
import { PersonalTokens } from './personal-tokens.js';
import { PlatformDirectory } from './platform-access.js';
import { sitePath } from './site-path.js';

const COOKIE_PREFIX = 'connect_';

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
    private readonly flow: ConnectFlow,
    private readonly personalTokens: PersonalTokens,
    private readonly connects: Connects,
    private readonly status: ConnectionStatus,
    private readonly disconnects: Disconnects,
    private readonly wait: JobWait,
    @InjectConfig() private readonly config: Config,
  ) {}

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

  @Get('status')
  async showStatus(@Caller() caller: Identity) {
    const { status, cached } = await this.status.of(caller.userId);
    return new Envelope(status, { cached });
  }

  @Post(':platform/authorize')
  @HttpCode(200)
  async authorize(
    @Caller() caller: Identity,
    @Param('platform', { schema: platformName }) platform: string,
    @Body({ schema: authorizeBody }) body: z.output<typeof authorizeBody>,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { browserSecret, ...connect } = await this.flow.begin(caller.userId, platform, body);
    if (browserSecret !== undefined) {
      response.cookie(`${COOKIE_PREFIX}${connect.connectId}`, browserSecret, {
        httpOnly: true,
        sameSite: 'lax',
        secure: this.config.publicUrl.startsWith('https:'),
        path: '/api/connectors',
        maxAge: CONNECT_LIFETIME_MS,
      });
    }
    response.setHeader('Cache-Control', 'no-store');
    return connect;
  }

  /** Where the provider sends the browser. It never waits for a job. */
  @Public()
  @Get(':platform/callback')
  async browserCallback(
    @Param('platform', { schema: platformName }) platform: string,
    @Query() query: unknown,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const cookies = connectCookies(request);
    const end = await this.endInBrowser(platform, query, Object.values(cookies));
    for (const name of Object.keys(cookies)) response.clearCookie(name, { path: '/api/connectors' });
    response
      .setHeader('Cache-Control', 'no-store')
      .setHeader('Referrer-Policy', 'no-referrer')
      .status(303)
      .location(landing(end, platform))
      .end();
  }

  /** For programs: ends any connect of the bearer's own user. */
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

  /** Connects with a token that the person made at the provider. */
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

  @Get('connects/:connectId')
  async showConnect(@Caller() caller: Identity, @Param('connectId') connectId: string) {
    const connect = z.uuid().safeParse(connectId).success
      ? await this.connects.find(connectId, caller.userId)
      : undefined;
    if (!connect) throw new ApiError(404, 'CONNECT_NOT_FOUND', 'There is no such connect of yours.');
    const unfinished = connect.status === 'pending' || connect.status === 'exchanging';
    return {
      connectId: connect.id,
      platform: connect.platform,
      status: unfinished ? (connect.expiresAt > new Date() ? 'pending' : 'expired') : connect.status,
      ...(connect.jobId && { jobId: connect.jobId }),
      ...(connect.errorCode && { error: { code: connect.errorCode, message: connect.errorMessage } }),
    };
  }

  /** What was connected is forgotten here for certain; `revoked` tells whether the provider took its tokens back too. */
  @Delete(':platform')
  async disconnect(
    @Caller() caller: Identity,
    @Param('platform', { schema: platformName }) platform: string,
    @Query({ schema: disconnectQuery }) query: z.output<typeof disconnectQuery>,
  ) {
    const deleteData = query.deleteData === 'true';
    const { revoked } = await this.disconnects.disconnect(caller.userId, platform, { deleteData });
    return { platform, connected: false, revoked, appsUrl: this.directory.appsUrlOf(platform) };
  }

  /** A person in a browser is sent somewhere they can go on from, whatever happened. */
  private async endInBrowser(platform: string, query: unknown, browserSecrets: readonly string[]): Promise<ConnectEnd> {
    try {
      const given = browserAnswer.safeParse(query);
      if (!given.success)
        throw new ApiError(400, 'CONNECT_STATE_INVALID', 'The provider’s answer is incomplete; start connecting anew.');
      return await this.flow.complete(platform, given.data, { browserSecrets });
    } catch (error) {
      if (error instanceof ApiError) return { returnTo: '/', error };
      throw error;
    }
  }
}

function connectCookies(request: Request): Record<string, string> {
  const cookies = Object.entries(parseCookie(request.headers.cookie ?? ''));
  return Object.fromEntries(
    cookies.filter((pair): pair is [string, string] => pair[0].startsWith(COOKIE_PREFIX) && pair[1] !== undefined),
  );
}

function landing(end: ConnectEnd, platform: string): string {
  const url = new URL(end.returnTo, 'http://site.invalid');
  if ('error' in end) {
    url.searchParams.set('error', end.error.code);
    url.searchParams.set('platform', platform);
  } else {
    url.searchParams.set('connected', platform);
  }
  return url.pathname + url.search + url.hash;
}
