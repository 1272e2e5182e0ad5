import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import type { z } from 'zod';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Accounts } from '../accounts/accounts.js';
import { Users } from '../users.js';
import { clientDataIn, passkeyInvalid, refuseOtherSites, type attestation } from './passkey-answers.js';
import { ASKING_MS, PasskeyChallenges } from './passkey-challenges.js';
import { Passkeys, type ShownPasskey } from './passkeys.js';
import { requireRelyingParty, type RelyingParty } from './relying-party.js';

/** Adds passkeys (WebAuthn Level 3, section 7.1): such as sign in without a name, and verify the person. */
@Injectable()
export class PasskeyRegistration {
  constructor(
    private readonly passkeys: Passkeys,
    private readonly challenges: PasskeyChallenges,
    private readonly accounts: Accounts,
    private readonly users: Users,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** @throws ApiError 404 `PASSKEYS_OFF`, 409 `TOO_MANY_PASSKEYS` */
  async options(userId: string, address: string | undefined): Promise<PublicKeyCredentialCreationOptionsJSON> {
    const { id: rpID } = requireRelyingParty(this.config);
    await this.passkeys.refuseTooMany(userId);
    const existing = await this.passkeys.credentialsOf(userId);
    // Random, because whoever finds an authenticator can read it.
    const userHandle = existing[0]?.userHandle ?? randomBytes(32).toString('base64url');
    const userName = await this.nameOf(userId);
    const { generateRegistrationOptions } = await import('@simplewebauthn/server');
    return generateRegistrationOptions({
      rpID,
      rpName: 'Soul Signature',
      userID: new Uint8Array(Buffer.from(userHandle, 'base64url')),
      userName,
      userDisplayName: userName,
      challenge: await this.challenges.make({ purpose: 'add', userId, userHandle }, address),
      timeout: ASKING_MS,
      excludeCredentials: existing.map(({ id, transports }) => ({ id, transports })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    });
  }

  /** @throws ApiError as above; 400 `PASSKEY_INVALID`, 403 `PASSKEY_OF_ANOTHER_SITE`, 409 `PASSKEY_CHALLENGE_INVALID`, `PASSKEY_KNOWN` */
  async add(userId: string, name: string, answer: z.output<typeof attestation>): Promise<ShownPasskey> {
    const relyingParty = requireRelyingParty(this.config);
    const { challenge, ...page } = clientDataIn(answer.response);
    const { userHandle } = await this.challenges.use({ purpose: 'add', userId }, challenge);
    if (userHandle === null) throw passkeyInvalid();
    refuseOtherSites(page, await authenticatorDataIn(answer), relyingParty);
    const { credential, credentialDeviceType, credentialBackedUp } = await verified(answer, challenge, relyingParty);
    return this.passkeys.add({
      userId,
      credentialId: credential.id,
      publicKey: credential.publicKey,
      userHandle,
      counter: credential.counter,
      transports: answer.response.transports,
      backupEligible: credentialDeviceType === 'multiDevice',
      backedUp: credentialBackedUp,
      name,
    });
  }

  /** What password managers show beside the passkey. */
  private async nameOf(userId: string): Promise<string> {
    return (await this.accounts.usernameOf(userId)) ?? (await this.users.find(userId)).displayName ?? 'You';
  }
}

/**
 * What the authenticator itself says. We ask for no attestation and trust no maker of authenticators, so one with
 * certificates is refused before anything follows what is written in these.
 */
async function authenticatorDataIn({ response }: z.output<typeof attestation>): Promise<Uint8Array> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers');
  try {
    const object = decodeAttestationObject(new Uint8Array(Buffer.from(response.attestationObject, 'base64url')));
    const format = object.get('fmt');
    const signsItself = format === 'packed' && object.get('attStmt').get('x5c') === undefined;
    if (format === 'none' || signsItself) return object.get('authData');
  } catch {
    // It is no such object.
  }
  throw passkeyInvalid();
}

async function verified(answer: z.output<typeof attestation>, expectedChallenge: string, { id, origin }: RelyingParty) {
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server');
  const { registrationInfo } = await verifyRegistrationResponse({
    response: { ...answer, clientExtensionResults: {} },
    expectedChallenge,
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
  }).catch(() => ({ registrationInfo: undefined })); // It says no more than that it is wrong.
  if (!registrationInfo) throw passkeyInvalid();
  return registrationInfo;
}
