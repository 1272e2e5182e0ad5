import { Injectable, Logger } from '@nestjs/common';
import { createRemoteJWKSet, customFetch, jwtVerify, type JWTPayload } from 'jose';
import * as openid from 'openid-client';
import { z } from 'zod';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import type { OpenIdSettings } from '../../config/openid-settings.js';
import { ApiError } from '../../http/api-error.js';
import { providerName, type ProvenPerson } from './person-claims.js';
import { explainProviderFailure, reasonOf } from './provider-failure.js';
import { providerRequest } from './provider-request.js';

/** How long the provider's description of itself is believed. */
const DISCOVERED_MS = 3_600_000;

/** How old a message that somebody has signed out may be, in seconds. */
const LOGOUT_S = 600;

/** By how much the provider's clock may differ from ours, in seconds. */
const CLOCK_TOLERANCE_S = 30;

/** What a flow is for: to come in, to show once more who one is, or to add an identity to one's account. */
export type Purpose = 'sign-in' | 'again' | 'link';

/** What only the browser that began a flow can tell, made of the secret in its cookie. */
export interface FlowSecrets {
  readonly state: string;
  readonly nonce: string;
  /** Of PKCE. */
  readonly verifier: string;
}

const idToken = z.object({
  iss: z.string(),
  // At most 255 characters: OpenID Connect Core 1.0, section 2.
  sub: providerName(255),
  sid: providerName(500).optional().catch(undefined),
  auth_time: z.number().min(0).max(1e11).default(0).catch(0),
});

/**
 * The operator's OpenID provider (OpenID Connect Core 1.0 with the code flow, PKCE by RFC 7636, `iss` by RFC 9207), by
 * openid-client. It is first asked when somebody wants to sign in, so a provider that is down keeps nothing from starting.
 */
@Injectable()
export class OpenIdProvider {
  private readonly logger = new Logger('Auth');
  private readonly redirectUri: string;
  private discovered: { readonly until: number; readonly configuration: Promise<openid.Configuration> } | undefined;
  private keySet: { readonly url: string; readonly keys: ReturnType<typeof createRemoteJWKSet> } | undefined;

  constructor(@InjectConfig() private readonly config: Config) {
    this.redirectUri = `${config.publicUrl}/api/auth/oidc/callback`;
  }

  /** @throws ApiError 404 `OIDC_OFF` */
  settings(): OpenIdSettings {
    const { oidc } = this.config;
    if (!oidc) throw new ApiError(404, 'OIDC_OFF', 'Nobody signs in with a provider here; OIDC_ISSUER is not set.');
    return oidc;
  }

  /** @throws ApiError as `identify` when nobody can be sent there */
  async reach(): Promise<void> {
    await this.asking(() => this.configuration());
  }

  /**
   * Where the browser is sent to sign in.
   * @param purpose what is more than a sign-in asks the provider to ask although the person is signed in there, so that
   * nobody adds the identity of somebody else who has used the browser
   * @throws ApiError as `identify`
   */
  async authorizationUrl({ state, nonce, verifier }: FlowSecrets, purpose: Purpose): Promise<string> {
    const { scopes } = this.settings();
    const configuration = await this.asking(() => this.configuration());
    return openid.buildAuthorizationUrl(configuration, {
      redirect_uri: this.redirectUri,
      scope: scopes.join(' '),
      state,
      nonce,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...(purpose !== 'sign-in' && { max_age: '0' }),
      ...(purpose === 'again' && { prompt: 'login' }), // Some know this one only, and some refuse it.
    }).href;
  }

  /**
   * Finds out who has signed in. The provider's tokens are forgotten at once.
   * @param answer the parameters of the callback
   * @throws ApiError `OIDC_DENIED`, `OIDC_REFUSED`, `OIDC_CODE_REFUSED`, `OIDC_CLIENT_REFUSED`, `OIDC_ANSWER_INVALID`, 503
   * `OIDC_PROVIDER_DOWN`
   */
  async identify(answer: URLSearchParams, { state, nonce, verifier }: FlowSecrets): Promise<ProvenPerson> {
    return this.asking(async () => {
      const configuration = await this.configuration();
      const tokens = await openid.authorizationCodeGrant(
        configuration,
        new URL(`${this.redirectUri}?${answer.toString()}`),
        { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
      );
      const claims = tokens.claims() ?? {};
      const { iss, sub, sid, auth_time: authTime } = idToken.parse(claims);
      // Many providers put groups and addresses there only. What the ID token says is signed, and goes before.
      const more =
        configuration.serverMetadata().userinfo_endpoint === undefined
          ? {}
          : await openid.fetchUserInfo(configuration, tokens.access_token, sub);
      return {
        issuer: iss,
        subject: sub,
        providerSession: sid,
        authenticatedAt: new Date(authTime * 1_000),
        claims: { ...more, ...claims },
      };
    });
  }

  /**
   * The claims of a logout token whose signature, issuer and audience are right.
   * @throws ApiError `OIDC_ANSWER_INVALID`, 503 `OIDC_PROVIDER_DOWN`
   */
  verifyLogoutToken(token: string): Promise<JWTPayload> {
    return this.asking(() => this.verifySigned(token));
  }

  private async verifySigned(token: string): Promise<JWTPayload> {
    const { clientId } = this.settings();
    const { issuer, jwks_uri: url } = (await this.configuration()).serverMetadata();
    if (url === undefined) throw new Error('The provider publishes no keys');
    if (this.keySet?.url !== url) {
      const keys = createRemoteJWKSet(new URL(url), {
        [customFetch]: (address, { headers }) =>
          providerRequest(address, {
            method: 'GET',
            headers: Object.fromEntries(headers),
            body: null,
            redirect: 'manual',
          }),
      });
      this.keySet = { url, keys };
    }
    const { payload, protectedHeader } = await jwtVerify(token, this.keySet.keys, {
      issuer,
      audience: clientId,
      clockTolerance: CLOCK_TOLERANCE_S,
      maxTokenAge: LOGOUT_S,
    });
    const type = protectedHeader.typ?.toLowerCase().replace(/^application\//, '');
    if (type !== undefined && type !== 'logout+jwt' && type !== 'jwt') throw new Error('Made for another purpose');
    return payload;
  }

  private async asking<Result>(ask: () => Promise<Result>): Promise<Result> {
    const { title } = this.settings();
    try {
      return await ask();
    } catch (error) {
      const explained = explainProviderFailure(error, title);
      if (explained.code !== 'OIDC_DENIED') {
        this.logger.warn(`The OpenID provider was of no use: ${explained.code}, ${reasonOf(explained)}`);
      }
      throw explained;
    }
  }

  /** What the provider says of itself; asked once an hour, and again after a failure. */
  private configuration(): Promise<openid.Configuration> {
    const { discovered } = this;
    if (discovered && performance.now() < discovered.until) return discovered.configuration;
    const { issuer, clientId, clientSecret } = this.settings();
    const configuration = openid.discovery(new URL(issuer), clientId, {}, authentication(clientSecret), {
      [openid.customFetch]: providerRequest,
      execute: [
        openid.enableNonRepudiationChecks,
        // The settings allow plain http for this machine and outside of production only. The function is marked
        // deprecated only to be noticed.
        // eslint-disable-next-line @typescript-eslint/no-deprecated
        ...(issuer.startsWith('http:') ? [openid.allowInsecureRequests] : []),
      ],
    });
    const mine = { until: performance.now() + DISCOVERED_MS, configuration };
    this.discovered = mine;
    configuration.catch(() => {
      if (this.discovered === mine) this.discovered = undefined;
    });
    return configuration;
  }
}

/** By HTTP Basic where the provider takes that, which is what it means by saying nothing (RFC 8414 section 2). */
function authentication(secret: string): openid.ClientAuth {
  const [basic, post] = [openid.ClientSecretBasic(secret), openid.ClientSecretPost(secret)];
  return (server, ...request) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ['client_secret_basic'];
    (methods.includes('client_secret_basic') ? basic : post)(server, ...request);
  };
}
