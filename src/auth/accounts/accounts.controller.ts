import { Body, Controller, HttpCode, Post, Put, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { AdminActions } from '../admin-actions.js';
import { AdminOnly, Caller } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import { requireRecentSession, requireRecentSignIn } from '../sessions/recent-sign-in.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import type { Identity } from '../tokens.js';
import { Invitations } from './invitations.js';
import { newPassword } from './passwords.js';
import { SignIn } from './sign-in.js';

const passwordBody = z.strictObject({ password: newPassword });

const invitationBody = z.strictObject({ admin: z.boolean().default(false) }).default({ admin: false });

/** What changes accounts of this server. */
@Controller()
export class AccountsController {
  constructor(
    private readonly signIns: SignIn,
    private readonly invitations: Invitations,
    private readonly cookie: SessionCookie,
    private readonly database: Database,
    private readonly adminActions: AdminActions,
  ) {}

  /** Needs a session that has just begun, which a recovery code can do too. All others of the person end. */
  @Scoped('account')
  @Put('me/password')
  async changePassword(
    @Caller() identity: Identity,
    @Body({ schema: passwordBody }) { password }: z.output<typeof passwordBody>,
    @Res({ passthrough: true }) response: Response,
  ): Promise<null> {
    requireRecentSession(identity);
    this.cookie.set(response, await this.signIns.changePassword(identity.userId, password));
    return null;
  }

  /** A link that makes one account within an hour; with `admin` that of an operator. A session must have just begun. */
  @AdminOnly()
  @Scoped('admin')
  @Post('users/invitations')
  @HttpCode(201)
  invite(
    @Caller() identity: Identity,
    @Body({ schema: invitationBody }) { admin }: z.output<typeof invitationBody>,
    @Req() request: Request,
  ) {
    if (admin && identity.program) {
      throw new ApiError(403, 'SIGN_IN_AGAIN', 'A token cannot invite administrators. Sign in yourself.');
    }
    requireRecentSignIn(identity);
    this.adminActions.specify(request, admin ? 'an administrator' : 'a person');
    return this.database.transaction(async (tx) => {
      await this.adminActions.noteWithin(tx, request);
      return this.invitations.make(tx, { admin });
    });
  }
}
