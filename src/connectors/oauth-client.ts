import { Injectable } from '@nestjs/common';
import * as oauth from 'openid-client';
import { ApiError } from '../http/api-error.js';
import { NetworkFault } from '../platforms/http-exchange.js';
import { PlatformError } from '../platforms/platform-error.js';
import type { PlatformAccess } from './platform-access.js';
import { tokenRequest } from './token-request.js';

/** What a provider granted. */
export interface Grant {
  readonly accessToken: string;
  /** Absent when the provider keeps the old one valid, or gives none. */
  readonly refreshToken: string | undefined;
  readonly expiresInSeconds: number | undefined;
  /** Absent when it is what was asked for (RFC 6749 section 5.1). */
  readonly scopes: readonly string[] | undefined;
}

/** The authorization request of one connect. */
export interface AuthorizationRequest {
  readonly redirectUri: string;
  readonly state: string;
  readonly verifier: string;
}

/** The OAuth 2.0 code flow with PKCE (RFC 6749, RFC 7636, RFC 9700), by openid-client. */
@Injectable()
export class OAuthClient {
  /** A fresh PKCE verifier: 256 bits (RFC 7636 section 4.1). */
  newVerifier(): string {
    return oauth.randomPKCECodeVerifier();
  }

  async authorizationUrl(
    access: PlatformAccess,
    { redirectUri, state, verifier }: AuthorizationRequest,
  ): Promise<string> {
    return oauth.buildAuthorizationUrl(this.configurationOf(access), {
      ...access.platform.oauth.authorizeParameters,
      redirect_uri: redirectUri,
      scope: access.scopes.join(' '),
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    }).href;
  }

  /**
   * Exchanges a code for tokens.
   * @throws ApiError `CONNECT_CODE_REFUSED`, `PROVIDER_BAD_ANSWER`, `PROVIDER_UNAVAILABLE`, `PROVIDER_REFUSED_CLIENT`
   */
  async exchange(
    access: PlatformAccess,
    request: AuthorizationRequest,
    answer: { readonly code: string; readonly iss?: string | undefined },
  ): Promise<Grant> {
    const url = new URL(request.redirectUri);
    url.searchParams.set('code', answer.code);
    url.searchParams.set('state', request.state);
    if (answer.iss !== undefined) url.searchParams.set('iss', answer.iss);
    try {
      return grantOf(
        await oauth.authorizationCodeGrant(this.configurationOf(access), url, {
          pkceCodeVerifier: request.verifier,
          expectedState: request.state,
        }),
      );
    } catch (error) {
      throw explain(error, access);
    }
  }

  /** @throws ApiError as `exchange`; `CONNECT_CODE_REFUSED` means that the grant is gone (`invalid_grant`) */
  async refresh(access: PlatformAccess, refreshToken: string): Promise<Grant> {
    try {
      return grantOf(await oauth.refreshTokenGrant(this.configurationOf(access), refreshToken));
    } catch (error) {
      throw explain(error, access);
    }
  }

  private configurationOf(access: PlatformAccess): oauth.Configuration {
    const { clientId, clientSecret, authorizeUrl, tokenUrl } = access;
    const configuration = new oauth.Configuration(
      { issuer: new URL(authorizeUrl).origin, authorization_endpoint: authorizeUrl, token_endpoint: tokenUrl },
      clientId,
      undefined,
      authenticationOf(access, clientSecret),
    );
    configuration[oauth.customFetch] = tokenRequest;
    // Plain http was checked with the configuration: loopback only, or development. The function is marked deprecated
    // only to stand out.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (tokenUrl.startsWith('http:')) oauth.allowInsecureRequests(configuration);
    return configuration;
  }
}

function authenticationOf({ platform }: PlatformAccess, secret: string | undefined): oauth.ClientAuth {
  if (secret === undefined) return oauth.None();
  return platform.oauth.clientAuthentication === 'basic'
    ? oauth.ClientSecretBasic(secret)
    : oauth.ClientSecretPost(secret);
}

function grantOf(answer: oauth.TokenEndpointResponse): Grant {
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token,
    expiresInSeconds: answer.expires_in,
    // GitHub separates with commas, everybody else with spaces.
    scopes: answer.scope?.split(/[\s,]+/).filter((scope) => scope !== ''),
  };
}

/** Says what went wrong at the token endpoint, without any of what was sent or received. */
function explain(error: unknown, { platform, tokenUrl }: PlatformAccess): Error {
  const host = new URL(tokenUrl).host;
  const code = errorCodeIn(error);
  if (code === 'invalid_grant' || code === 'bad_verification_code') {
    return new ApiError(
      400,
      'CONNECT_CODE_REFUSED',
      `${platform.title} refused the code or grant; start connecting anew.`,
    );
  }
  // A challenge stands before the body, and means the client (RFC 6749 section 5.2).
  const refused = error instanceof oauth.WWWAuthenticateChallengeError ? 'invalid_client' : code;
  if (
    refused === 'invalid_client' ||
    refused === 'incorrect_client_credentials' ||
    refused === 'unauthorized_client' ||
    refused === 'redirect_uri_mismatch'
  ) {
    return new ApiError(
      502,
      'PROVIDER_REFUSED_CLIENT',
      `${platform.title} does not accept this server's client (${refused}); the operator must check its PLATFORM_* settings.`,
    );
  }
  if (code !== undefined)
    return new ApiError(502, 'PROVIDER_REFUSED', `${platform.title} refused the token request (${code}).`);
  if (error instanceof oauth.AuthorizationResponseError)
    return new ApiError(400, 'CONNECT_DENIED', `${platform.title} did not grant access.`);
  const status = statusIn(error);
  if (
    cameFrom(error, PlatformError) ||
    (error instanceof oauth.ClientError &&
      error.code?.startsWith('OAUTH_') &&
      !cameFrom(error, NetworkFault) &&
      (status === undefined || status < 500))
  ) {
    return new ApiError(
      502,
      'PROVIDER_BAD_ANSWER',
      `${platform.title}'s token endpoint (${host}) gave an answer that is no token; try again later.`,
    );
  }
  return new ApiError(
    502,
    'PROVIDER_UNAVAILABLE',
    `${platform.title}'s token endpoint (${host}) ${status === undefined ? 'did not answer' : `answered ${status}`}; try again shortly.`,
  );
}

/** The OAuth error code, also where a provider sends it with status 200. */
function errorCodeIn(error: unknown): string | undefined {
  if (error instanceof oauth.ResponseBodyError) return plain(error.error);
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const inner = cause.cause;
    if (typeof inner === 'object' && inner !== null && 'body' in inner) {
      const { body } = inner;
      if (typeof body === 'object' && body !== null && 'error' in body && typeof body.error === 'string')
        return plain(body.error);
    }
  }
  return undefined;
}

/** Error codes go into messages, so only those that look like one are repeated. */
function plain(code: string): string {
  return /^[\w.-]{1,60}$/.test(code) ? code : 'unknown_error';
}

/** Whether an error is of this kind, or was caused by one: openid-client wraps what its requests throw. */
function cameFrom(error: unknown, kind: typeof PlatformError | typeof NetworkFault): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof kind) return true;
  }
  return false;
}

function statusIn(error: unknown): number | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if (cause.cause instanceof Response) return cause.cause.status;
  }
  return undefined;
}
