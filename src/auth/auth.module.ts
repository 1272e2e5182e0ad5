import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { ProcessParts } from '../config/process-parts.js';
import { AdminActions } from './admin-actions.js';
import { Admission } from './admission.js';
import { AuthGuard } from './auth.guard.js';
import { DeletedAccounts } from './deleted-accounts.js';
import { DemoController } from './demo.controller.js';
import { ErasedAccounts } from './erased-accounts.js';
import { LargeBodies } from './large-bodies.js';
import { MeController } from './me.controller.js';
import { PasswordGuesses } from './password-guesses.js';
import { RequestLimits } from './request-limits.js';
import { Tokens } from './tokens.js';
import { Users } from './users.js';

/** Authentication. Every route needs a token unless it is marked `@Public()`. */
@Global()
@Module({})
export class AuthModule {
  static forRoot({ api }: ProcessParts): DynamicModule {
    return {
      module: AuthModule,
      controllers: api ? [DemoController, MeController] : [],
      providers: [
        Tokens,
        Users,
        RequestLimits,
        LargeBodies,
        AdminActions,
        Admission,
        PasswordGuesses,
        DeletedAccounts,
        { provide: APP_GUARD, useClass: AuthGuard },
        { provide: APP_INTERCEPTOR, useClass: ErasedAccounts },
      ],
      exports: [Tokens, Users, RequestLimits, AdminActions, Admission, PasswordGuesses, DeletedAccounts],
    };
  }
}
