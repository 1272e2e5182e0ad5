import { z } from 'zod';
import { ApiError } from '../../http/api-error.js';
import type { RelyingParty } from './relying-party.js';

/** In characters. WebAuthn knows credential ids of up to 1023 bytes. */
const base64url = (longest: number) =>
  z
    .string()
    .max(longest)
    .regex(/^[\w-]+$/, 'must be base64url');

const credentialId = base64url(1_400);
const signedBytes = base64url(8_000);

/** What browsers add to these, and will, is left out. */
const credential = { id: credentialId, rawId: credentialId, type: z.literal('public-key') };

/** `AuthenticationResponseJSON` (WebAuthn Level 3, section 5.1): what a passkey answers to a sign-in. */
export const assertion = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: signedBytes,
    authenticatorData: signedBytes,
    signature: signedBytes,
    userHandle: base64url(100).nullish(),
  }),
});

/** `RegistrationResponseJSON`: what comes with a new passkey. */
export const attestation = z.object({
  ...credential,
  response: z.object({
    clientDataJSON: signedBytes,
    attestationObject: base64url(20_000),
    transports: z
      .array(z.string().regex(/^[a-z-]{1,20}$/))
      .max(10)
      .default([]),
  }),
});

const clientData = z.object({ challenge: base64url(200), origin: z.string(), crossOrigin: z.boolean().nullish() });

/**
 * What the browser itself has signed: to which challenge, and on which page.
 * @throws ApiError 400 `PASSKEY_INVALID`
 */
export function clientDataIn({ clientDataJSON }: { readonly clientDataJSON: string }): z.output<typeof clientData> {
  try {
    return clientData.parse(JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8')));
  } catch {
    throw passkeyInvalid();
  }
}

/**
 * Refuses what was signed on a page of another origin, in a frame of another page, or for another site.
 * @param authenticatorData begins with the hash of that site's id (section 6.1)
 * @throws ApiError 403 `PASSKEY_OF_ANOTHER_SITE`
 */
export function refuseOtherSites(
  { origin, crossOrigin }: Pick<z.output<typeof clientData>, 'origin' | 'crossOrigin'>,
  authenticatorData: Uint8Array,
  relyingParty: RelyingParty,
): void {
  const isOurs = relyingParty.idHash.equals(authenticatorData.subarray(0, relyingParty.idHash.length));
  if (isOurs && origin === relyingParty.origin && !crossOrigin) return;
  throw new ApiError(
    403,
    'PASSKEY_OF_ANOTHER_SITE',
    `This passkey was not asked for by this site. Open ${relyingParty.origin} and use it there.`,
  );
}

export function passkeyInvalid(): ApiError {
  return new ApiError(
    400,
    'PASSKEY_INVALID',
    'This is no passkey that can be used here. Try again, or with another one.',
  );
}
