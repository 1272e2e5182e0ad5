import { Body, Controller, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { storableText } from '../../http/storable-text.js';
import { Public } from '../auth.guard.js';
import { relyingPartyOf } from '../passkeys/relying-party.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import { Sessions } from '../sessions/sessions.js';
import { timeZone } from '../time-zone.js';
import { newPassword, password } from './passwords.js';
import { SignIn, type SignedIn } from './sign-in.js';
import { SignUp } from './sign-up.js';
import { newUsername } from './usernames.js';

const signUpBody = z.strictObject({
  username: newUsername,
  password: newPassword,
  invitation: storableText(100).optional(),
  timeZone: timeZone.optional(),
});

const signInBody = z
  .strictObject({
    username: storableText(400),
    password: password.optional(),
    recoveryCode: storableText(100).optional(),
  })
  .refine((body) => (body.password === undefined) !== (body.recoveryCode === undefined), {
    message: 'give a password or a recovery code',
  });

/** How people come in, with accounts of this server. */
@Controller('auth')
export class SignInController {
  constructor(
    private readonly signUps: SignUp,
    private readonly signIns: SignIn,
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** The ways to come in here, and whether the one who asks has done so already (with a cookie). */
  @Public()
  @Get('ways')
  async ways(@Req() request: Request, @Res({ passthrough: true }) response: Response) {
    response.setHeader('Cache-Control', 'no-store');
    const { demo, signUp, oidc } = this.config;
    return {
      demo,
      password: true,
      passkeys: relyingPartyOf(this.config) !== undefined,
      signUp,
      oidc: oidc ? { title: oidc.title } : null,
      signedIn: await this.isSignedIn(request),
    };
  }

  /** The recovery codes are shown here and never again; each stands once for the password. */
  @Public()
  @Post('sign-up')
  async signUp(
    @Body({ schema: signUpBody }) body: z.output<typeof signUpBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    const { userId, recoveryCodes, secret } = await this.signUps.make(body, this.cookie.secretIn(request));
    this.cookie.set(response, secret);
    response.setHeader('Cache-Control', 'no-store');
    return { userId, recoveryCodes };
  }

  /** `failedTries` counts those since the sign-in before. */
  @Public()
  @Post('sign-in')
  @HttpCode(200)
  async signIn(
    @Body({ schema: signInBody }) { username, password = '', recoveryCode }: z.output<typeof signInBody>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<Omit<SignedIn, 'secret'>> {
    const place = { address: request.ip, replaced: this.cookie.secretIn(request) };
    const { secret, ...signedIn } = await (recoveryCode === undefined
      ? this.signIns.withPassword(username, password, place)
      : this.signIns.withRecoveryCode(username, recoveryCode, place));
    this.cookie.set(response, secret);
    return signedIn;
  }

  /** Ends the session of the cookie. Without one there is nothing to end. */
  @Public()
  @Post('sign-out')
  @HttpCode(200)
  async signOut(@Req() request: Request, @Res({ passthrough: true }) response: Response): Promise<null> {
    const secret = this.cookie.secretIn(request);
    if (secret !== undefined) await this.sessions.endWith(this.database, secret);
    this.cookie.clear(response);
    return null;
  }

  private async isSignedIn(request: Request): Promise<boolean> {
    const secret = this.cookie.secretIn(request);
    if (secret === undefined) return false;
    return this.sessions.verify(secret).then(
      () => true,
      (error: unknown) => {
        if (error instanceof ApiError) return false;
        throw error;
      },
    );
  }
}
