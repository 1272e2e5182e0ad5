import { Module, type DynamicModule } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { AccountController } from './account.controller.js';
import { AccountErasure } from './account-erasure.js';
import { AccountExport } from './account-export.js';

/** The export and the deletion of accounts. */
@Module({})
export class AccountModule {
  static forRoot({ api }: ProcessParts): DynamicModule {
    return {
      module: AccountModule,
      controllers: api ? [AccountController] : [],
      providers: api ? [AccountExport, AccountErasure] : [],
    };
  }
}
