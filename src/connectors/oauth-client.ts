import { Injectable } from '@nestjs/common';
import * as oauth from 'openid-client';
import type { PlatformAccess } from './platform-access.js';
import { explainTokenFailure, oauthErrorIn } from './token-failure.js';
import { tokenRequest } from './token-request.js';

/** The tokens that a provider granted. */
export interface Grant {
  readonly accessToken: string;
  /** Undefined when the old one stays valid, or there is none. */
  readonly refreshToken: string | undefined;
  readonly expiresInSeconds: number | undefined;
  /** Undefined when all requested scopes were granted (RFC 6749 section 5.1). */
  readonly scopes: readonly string[] | undefined;
}

/** The authorization request of one attempt. */
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
      throw explainTokenFailure(error, access);
    }
  }

  /** @throws ApiError as `exchange`; `CONNECT_CODE_REFUSED` means that the grant is gone (`invalid_grant`) */
  async refresh(access: PlatformAccess, refreshToken: string): Promise<Grant> {
    try {
      return grantOf(await oauth.refreshTokenGrant(this.configurationOf(access), refreshToken));
    } catch (error) {
      throw explainTokenFailure(error, access);
    }
  }

  /**
   * Revokes a token at the provider (RFC 7009). Revoking a refresh token also revokes the access tokens made from it.
   * @throws Error when the provider may still accept the token; a token it does not know is no error
   */
  async revoke(access: PlatformAccess, token: string, hint: 'refresh_token' | 'access_token'): Promise<void> {
    try {
      await oauth.tokenRevocation(this.configurationOf(access), token, { token_type_hint: hint });
    } catch (error) {
      // By RFC 7009 section 2.2 an unknown token is a success; Google and Twitch answer `invalid_token`.
      if (oauthErrorIn(error) === 'invalid_token') return;
      throw error;
    }
  }

  private configurationOf(access: PlatformAccess): oauth.Configuration {
    const { clientId, clientSecret, authorizeUrl, tokenUrl, revokeUrl } = access;
    const configuration = new oauth.Configuration(
      {
        issuer: new URL(authorizeUrl).origin,
        authorization_endpoint: authorizeUrl,
        token_endpoint: tokenUrl,
        ...(revokeUrl !== undefined && { revocation_endpoint: revokeUrl }),
      },
      clientId,
      undefined,
      authenticationOf(access, clientSecret),
    );
    configuration[oauth.customFetch] = tokenRequest;
    // The configuration allows plain http for loopback or in development only. The function is marked deprecated only to
    // be noticed.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    if (tokenUrl.startsWith('http:') || revokeUrl?.startsWith('http:')) oauth.allowInsecureRequests(configuration);
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
