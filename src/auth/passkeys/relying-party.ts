import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { Config } from '../../config/config.js';
import { ApiError } from '../../http/api-error.js';

/** Whom passkeys are for: this site, as browsers name it (WebAuthn Level 3, section 4, "Relying Party Identifier"). */
export interface RelyingParty {
  /** A domain name. */
  readonly id: string;
  /** What passkeys of this site are signed with: SHA-256 of the id. */
  readonly idHash: Buffer;
  readonly origin: string;
}

/**
 * Undefined where there can be no passkeys: they belong to a domain name, which an IP address is not, and browsers offer
 * them on https and on `localhost` only.
 */
export function relyingPartyOf({ publicUrl }: Pick<Config, 'publicUrl'>): RelyingParty | undefined {
  const { hostname: id, origin, protocol } = new URL(publicUrl);
  const isAddress = isIP(id.replace(/^\[(.*)\]$/, '$1')) !== 0;
  const isSecure = protocol === 'https:' || /(^|\.)localhost$/.test(id);
  return isAddress || !isSecure ? undefined : { id, idHash: createHash('sha256').update(id).digest(), origin };
}

/** @throws ApiError 404 `PASSKEYS_OFF` where there can be no passkeys */
export function requireRelyingParty(config: Pick<Config, 'publicUrl'>): RelyingParty {
  const relyingParty = relyingPartyOf(config);
  if (relyingParty) return relyingParty;
  throw new ApiError(
    404,
    'PASSKEYS_OFF',
    'There are no passkeys on this server. They need a PUBLIC_URL with a domain name, on https or at localhost.',
  );
}
