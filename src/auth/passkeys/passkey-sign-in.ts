import { Injectable, Logger } from '@nestjs/common';
import type { PublicKeyCredentialRequestOptionsJSON } from '@simplewebauthn/server';
import type { z } from 'zod';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { Accounts } from '../accounts/accounts.js';
import type { SignedIn } from '../accounts/sign-in.js';
import { Sessions } from '../sessions/sessions.js';
import { clientDataIn, refuseOtherSites, type assertion } from './passkey-answers.js';
import { ASKING_MS, PasskeyChallenges } from './passkey-challenges.js';
import { Passkeys, type KnownPasskey } from './passkeys.js';
import { requireRelyingParty, type RelyingParty } from './relying-party.js';

/** Signs in with passkeys (WebAuthn Level 3, section 7.2). */
@Injectable()
export class PasskeySignIn {
  private readonly logger = new Logger('SignIn');

  constructor(
    private readonly database: Database,
    private readonly passkeys: Passkeys,
    private readonly challenges: PasskeyChallenges,
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * @param userId who has to sign in again; anybody may answer where that is not given
   * @throws ApiError 404 `PASSKEYS_OFF`
   */
  async options(
    userId: string | undefined,
    address: string | undefined,
  ): Promise<PublicKeyCredentialRequestOptionsJSON> {
    const { id: rpID } = requireRelyingParty(this.config);
    const allowed = userId === undefined ? [] : await this.passkeys.credentialsOf(userId);
    const { generateAuthenticationOptions } = await import('@simplewebauthn/server');
    return generateAuthenticationOptions({
      rpID,
      challenge: await this.challenges.make({ purpose: 'sign-in', userId }, address),
      timeout: ASKING_MS,
      userVerification: 'required',
      allowCredentials: allowed.map(({ id, transports }) => ({ id, transports })),
    });
  }

  /**
   * @param replaced the secret of the session that the browser had until now
   * @throws ApiError 401 `SIGN_IN_FAILED`, 403 `PASSKEY_OF_ANOTHER_SITE`, `PASSKEY_COUNTER`, 409 `PASSKEY_CHALLENGE_INVALID`
   */
  async signIn(answer: z.output<typeof assertion>, replaced: string | undefined): Promise<SignedIn> {
    const relyingParty = requireRelyingParty(this.config);
    const { challenge, ...page } = clientDataIn(answer.response);
    const { userId } = await this.challenges.use({ purpose: 'sign-in' }, challenge);
    refuseOtherSites(page, Buffer.from(answer.response.authenticatorData, 'base64url'), relyingParty);
    const passkey = await this.passkeys.find(answer.id);
    if (!passkey || !isTheirs(passkey, userId, answer.response.userHandle)) throw signInFailed();
    const { counter, backedUp } = await verified(answer, challenge, relyingParty, passkey);
    return this.database.transaction(async (tx) => {
      const goesOn = await this.passkeys.noteUse(tx, passkey.id, { counter, backedUp });
      if (goesOn === undefined) throw signInFailed();
      if (!goesOn) throw this.counterWentBack(passkey);
      // Those who sign in elsewhere have passkeys here, but no password.
      const { failedTries = 0 } = (await this.accounts.noteSignIn(tx, passkey.userId)) ?? {};
      const admin = await this.accounts.isOperator(tx, passkey.userId);
      const secret = await this.sessions.begin(tx, { userId: passkey.userId, admin }, replaced);
      return { userId: passkey.userId, secret, failedTries };
    });
  }

  private counterWentBack({ id }: KnownPasskey): ApiError {
    this.logger.warn(`The counter of passkey ${id} did not go on: there may be a copy of it. Its sign-in was refused`);
    return new ApiError(
      403,
      'PASSKEY_COUNTER',
      'This passkey was used elsewhere in between, so there may be a copy of it. Sign in in another way and remove it.',
    );
  }
}

/**
 * Whether a passkey's owner is the one who was asked, and the one whom the authenticator means. It may leave that out only
 * where we have said whom we ask.
 */
function isTheirs(passkey: KnownPasskey, asked: string | null, userHandle: string | null | undefined): boolean {
  if (asked !== null && asked !== passkey.userId) return false;
  return userHandle == null ? asked !== null : userHandle === passkey.userHandle;
}

async function verified(
  { response, ...answer }: z.output<typeof assertion>,
  expectedChallenge: string,
  { id: expectedRPID, origin: expectedOrigin }: RelyingParty,
  { publicKey }: KnownPasskey,
): Promise<{ readonly counter: number; readonly backedUp: boolean }> {
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server');
  const { clientDataJSON, authenticatorData, signature } = response;
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    response: { ...answer, response: { clientDataJSON, authenticatorData, signature }, clientExtensionResults: {} },
    expectedChallenge,
    expectedOrigin,
    expectedRPID,
    // The counter is compared where it is stored, so that of two answers at the same time one is refused.
    credential: { id: answer.id, publicKey: new Uint8Array(publicKey), counter: 0 },
    requireUserVerification: true,
  }).catch(() => ({ verified: false, authenticationInfo: undefined })); // It says no more than that it is wrong.
  if (!verified || !authenticationInfo) throw signInFailed();
  return { counter: authenticationInfo.newCounter, backedUp: authenticationInfo.credentialBackedUp };
}

/** The same for a passkey that nobody has, and for a wrong signature. */
function signInFailed(): ApiError {
  return new ApiError(
    401,
    'SIGN_IN_FAILED',
    'This passkey opens no account here. Use another one, or sign in with your password.',
  );
}
