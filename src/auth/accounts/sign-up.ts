import { Injectable } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { Sessions } from '../sessions/sessions.js';
import { Users } from '../users.js';
import { Accounts } from './accounts.js';
import { refuseCommon } from './common-passwords.js';
import { invitationInvalid, Invitations } from './invitations.js';
import { PasswordHashing } from './password-hashing.js';
import { newRecoveryCodes } from './recovery-codes.js';
import { usernameKey } from './usernames.js';

/** What somebody makes an account with. */
export interface NewAccount {
  readonly username: string;
  readonly password: string;
  readonly invitation?: string | undefined;
  readonly timeZone?: string | undefined;
}

/** Makes accounts. */
@Injectable()
export class SignUp {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly accounts: Accounts,
    private readonly invitations: Invitations,
    private readonly hashing: PasswordHashing,
    private readonly sessions: Sessions,
    @InjectConfig() private readonly config: Config,
  ) {}

  /**
   * Makes an account and signs in with it. What can be refused is refused before the password is hashed, which is costly.
   * @param replaced the secret of the session that the browser had until now
   * @returns also the secret of the session
   * @throws ApiError 403 `SIGN_UP_OFF` or `INVITATION_INVALID`, 409 `USERNAME_TAKEN`, 422 `PASSWORD_TOO_COMMON`
   */
  async make({ username, password, invitation, timeZone }: NewAccount, replaced: string | undefined) {
    await this.mayMakeOne(invitation);
    if (await this.accounts.find(usernameKey(username))) throw usernameTaken();
    await refuseCommon(password, username);
    const passwordHash = await this.hashing.hash(password);
    const userId = `local:${uuidv7()}`;
    const recoveryCodes = newRecoveryCodes();
    const secret = await this.database.transaction(async (tx) => {
      const { admin } = invitation === undefined ? { admin: false } : await this.invitations.use(tx, invitation);
      await this.users.add(tx, { id: userId, displayName: username, timeZone });
      const added = await this.accounts.add(tx, { userId, username, passwordHash, admin, recoveryCodes });
      if (!added) throw usernameTaken();
      return this.sessions.begin(tx, { userId, admin }, replaced);
    });
    return { userId, recoveryCodes, secret };
  }

  private async mayMakeOne(invitation: string | undefined): Promise<void> {
    const { signUp } = this.config;
    if (signUp === 'off') throw new ApiError(403, 'SIGN_UP_OFF', 'Nobody can make an account on this server.');
    if (invitation !== undefined) await this.invitations.check(invitation);
    else if (signUp === 'invite') throw invitationInvalid();
  }
}

function usernameTaken(): ApiError {
  return new ApiError(409, 'USERNAME_TAKEN', 'Somebody else has this name already. Choose another one.');
}
