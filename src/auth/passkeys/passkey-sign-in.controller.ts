import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { ApiError } from '../../http/api-error.js';
import type { SignedIn } from '../accounts/sign-in.js';
import { Public } from '../auth.guard.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import { Sessions } from '../sessions/sessions.js';
import { assertion } from './passkey-answers.js';
import { PasskeySignIn } from './passkey-sign-in.js';

const optionsBody = z.strictObject({ again: z.boolean().default(false) }).default({ again: false });

/** How people come in with passkeys. */
@Controller('auth/passkeys')
export class PasskeySignInController {
  constructor(
    private readonly signIns: PasskeySignIn,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
  ) {}

  /** `PublicKeyCredentialRequestOptionsJSON`. With `again` only the one who is signed in may answer. */
  @Public()
  @Post('options')
  @HttpCode(200)
  async options(@Body({ schema: optionsBody }) { again }: z.output<typeof optionsBody>, @Req() request: Request) {
    return this.signIns.options(again ? await this.signedIn(request) : undefined, request.ip);
  }

  /** The body is `AuthenticationResponseJSON`. */
  @Public()
  @Post('sign-in')
  @HttpCode(200)
  async signIn(
    @Body({ schema: assertion }) answer: z.output<typeof assertion>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Omit<SignedIn, 'secret'>> {
    const { secret, ...signedIn } = await this.signIns.signIn(answer, this.cookie.secretIn(request));
    this.cookie.set(response, secret);
    return signedIn;
  }

  private async signedIn(request: Request): Promise<string> {
    const secret = this.cookie.secretIn(request);
    if (secret === undefined) throw new ApiError(401, 'UNAUTHORIZED', 'You are not signed in any more. Sign in again.');
    return (await this.sessions.verify(secret)).userId;
  }
}
