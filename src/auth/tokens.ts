import { createSecretKey, type KeyObject } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { createRemoteJWKSet, errors, jwtVerify, SignJWT, type JWTPayload, type JWTVerifyOptions } from 'jose';
import { z } from 'zod';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';

/** Who is asking, as their token says. */
export interface Identity {
  readonly userId: string;
  readonly admin: boolean;
  readonly premium: boolean;
  /** When the token was made, if it says so. */
  readonly issuedAt: Date | undefined;
  /** When the token ends, if it does. */
  readonly expiresAt: Date | undefined;
}

const claims = z.object({
  // Any string, but nothing that could not be stored or shown.
  sub: z
    .string()
    .min(1)
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u),
  role: z.string().optional(),
  plan: z.string().optional(),
  iat: z.number().optional(),
  exp: z.number().optional(),
});

/** Signature algorithms of key sets; never one that the token could choose itself (RFC 8725 section 3.1). */
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

/** Bearer tokens (RFC 6750, RFC 7519): verified by a shared secret or by an issuer's key set. */
@Injectable()
export class Tokens {
  /** A key object, which jose imports once, and not a row of bytes, which it would import for every token. */
  private readonly secret: KeyObject | undefined;
  private readonly keySet: ReturnType<typeof createRemoteJWKSet> | undefined;
  private readonly options: JWTVerifyOptions;

  constructor(@InjectConfig() private readonly config: Config) {
    const { secret, jwksUrl, issuer, audience } = config.jwt;
    this.secret = secret === undefined ? undefined : createSecretKey(secret, 'utf8');
    this.keySet = jwksUrl === undefined ? undefined : createRemoteJWKSet(new URL(jwksUrl), { timeoutDuration: 5_000 });
    this.options = {
      algorithms: this.keySet ? ASYMMETRIC : ['HS256'],
      clockTolerance: 30,
      requiredClaims: ['sub'],
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
    };
  }

  /** @throws ApiError 401 `UNAUTHORIZED` or `TOKEN_EXPIRED`, 503 when the issuer's keys cannot be had */
  async verify(token: string): Promise<Identity> {
    const payload = claims.safeParse(await this.payloadOf(token));
    if (!payload.success) throw new ApiError(401, 'UNAUTHORIZED', 'The token names no usable user (claim sub).');
    const { sub, role, plan, iat, exp } = payload.data;
    return {
      userId: sub,
      admin: role === 'admin',
      premium: plan === 'premium',
      issuedAt: dateOf(iat),
      expiresAt: dateOf(exp),
    };
  }

  /** Makes a token of our own; only with a shared secret. */
  issue(
    identity: { readonly userId: string; readonly admin?: boolean; readonly premium?: boolean },
    lifetime: string,
  ): Promise<string> {
    if (!this.secret)
      throw new ApiError(
        404,
        'TOKENS_ISSUED_ELSEWHERE',
        'Tokens come from the issuer of JWT_JWKS_URL; this server makes none.',
      );
    const { issuer, audience } = this.config.jwt;
    const token = new SignJWT({
      ...(identity.admin && { role: 'admin' }),
      ...(identity.premium && { plan: 'premium' }),
    })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setSubject(identity.userId)
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
        // The two kinds of keys are two signatures of one function.
        const { payload, protectedHeader } = await (typeof key === 'function'
          ? jwtVerify(token, key, this.options)
          : jwtVerify(token, key, this.options));
        if (!isAccessToken(protectedHeader.typ)) throw new errors.JWTInvalid('Made for another purpose');
        return payload;
      }
    } catch (error) {
      if (error instanceof errors.JWTExpired)
        throw new ApiError(401, 'TOKEN_EXPIRED', 'The token has expired; sign in again.');
      if (isIssuersFault(error)) {
        throw new ApiError(
          503,
          'ISSUER_UNAVAILABLE',
          'The token issuer does not answer at the moment; try again shortly.',
          { retryAfter: 5 },
        );
      }
      throw new ApiError(401, 'UNAUTHORIZED', 'The token is not valid; sign in again.');
    }
    throw new ApiError(401, 'UNAUTHORIZED', 'No way to check tokens is configured.');
  }
}

/**
 * Whether a token's type (RFC 8725 section 3.11) is that of a bearer token: the usual one, that of RFC 9068, or none. An
 * issuer signs others with the same key: logout tokens, proofs, statements about somebody.
 */
function isAccessToken(type: string | undefined): boolean {
  return type === undefined || ['jwt', 'at+jwt'].includes(type.toLowerCase().replace(/^application\//, ''));
}

/** Whether the key set could not be had or used: no answer, another status than 200, or something that is no key set. */
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
