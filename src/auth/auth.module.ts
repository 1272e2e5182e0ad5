import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { ProcessParts } from '../config/process-parts.js';
import { Accounts } from './accounts/accounts.js';
import { AccountsController } from './accounts/accounts.controller.js';
import { Invitations } from './accounts/invitations.js';
import { PasswordHashing } from './accounts/password-hashing.js';
import { SignIn } from './accounts/sign-in.js';
import { SignInController } from './accounts/sign-in.controller.js';
import { SignInTries } from './accounts/sign-in-tries.js';
import { SignUp } from './accounts/sign-up.js';
import { ProgramTokens } from './access-tokens/program-tokens.js';
import { ProgramTokensController } from './access-tokens/program-tokens.controller.js';
import { ReadLog } from './access-tokens/read-log.js';
import { AdminActions } from './admin-actions.js';
import { Admission } from './admission.js';
import { AuthGuard } from './auth.guard.js';
import { Bearers } from './bearers.js';
import { DeletedAccounts } from './deleted-accounts.js';
import { DemoController } from './demo.controller.js';
import { ErasedAccounts } from './erased-accounts.js';
import { LargeBodies } from './large-bodies.js';
import { MeController } from './me.controller.js';
import { Audit } from './operators/audit.js';
import { AuditController } from './operators/audit.controller.js';
import { LockedPeople } from './operators/locked-people.js';
import { People } from './operators/people.js';
import { PeopleController } from './operators/people.controller.js';
import { BackchannelLogout } from './openid/backchannel-logout.js';
import { FlowCookies } from './openid/flow-cookies.js';
import { OpenIdFlows } from './openid/flows.js';
import { Identities } from './openid/identities.js';
import { IdentitiesController } from './openid/identities.controller.js';
import { OpenIdController } from './openid/openid.controller.js';
import { OpenIdSignIn } from './openid/openid-sign-in.js';
import { OpenIdProvider } from './openid/provider.js';
import { PasskeyChallenges } from './passkeys/passkey-challenges.js';
import { PasskeyRegistration } from './passkeys/passkey-registration.js';
import { PasskeySignIn } from './passkeys/passkey-sign-in.js';
import { PasskeySignInController } from './passkeys/passkey-sign-in.controller.js';
import { Passkeys } from './passkeys/passkeys.js';
import { PasskeysController } from './passkeys/passkeys.controller.js';
import { PasswordGuesses } from './password-guesses.js';
import { RequestLimits } from './request-limits.js';
import { EndedSessions } from './sessions/ended-sessions.js';
import { SessionCookie } from './sessions/session-cookie.js';
import { Sessions } from './sessions/sessions.js';
import { SessionsController } from './sessions/sessions.controller.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';
import { WaysIn } from './ways-in.js';

const CONTROLLERS = [
  DemoController,
  SignInController,
  AccountsController,
  OpenIdController,
  PasskeySignInController,
  SessionsController,
  IdentitiesController,
  PasskeysController,
  ProgramTokensController,
  MeController,
  PeopleController,
  AuditController,
];

/** Authentication. Every route needs a token or a session unless it is marked `@Public()`. */
@Global()
@Module({})
export class AuthModule {
  static forRoot({ api }: ProcessParts): DynamicModule {
    return {
      module: AuthModule,
      controllers: api ? CONTROLLERS : [],
      providers: [
        Tokens,
        ProgramTokens,
        Bearers,
        ReadLog,
        Sessions,
        SessionCookie,
        EndedSessions,
        Accounts,
        ...(api ? [Invitations, PasswordHashing, SignIn, SignInTries, SignUp, People, Audit] : []),
        ...(api ? [WaysIn, OpenIdProvider, OpenIdFlows, FlowCookies, Identities, OpenIdSignIn, BackchannelLogout] : []),
        ...(api ? [PasskeyChallenges, PasskeyRegistration, PasskeySignIn, Passkeys] : []),
        Users,
        RequestLimits,
        LargeBodies,
        AdminActions,
        Admission,
        PasswordGuesses,
        DeletedAccounts,
        LockedPeople,
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_INTERCEPTOR, useClass: ErasedAccounts },
      ],
      exports: [
        Bearers,
        ReadLog,
        Sessions,
        SessionCookie,
        EndedSessions,
        Users,
        RequestLimits,
        AdminActions,
        Admission,
        PasswordGuesses,
        DeletedAccounts,
        LockedPeople,
      ],
    };
  }
}
