import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import type { AccessCheck, BearerTokens, EndableTokens } from './access-check.js';
import { type AuthorizationRequest, parseAuthorizationRequest, requestedScopes } from './authorization-request.js';
import { consentPage, refusalPage } from './consent-page.js';
import { type AccessTicket, openTicket, type RefreshTicket, sealTicket } from './oauth-tickets.js';
import { PAGE_HEADERS } from './page.js';
import type { SandboxClock } from './sandbox-clock.js';
import type { StandIn } from './stand-in.js';
import {
  identifyClient,
  parseRevocationForm,
  parseTokenForm,
  provesChallenge,
  type TokenForm,
} from './token-endpoint.js';
import { TokenError } from './token-error.js';

const DAY_MS = 86_400_000;

/** The fields of an answer of the token endpoint. */
type TokenAnswer = Readonly<Record<string, string | number>>;

/**
 * The OAuth server of one stand-in: authorization code with PKCE and, where the provider has them, rotating refresh
 * tokens. Tokens are signed, so a restarted sandbox honours them; only which codes were used and which refresh token is newest lives in memory.
 */
export class OAuthServer implements BearerTokens, EndableTokens {
  private readonly usedCodes = new Set<string>();
  private readonly revokedGrants = new Set<string>();
  private readonly expiredTokens = new Set<string>();
  /** Per grant, the serial of the refresh token that may still be used. */
  private readonly serials = new Map<string, number>();

  constructor(
    private readonly standIn: StandIn,
    private readonly clock: SandboxClock,
  ) {}

  /** `GET authorize`, `POST authorize/decision`, `POST token` and `POST revoke`, to be mounted under `/<name>/oauth`. */
  router(): Router {
    const router = express.Router();
    const form = express.urlencoded({ extended: false });
    router.get('/authorize', (request, response) => this.authorize(request.query, response));
    router.post('/authorize/decision', form, (request, response) => {
      this.authorize(request.body as Record<string, unknown> | undefined, response, true);
    });
    router.post('/revoke', form, (request, response) => this.revokeToken(request, response));
    router.post('/token', form, (request, response) => this.token(request, response));
    return router;
  }

  access(request: Request): AccessCheck {
    const token = bearerOf(request);
    if (token === undefined) return 'missing';
    const ticket = this.personalAccess(token) ?? openTicket(token, 'access', this.standIn.name);
    if (ticket === undefined || this.revokedGrants.has(ticket.grant)) return 'invalid';
    return this.isOver(ticket) || this.expiredTokens.has(token) ? 'expired' : ticket;
  }

  expire(request: Request): void {
    this.expiredTokens.add(bearerOf(request) ?? '');
  }

  revokeGrantOf(request: Request): void {
    const access = this.access(request);
    if (typeof access !== 'string') this.revokedGrants.add(access.grant);
  }

  /** The access of a token whose text names its persona: it may read everything of that invented person. */
  private personalAccess(token: string): AccessTicket | undefined {
    const { personalTokenPrefix, scopes } = this.standIn.oauth;
    if (personalTokenPrefix === null) return undefined;
    const persona = this.standIn.personas.find(({ id }) => token === personalTokenPrefix + id);
    return (
      persona && {
        kind: 'access',
        platform: this.standIn.name,
        persona: persona.id,
        clientId: '',
        scopes: Object.keys(scopes),
        grant: token,
        grantedAt: 0,
        expiresAt: null,
        serial: 1,
        personal: true,
      }
    );
  }

  private isOver({ expiresAt }: { readonly expiresAt: number | null }): boolean {
    return expiresAt !== null && expiresAt <= this.now();
  }

  private now(): number {
    return this.clock.now().getTime();
  }

  /** Shows the consent page, or goes on where the decision is already among the parameters. */
  private authorize(parameters: Readonly<Record<string, unknown>> | undefined, response: Response, decided = false) {
    response.set(PAGE_HEADERS);
    const request = parseAuthorizationRequest(parameters, this.standIn.oauth);
    const { persona, decision } = parameters ?? {};
    if (typeof request === 'string') {
      response.status(400).send(refusalPage(this.standIn, request));
    } else if (decision === 'deny') {
      redirect(response, request, { error: 'access_denied' });
    } else if (decision === 'allow' && this.standIn.personas.some(({ id }) => id === persona)) {
      redirect(response, request, { code: this.grant(request, String(persona)) });
    } else if (decided || decision !== undefined) {
      response.status(400).send(refusalPage(this.standIn, 'Choose one of the people, and Allow or Deny.'));
    } else {
      response.send(consentPage(this.standIn, request, typeof persona === 'string' ? persona : undefined));
    }
  }

  private grant(request: AuthorizationRequest, persona: string): string {
    return sealTicket({
      kind: 'code',
      platform: this.standIn.name,
      persona,
      clientId: request.client_id,
      scopes: requestedScopes(request),
      grant: randomUUID(),
      grantedAt: this.now(),
      expiresAt: this.now() + this.standIn.oauth.codeSeconds * 1_000,
      redirectUri: request.redirect_uri,
      offline: request.access_type === 'offline',
      challenge: request.code_challenge,
    });
  }

  private token(request: Request, response: Response): void {
    response.set('Cache-Control', 'no-store');
    try {
      const form = parseTokenForm(request.body);
      const clientId = identifyClient(request.get('authorization'), form, this.standIn.oauth.clientAuthentication);
      this.answer(request, response, this.issue(form, clientId));
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      const { status, body } = this.standIn.oauth.tokenRefusal(error.fault, error.message);
      this.answer(request, response.status(status), body);
    }
  }

  private answer(request: Request, response: Response, body: TokenAnswer): void {
    const json = this.standIn.oauth.tokenAnswers === 'json' || request.get('accept')?.includes('application/json');
    if (json) {
      response.json(body);
      return;
    }
    const fields = Object.entries(body).map(([name, value]): [string, string] => [name, String(value)]);
    response.type('application/x-www-form-urlencoded').send(new URLSearchParams(fields).toString());
  }

  /** RFC 7009: answers 200 for every token, also for an unknown one. */
  private revokeToken(request: Request, response: Response): void {
    const { token } = parseRevocationForm(request.body);
    this.revoke(token);
    response.status(200).end();
  }

  revoke(token: string): boolean {
    const { name } = this.standIn;
    const ticket = openTicket(token, 'refresh', name) ?? openTicket(token, 'access', name);
    if (ticket === undefined) return false;
    this.revokedGrants.add(ticket.grant);
    return true;
  }

  private issue(form: TokenForm, clientId: string): TokenAnswer {
    if (form.grant_type === 'authorization_code') return this.exchangeCode(form, clientId);
    const refreshable = this.standIn.oauth.refreshTokenDays !== null;
    if (refreshable && form.grant_type === 'refresh_token') return this.refresh(form, clientId);
    const known = refreshable ? 'authorization_code or refresh_token' : 'authorization_code';
    throw new TokenError('unsupported_grant_type', `grant_type must be ${known}`);
  }

  private exchangeCode(form: TokenForm, clientId: string): TokenAnswer {
    const code = openTicket(form.code ?? '', 'code', this.standIn.name);
    if (code?.clientId !== clientId) throw new TokenError('invalid_grant', 'Invalid authorization code');
    if (this.usedCodes.has(code.grant)) {
      // RFC 6749 section 4.1.2: a second use may be theft, so the tokens of the first use die too.
      this.revokedGrants.add(code.grant);
      throw new TokenError('invalid_grant', 'Authorization code was already used');
    }
    if (this.isOver(code)) throw new TokenError('invalid_grant', 'Authorization code expired');
    if (form.redirect_uri !== code.redirectUri) {
      throw new TokenError('redirect_uri_mismatch', 'Invalid redirect URI');
    }
    if (!provesChallenge(form.code_verifier, code.challenge)) {
      throw new TokenError('invalid_grant', 'code_verifier was incorrect');
    }
    this.usedCodes.add(code.grant);
    return this.tokens(code, 1, code.offline || !this.standIn.oauth.keepsRefreshTokens);
  }

  private refresh(form: TokenForm, clientId: string): TokenAnswer {
    const ticket = openTicket(form.refresh_token ?? '', 'refresh', this.standIn.name);
    if (ticket?.clientId !== clientId) throw new TokenError('invalid_grant', 'Invalid refresh token');
    const newest = this.serials.get(ticket.grant) ?? ticket.serial;
    if (this.revokedGrants.has(ticket.grant) || ticket.serial !== newest) {
      throw new TokenError('invalid_grant', 'Refresh token revoked');
    }
    if (this.isOver(ticket)) throw new TokenError('invalid_grant', 'Refresh token expired');
    if (this.standIn.oauth.keepsRefreshTokens) return this.tokens(ticket, ticket.serial, false);
    return this.tokens(ticket, ticket.serial + 1, true);
  }

  private tokens(
    from: Omit<RefreshTicket, 'kind' | 'serial' | 'expiresAt'>,
    serial: number,
    refreshable: boolean,
  ): TokenAnswer {
    const { platform, persona, clientId, scopes, grant, grantedAt } = from;
    const { accessTokenSeconds, refreshTokenDays, scopeSeparator } = this.standIn.oauth;
    const facts = { platform, persona, clientId, scopes, grant, grantedAt, serial };
    this.serials.set(grant, serial);
    const expiresAt = accessTokenSeconds === null ? null : this.now() + accessTokenSeconds * 1_000;
    return {
      access_token: sealTicket({ ...facts, kind: 'access', expiresAt }),
      token_type: 'Bearer',
      scope: scopes.join(scopeSeparator),
      ...(accessTokenSeconds !== null && { expires_in: accessTokenSeconds }),
      ...(refreshable &&
        refreshTokenDays !== null && {
          refresh_token: sealTicket({ ...facts, kind: 'refresh', expiresAt: grantedAt + refreshTokenDays * DAY_MS }),
        }),
    };
  }
}

function bearerOf(request: Request): string | undefined {
  return /^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1];
}

function redirect(response: Response, request: AuthorizationRequest, answer: Readonly<Record<string, string>>): void {
  const url = new URL(request.redirect_uri);
  for (const [name, value] of Object.entries({ ...answer, state: request.state })) url.searchParams.set(name, value);
  response.redirect(303, url.href);
}
