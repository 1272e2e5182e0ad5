import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { Sessions } from '../sessions/sessions.js';
import { Accounts } from './accounts.js';
import { refuseCommon } from './common-passwords.js';
import { PasswordHashing } from './password-hashing.js';
import { SignInTries } from './sign-in-tries.js';
import { usernameKey } from './usernames.js';

/** From where somebody signs in. */
export interface SignInPlace {
  /** Of the network. */
  readonly address: string | undefined;
  /** The secret of the session that the browser had until now. */
  readonly replaced: string | undefined;
}

/** What somebody gets for a password or a recovery code. */
export interface SignedIn {
  readonly userId: string;
  /** Of the new session. */
  readonly secret: string;
  /** How many tries had failed since the sign-in before. */
  readonly failedTries: number;
  /** Where a code was used up: how many are left. */
  readonly recoveryCodesLeft?: number;
}

/**
 * Signs in with passwords and recovery codes. Whether there is no such name or it is the wrong password makes no difference
 * that could be seen, also not in the time it takes.
 */
@Injectable()
export class SignIn {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly hashing: PasswordHashing,
    private readonly tries: SignInTries,
    private readonly sessions: Sessions,
  ) {}

  /** @throws ApiError 401 `SIGN_IN_FAILED`, 403 `ACCOUNT_LOCKED`, 429 `TOO_MANY_TRIES` */
  async withPassword(username: string, password: string, place: SignInPlace): Promise<SignedIn> {
    const key = usernameKey(username);
    const [account] = await Promise.all([this.accounts.find(key), this.tries.count(key, place.address)]);
    if (!(await this.hashing.verify(account?.passwordHash, password)) || !account) return this.fail(key);
    const { userId, passwordHash } = account;
    const newHash = this.hashing.isOutdated(passwordHash) ? await this.hashing.hash(password) : undefined;
    const signingIn = this.database.transaction(async (tx) => {
      if (newHash !== undefined) await this.accounts.changePassword(tx, userId, newHash);
      return this.begin(tx, userId, place.replaced);
    });
    const [signedIn] = await Promise.all([signingIn, this.tries.forget(key, place.address)]);
    return signedIn;
  }

  /**
   * Each code works once.
   * @throws ApiError as above
   */
  async withRecoveryCode(username: string, code: string, place: SignInPlace): Promise<SignedIn> {
    const key = usernameKey(username);
    await this.tries.count(key, place.address);
    const signedIn = await this.database.transaction(async (tx) => {
      const userId = await this.accounts.useRecoveryCode(tx, key, code);
      if (userId === undefined) return undefined;
      const recoveryCodesLeft = await this.accounts.recoveryCodesLeft(tx, userId);
      return { ...(await this.begin(tx, userId, place.replaced)), recoveryCodesLeft };
    });
    if (!signedIn) return this.fail(key);
    await this.tries.forget(key, place.address);
    return signedIn;
  }

  /**
   * Changes the password of somebody who has signed in just now. All their other sessions end.
   * @returns the secret of the session that replaces theirs
   * @throws ApiError 409 `NO_ACCOUNT` for people of another issuer, 422 `PASSWORD_TOO_COMMON`
   */
  async changePassword(userId: string, password: string): Promise<string> {
    const username = await this.accounts.usernameOf(userId);
    if (username === undefined) throw new ApiError(409, 'NO_ACCOUNT', 'You have no password on this server.');
    await refuseCommon(password, username);
    const hash = await this.hashing.hash(password);
    return this.database.transaction(async (tx) => {
      await this.accounts.changePassword(tx, userId, hash);
      await this.sessions.endOthers(tx, userId, undefined);
      return (await this.begin(tx, userId, undefined)).secret;
    });
  }

  private async begin(tx: Transaction, userId: string, replaced: string | undefined): Promise<SignedIn> {
    const account = await this.accounts.noteSignIn(tx, userId);
    if (!account) throw signInFailed(); // It was deleted meanwhile.
    const secret = await this.sessions.begin(tx, { userId, admin: account.admin }, replaced);
    return { userId, secret, failedTries: account.failedTries };
  }

  private async fail(key: string): Promise<never> {
    await this.accounts.noteFailure(key);
    throw signInFailed();
  }
}

function signInFailed(): ApiError {
  return new ApiError(401, 'SIGN_IN_FAILED', 'There is no account with this name and password.');
}
