import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobObservers } from '../queues/job-observers.js';
import { AccountController } from './account.controller.js';
import { AccountErasure } from './account-erasure.js';
import { AccountExport } from './account-export.js';
import { AccountProcessor } from './account.processor.js';
import { AccountRows } from './account-rows.js';

/** The export and the deletion of accounts. */
@Module({ providers: [AccountErasure, AccountRows] })
export class AccountModule implements OnModuleInit {
  static forRoot({ api, work }: ProcessParts): DynamicModule {
    return {
      module: AccountModule,
      controllers: api ? [AccountController] : [],
      providers: [...(api ? [AccountExport] : []), ...(work ? [AccountProcessor] : [])],
    };
  }

  constructor(
    private readonly observers: JobObservers,
    private readonly housekeeping: Housekeeping,
    private readonly erasure: AccountErasure,
  ) {}

  onModuleInit(): void {
    this.observers.register('delete-account', this.erasure);
    this.housekeeping.also(() => this.erasure.resume());
  }
}
