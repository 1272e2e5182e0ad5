import { Controller, Delete, Get, HttpCode, Param, Post, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { z } from 'zod';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import { Accounts } from '../accounts/accounts.js';
import { Caller } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import { requireRecentSession } from '../sessions/recent-sign-in.js';
import { SessionCookie } from '../sessions/session-cookie.js';
import { Sessions } from '../sessions/sessions.js';
import type { Identity } from '../tokens.js';
import { FlowCookies } from './flow-cookies.js';
import { Identities, identityNotFound } from './identities.js';
import { OpenIdSignIn } from './openid-sign-in.js';

/** Who the caller is at the OpenID provider. */
@Controller('me/identities')
export class IdentitiesController {
  constructor(
    private readonly identities: Identities,
    private readonly signIns: OpenIdSignIn,
    private readonly sessions: Sessions,
    private readonly accounts: Accounts,
    private readonly cookie: SessionCookie,
    private readonly flowCookies: FlowCookies,
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** `title` is null for a provider that was that of this server before. */
  @Scoped('account')
  @Get()
  async list(@Caller() { userId }: Identity) {
    const { oidc } = this.config;
    const listed = await this.identities.list(userId);
    return listed.map((each) => ({
      ...each,
      title: oidc && withoutSlash(each.issuer) === withoutSlash(oidc.issuer) ? oidc.title : null,
    }));
  }

  /** Begins to add one: the browser goes to `authorizationUrl` and comes back to the page. Needs a session that has just begun. */
  @Scoped('account')
  @Post()
  @HttpCode(200)
  async add(@Caller() identity: Identity, @Req() request: Request, @Res({ passthrough: true }) response: Response) {
    requireRecentSession(identity);
    const sessionId = identity.session.id;
    const begun = await this.signIns.begin({
      ...{ purpose: 'link', sessionId, returnTo: '/?signedIn=linked', address: request.ip },
    });
    this.flowCookies.set(response, begun.state, begun.cookie);
    return { authorizationUrl: begun.authorizationUrl };
  }

  /** Sessions that were begun with it end; that of the caller goes on as a new one, without rights that came with it. */
  @Scoped('account')
  @Delete(':id')
  async remove(
    @Caller() identity: Identity,
    @Param('id') id: string,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ): Promise<null> {
    requireRecentSession(identity);
    if (!z.uuid().safeParse(id).success) throw identityNotFound();
    const { userId, session } = identity;
    const secret = await this.database.transaction(async (tx) => {
      const ended = await this.identities.remove(tx, userId, id);
      if (!ended.includes(session.id)) return undefined;
      const admin = await this.accounts.isOperator(tx, userId);
      return this.sessions.begin(tx, { userId, admin }, this.cookie.secretIn(request));
    });
    if (secret !== undefined) this.cookie.set(response, secret);
    return null;
  }
}

function withoutSlash(issuer: string): string {
  return issuer.replace(/\/$/, '');
}
