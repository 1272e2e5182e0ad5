import { randomUUID } from 'node:crypto';
import express, { type Request, type Response, type Router } from 'express';
import { type AuthorizationRequest, parseAuthorizationRequest, requestedScopes } from './authorization-request.js';
import { consentPage, refusalPage } from './consent-page.js';
import { type AccessTicket, openTicket, type RefreshTicket, sealTicket } from './oauth-tickets.js';
import type { SandboxClock } from './sandbox-clock.js';
import type { StandIn } from './stand-in.js';
import { identifyClient, parseTokenForm, provesChallenge, TokenError, type TokenForm } from './token-endpoint.js';

const CODE_LIFE_MS = 60_000;
const DAY_MS = 86_400_000;

/** What a bearer token is worth: an access, or why it is none. */
export type AccessCheck = AccessTicket | 'missing' | 'invalid' | 'expired';

/**
 * The OAuth server of one stand-in: authorization code with PKCE and rotating refresh tokens. Tokens are signed, so a
 * restarted sandbox honours them; only which codes were used and which refresh token is newest lives in memory.
 */
export class OAuthServer {
  private readonly usedCodes = new Set<string>();
  private readonly revokedGrants = new Set<string>();
  /** Per grant, the serial of the refresh token that may still be used. */
  private readonly serials = new Map<string, number>();

  constructor(
    private readonly standIn: StandIn,
    private readonly clock: SandboxClock,
  ) {}

  /** `GET authorize`, `POST authorize/decision` and `POST token`, to be mounted under `/<name>/oauth`. */
  router(): Router {
    const router = express.Router();
    const form = express.urlencoded({ extended: false });
    router.get('/authorize', (request, response) => this.authorize(request.query, response));
    router.post('/authorize/decision', form, (request, response) => {
      this.authorize(request.body as Record<string, unknown> | undefined, response, true);
    });
    router.post('/token', form, (request, response) => this.token(request, response));
    return router;
  }

  /** Checks the bearer token of an API request. */
  access(request: Request): AccessCheck {
    const token = /^Bearer (.+)$/i.exec(request.get('authorization') ?? '')?.[1];
    if (token === undefined) return 'missing';
    const ticket = openTicket(token, 'access', this.standIn.name);
    if (ticket === undefined || this.revokedGrants.has(ticket.grant)) return 'invalid';
    return ticket.expiresAt <= this.now() ? 'expired' : ticket;
  }

  private now(): number {
    return this.clock.now().getTime();
  }

  /** Shows the consent page, or goes on where the decision is already among the parameters. */
  private authorize(parameters: Readonly<Record<string, unknown>> | undefined, response: Response, decided = false) {
    response.set({
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'Content-Security-Policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    });
    const request = parseAuthorizationRequest(parameters, this.standIn.oauth.scopes);
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
      expiresAt: this.now() + CODE_LIFE_MS,
      redirectUri: request.redirect_uri,
      challenge: request.code_challenge,
    });
  }

  private token(request: Request, response: Response): void {
    response.set('Cache-Control', 'no-store');
    try {
      const form = parseTokenForm(request.body);
      const clientId = identifyClient(request.get('authorization'), form, this.standIn.oauth.clientAuthentication);
      response.json(this.issue(form, clientId));
    } catch (error) {
      if (!(error instanceof TokenError)) throw error;
      response.status(400).json({ error: error.code, error_description: error.message });
    }
  }

  private issue(form: TokenForm, clientId: string): object {
    if (form.grant_type === 'authorization_code') return this.exchangeCode(form, clientId);
    if (form.grant_type === 'refresh_token') return this.refresh(form, clientId);
    throw new TokenError('unsupported_grant_type', 'grant_type must be authorization_code or refresh_token');
  }

  private exchangeCode(form: TokenForm, clientId: string): object {
    const code = openTicket(form.code ?? '', 'code', this.standIn.name);
    if (code?.clientId !== clientId) throw new TokenError('invalid_grant', 'Invalid authorization code');
    if (this.usedCodes.has(code.grant)) {
      // RFC 6749 section 4.1.2: a second use may be theft, so the tokens of the first use die too.
      this.revokedGrants.add(code.grant);
      throw new TokenError('invalid_grant', 'Authorization code was already used');
    }
    if (code.expiresAt <= this.now()) throw new TokenError('invalid_grant', 'Authorization code expired');
    if (form.redirect_uri !== code.redirectUri) throw new TokenError('invalid_grant', 'Invalid redirect URI');
    if (!provesChallenge(form.code_verifier, code.challenge)) {
      throw new TokenError('invalid_grant', 'code_verifier was incorrect');
    }
    this.usedCodes.add(code.grant);
    return this.tokens(code, 1);
  }

  private refresh(form: TokenForm, clientId: string): object {
    const ticket = openTicket(form.refresh_token ?? '', 'refresh', this.standIn.name);
    if (ticket?.clientId !== clientId) throw new TokenError('invalid_grant', 'Invalid refresh token');
    const newest = this.serials.get(ticket.grant) ?? ticket.serial;
    if (this.revokedGrants.has(ticket.grant) || ticket.serial !== newest) {
      throw new TokenError('invalid_grant', 'Refresh token revoked');
    }
    if (ticket.expiresAt <= this.now()) throw new TokenError('invalid_grant', 'Refresh token expired');
    return this.tokens(ticket, ticket.serial + 1);
  }

  private tokens(from: Omit<RefreshTicket, 'kind' | 'serial' | 'expiresAt'>, serial: number): object {
    const { platform, persona, clientId, scopes, grant, grantedAt } = from;
    const { accessTokenSeconds, refreshTokenDays } = this.standIn.oauth;
    const facts = { platform, persona, clientId, scopes, grant, grantedAt, serial };
    this.serials.set(grant, serial);
    return {
      access_token: sealTicket({ ...facts, kind: 'access', expiresAt: this.now() + accessTokenSeconds * 1_000 }),
      token_type: 'Bearer',
      scope: scopes.join(' '),
      expires_in: accessTokenSeconds,
      refresh_token: sealTicket({ ...facts, kind: 'refresh', expiresAt: grantedAt + refreshTokenDays * DAY_MS }),
    };
  }
}

function redirect(response: Response, request: AuthorizationRequest, answer: Readonly<Record<string, string>>): void {
  const url = new URL(request.redirect_uri);
  for (const [name, value] of Object.entries({ ...answer, state: request.state })) url.searchParams.set(name, value);
  response.redirect(303, url.href);
}
