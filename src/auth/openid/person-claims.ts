import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { ClaimCondition, OpenIdSettings } from '../../config/openid-settings.js';

/** A name that the provider gives, to a person or to a sign-in: it can be stored and shown. */
export const providerName = (maxLength: number) =>
  z
    .string()
    .min(1)
    .max(maxLength)
    .regex(/^[^\p{Cc}\p{Cs}]+$/u);

/** What the provider tells of a person, by the names of the claims. */
export type Claims = Readonly<Record<string, unknown>>;

/** Somebody whom the provider has just vouched for. */
export interface ProvenPerson {
  /** Who vouches, as it names itself (`iss`). */
  readonly issuer: string;
  /** The person's name there, which never changes and is never given to another (`sub`). */
  readonly subject: string;
  /** The sign-in there (`sid`), if the provider tells. */
  readonly providerSession: string | undefined;
  /** When the person showed there who they are (`auth_time`); the epoch where that is not told. */
  readonly authenticatedAt: Date;
  readonly claims: Claims;
}

/** The id of somebody who came here with the provider first. No e-mail address is in it: those change hands. */
export function userIdOf({ issuer, subject }: Pick<ProvenPerson, 'issuer' | 'subject'>): string {
  const hash = createHash('sha256').update(JSON.stringify([issuer, subject]));
  return `oidc:${hash.digest('base64url')}`;
}

/** Whether a claim is the value, or a list with it. An e-mail address counts only where the provider has verified it. */
export function holds(claims: Claims, { claim, value }: ClaimCondition): boolean {
  if (claim === 'email' && claims['email_verified'] !== true) return false;
  const found = Object.hasOwn(claims, claim) ? claims[claim] : undefined;
  return (Array.isArray(found) ? found : [found]).some(
    (each) =>
      (typeof each === 'string' || typeof each === 'boolean' || typeof each === 'number') && String(each) === value,
  );
}

/** Whether `OIDC_ALLOWED` lets somebody in. An address counts only where the provider has verified it. */
export function isAllowed(claims: Claims, allowed: OpenIdSettings['allowed']): boolean {
  const { email, email_verified: isVerified } = claims;
  const domain =
    isVerified === true && typeof email === 'string' ? /@([^@]+)$/.exec(email)?.[1]?.toLowerCase() : undefined;
  return allowed.some((each) => ('domain' in each ? each.domain === domain : holds(claims, each)));
}

/** How a person is called, by what the provider tells; undefined where that is nothing that can be shown. */
export function displayNameOf({ name, preferred_username: username }: Claims): string | undefined {
  return [name, username]
    .filter((each) => typeof each === 'string')
    .map((each) => each.replace(/[\p{Cc}\p{Cs}]/gu, '').trim())
    .map((each) => Array.from(each).slice(0, 100).join(''))
    .find((each) => each !== '');
}
