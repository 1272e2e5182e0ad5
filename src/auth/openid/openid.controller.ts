import { Body, Controller, Get, HttpCode, Post, Query, Req, Res } from '@nestjs/common';
import { urlencoded, type Request, type Response } from 'express';
import { z } from 'zod';
import { ApiError } from '../../http/api-error.js';
import { sitePath } from '../../http/site-path.js';
import { storableText } from '../../http/storable-text.js';
import { Public, PublicUnlimited } from '../auth.guard.js';
import { RequestLimits } from '../request-limits.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import { Sessions } from '../sessions/sessions.js';
import { BackchannelLogout } from './backchannel-logout.js';
import { FlowCookies } from './flow-cookies.js';
import { stateInvalid } from './flows.js';
import { OpenIdSignIn, type BegunFlow, type FlowEnd } from './openid-sign-in.js';
import { OpenIdProvider } from './provider.js';

/** A page of this site. The API's addresses are none. */
const page = sitePath.refine(
  (path) => !/^\/api(\/|$)/i.test(new URL(path, 'http://site.invalid').pathname),
  'must be a page of this site',
);

const startQuery = z.strictObject({ returnTo: page.default('/') });

const startBody = z
  .strictObject({
    returnTo: page.default('/'),
    /** Whether the provider has to ask although the person is signed in there: before what is asked again. */
    again: z.boolean().default(false),
    invitation: storableText(100).optional(),
  })
  .default({ returnTo: '/', again: false });

const logoutBody = z.object({ logout_token: z.string().min(1).max(20_000) });
const logoutForm = urlencoded({ extended: false, limit: 30_000, parameterLimit: 10 });

/** Signing in with the OpenID provider. */
@Controller('auth/oidc')
export class OpenIdController {
  constructor(
    private readonly provider: OpenIdProvider,
    private readonly signIns: OpenIdSignIn,
    private readonly logout: BackchannelLogout,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly flowCookies: FlowCookies,
    private readonly limits: RequestLimits,
  ) {}

  /** For links: sends the browser to the provider. */
  @Public()
  @Get('start')
  async startByLink(
    @Query({ schema: startQuery }) { returnTo }: z.output<typeof startQuery>,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    try {
      const { authorizationUrl } = await this.begin(request, response, { returnTo, again: false });
      redirect(response, authorizationUrl);
    } catch (error) {
      if (!(error instanceof ApiError) || error.code === 'OIDC_OFF') throw error;
      redirect(response, landing({ returnTo, error }));
    }
  }

  /** For the page, which can take an invitation along that must stand in no address, and can show what is wrong. */
  @Public()
  @Post('start')
  @HttpCode(200)
  async start(
    @Body({ schema: startBody }) body: z.output<typeof startBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    response.setHeader('Cache-Control', 'no-store');
    const { authorizationUrl } = await this.begin(request, response, body);
    return { authorizationUrl };
  }

  /** The provider sends the browser here; a person is always sent on to a page. */
  @Public()
  @Get('callback')
  async callback(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.provider.settings(); // Without one there is no such route.
    const answer = new URL(request.originalUrl, 'http://site.invalid').searchParams;
    const state = answer.get('state') ?? '';
    const end = await this.end(answer, request);
    if (end.secret !== undefined) this.cookie.set(response, end.secret);
    this.flowCookies.clear(response, state);
    redirect(response, landing(end));
  }

  /**
   * OpenID Connect Back-Channel Logout 1.0, section 2.5: asked by the provider itself, which may sign out many at once. Only
   * what is refused is counted.
   */
  @PublicUnlimited()
  @Post('backchannel-logout')
  @HttpCode(200)
  async backchannelLogout(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<null> {
    response.setHeader('Cache-Control', 'no-store');
    this.limits.refuseSpentAddress(request.ip);
    try {
      this.provider.settings(); // As above.
      const form = logoutBody.safeParse(await formOf(request, response));
      if (!form.success) throw new ApiError(400, 'LOGOUT_TOKEN_INVALID', 'Post a form with a logout_token.');
      await this.logout.end(form.data.logout_token);
      return null;
    } catch (error) {
      this.limits.takeForAddress(request.ip);
      throw error;
    }
  }

  private async begin(
    request: Request,
    response: Response,
    {
      returnTo,
      again,
      invitation,
    }: { readonly returnTo: string; readonly again: boolean; readonly invitation?: string | undefined },
  ): Promise<BegunFlow> {
    const secret = this.cookie.secretIn(request);
    const session = secret === undefined ? undefined : await this.sessions.verify(secret).catch(noSession);
    const sessionId = session?.session?.id ?? null;
    // Who is not signed in any more just signs in.
    const purpose = again && sessionId !== null ? 'again' : 'sign-in';
    const begun = await this.signIns.begin({ purpose, sessionId, returnTo, address: request.ip }, invitation);
    this.flowCookies.set(response, begun.state, begun.cookie);
    return begun;
  }

  private async end(answer: URLSearchParams, request: Request): Promise<FlowEnd> {
    try {
      const state = answer.getAll('state');
      if (state.length !== 1 || state[0] === '') throw stateInvalid();
      return await this.signIns.complete(answer, this.flowCookies.find(request, state[0] ?? ''));
    } catch (error) {
      if (error instanceof ApiError) return { returnTo: '/', error };
      throw error;
    }
  }
}

function noSession(error: unknown): undefined {
  if (!(error instanceof ApiError)) throw error;
}

/** The page to go to, with why nothing came of it. */
function landing({ returnTo, error }: FlowEnd): string {
  const url = new URL(returnTo, 'http://site.invalid');
  if (error) url.searchParams.set('signInError', error.code);
  return url.pathname + url.search + url.hash;
}

function redirect(response: Response, url: string): void {
  response.setHeader('Cache-Control', 'no-store').setHeader('Referrer-Policy', 'no-referrer').redirect(303, url);
}

/** The fields of a posted form, which nothing else here takes. */
function formOf(request: Request, response: Response): Promise<unknown> {
  return new Promise((resolve, reject) => {
    logoutForm(request, response, (error?: unknown) => {
      if (error === undefined) resolve(request.body);
      else reject(new ApiError(400, 'LOGOUT_TOKEN_INVALID', 'The body is no form.'));
    });
  });
}
