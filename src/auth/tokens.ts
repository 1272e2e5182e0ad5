import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { uuidv7 } from 'uuidv7';
import { z } from 'zod';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import type { Program } from './scopes.js';

/** The caller, from the claims of the token or from the session. */
export interface Identity {
  readonly userId: string;
  readonly admin: boolean;
  readonly premium: boolean;
  /** The claim `jti`, which names the token in the records of what operators do. */
  readonly tokenId: string | undefined;
  /** The claim `iat`, if there is one. */
  readonly issuedAt: Date | undefined;
  /** The claim `exp`, if there is one. */
  readonly expiresAt: Date | undefined;
  /** Where a cookie came instead of a token; `recent` while the sign-in is. */
  readonly session?: { readonly id: string; readonly recent: boolean };
  /** Where a program comes with a token that the person made for it. */
  readonly program?: Program;
}

const claims = z.object({
  // Any string that can be stored and shown.
  sub: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  role: z.string().optional(),
  plan: z.string().optional(),
  iat: z.number().optional(),
  exp: z.number().optional(),
  // Only one that can be stored and shown; what an issuer writes here decides nothing.
  jti: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u)
    .optional()
    .catch(undefined),
});

/** Signature algorithms of key sets; never one that only the token names (RFC 8725 section 3.1). */
const ASYMMETRIC = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
];

/** The ids of people whom this server itself knows, and of its command line. */
const OWN_PEOPLE = /^(?:(?:local|oidc|demo):|cli$)/;

/** By how much the clocks of issuers may differ from ours, in seconds. */
const CLOCK_TOLERANCE_S = 30;

/** Bearer tokens (RFC 6750, RFC 7519): verified by a shared secret or by an issuer's key set. */
@Injectable()
export class Tokens {
  /** A key object: jose imports it once, but would import raw bytes for every token. */
  private readonly secret: KeyObject | undefined;
  private readonly keySet: ReturnType<typeof createRemoteJWKSet> | undefined;
  private readonly options: JWTVerifyOptions;

  constructor(@InjectConfig() private readonly config: Config) {
    const { secret, jwksUrl, issuer, audience } = config.jwt;
    this.secret = secret === undefined ? undefined : createSecretKey(secret, 'utf8');
    this.keySet = jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000 });
    this.options = {
      algorithms: this.keySet ? ASYMMETRIC : ['HS256'],
      clockTolerance: CLOCK_TOLERANCE_S,
      // A token without an end could never be taken back.
      requiredClaims: config.production ? ['sub', 'exp'] : ['sub'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }

  /** @throws ApiError 401 `UNAUTHORIZED` or `TOKEN_EXPIRED`, 503 when the issuer's keys cannot be fetched */
  async verify(token: string): Promise<Identity> {
    const payload = claims.safeParse(await this.payloadOf(token));
    if (!payload.success) throw new ApiError(401, 'UNAUTHORIZED', 'The token has no usable user id (claim sub).');
    const { sub, role, plan, iat, exp, jti } = payload.data;
    if (this.keySet && OWN_PEOPLE.test(sub)) {
      throw new ApiError(401, 'UNAUTHORIZED', 'No other issuer may speak for people of this server (claim sub).');
    }
    return {
      userId: sub,
      admin: role === 'admin',
      premium: plan === 'premium',
      tokenId: jti,
      issuedAt: dateOf(iat),
      expiresAt: dateOf(exp),
    };
  }

  /** Issues a token; only possible with a shared secret. */
  issue(
    identity: { readonly userId: string; readonly admin?: boolean; readonly premium?: boolean },
    lifetime: string,
  ): Promise<string> {
    if (!this.secret) {
      throw new ApiError(
        404,
        'TOKENS_ISSUED_ELSEWHERE',
        'Tokens come from the issuer of JWT_JWKS_URL. This server issues none.',
      );
    }
    const { issuer, audience } = this.config.jwt;
    const token = new SignJWT({
      ...(identity.admin && { role: 'admin' }),
      ...(identity.premium && { plan: 'premium' }),
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(identity.userId)
      .setJti(uuidv7())
      .setIssuedAt()
      .setExpirationTime(lifetime);
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return token.sign(this.secret);
  }

  private async payloadOf(token: string): Promise<JWTPayload> {
    try {
      const key = this.keySet ?? this.secret;
      if (key !== undefined) {
        // jwtVerify has a separate overload for each kind of key.
        const { payload, protectedHeader } = await (typeof key === 'function'
          ? jwtVerify(token, key, this.options)
          : jwtVerify(token, key, this.options));
        if (!isAccessToken(protectedHeader.typ)) throw new errors.JWTInvalid('Made for another purpose');
        if (isFromTheFuture(payload)) throw new errors.JWTInvalid('Issued in the future');
        return payload;
      }
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new ApiError(401, 'TOKEN_EXPIRED', 'The token has expired. Sign in again.');
      }
      if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'exp' && error.reason === 'missing') {
        throw new ApiError(401, 'UNAUTHORIZED', 'The token never expires. Let its issuer set the claim exp.');
      }
      if (isIssuersFault(error)) {
        throw new ApiError(
          503,
          'ISSUER_UNAVAILABLE',
          'The token issuer does not answer at the moment. Try again shortly.',
          { retryAfter: 5 },
        );
      }
      throw new ApiError(401, 'UNAUTHORIZED', 'The token is not valid. Sign in again.');
    }
    throw new ApiError(401, 'UNAUTHORIZED', 'This server has no secret or key set to check tokens with.');
  }
}

/**
 * Whether a token's type (RFC 8725 section 3.11) is that of a bearer token: `JWT`, that of RFC 9068, or none. An
 * issuer signs other kinds with the same key: logout tokens, proofs, ID tokens.
 */
function isAccessToken(type: string | undefined): boolean {
  return type === undefined || ['jwt', 'at+jwt'].includes(type.toLowerCase().replace(/^application\//, ''));
}

/** Such a token would be newer than any deletion of its account. */
function isFromTheFuture({ iat }: JWTPayload): boolean {
  return iat !== undefined && iat > Date.now() / 1000 + CLOCK_TOLERANCE_S;
}

/** Whether the key set was unusable: no answer, a status other than 200, or a body that is no key set. */
function isIssuersFault(error: unknown): boolean {
  return (
    !(error instanceof errors.JOSEError) ||
    error instanceof errors.JWKSTimeout ||
    error instanceof errors.JWKSInvalid ||
    error.code === errors.JOSEError.code
  );
}

/** The instant of a NumericDate (RFC 7519 section 2). */
function dateOf(seconds: number | undefined): Date | undefined {
  return seconds === undefined ? undefined : new Date(seconds * 1000);
}
