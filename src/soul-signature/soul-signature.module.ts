import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { JobObservers } from '../queues/job-observers.js';
import { SoulSignatureController } from './soul-signature.controller.js';
import { SoulSignatureObserver } from './soul-signature-observer.js';
import { SoulSignatureProcessor } from './soul-signature.processor.js';
import { SoulSignatureService } from './soul-signature.service.js';

/** The portrait: computed from the item store, stored in versions. */
@Module({ providers: [SoulSignatureService, SoulSignatureObserver] })
export class SoulSignatureModule implements OnModuleInit {
  static forRoot({ api, work }: ProcessParts): DynamicModule {
    return {
      module: SoulSignatureModule,
      controllers: api ? [SoulSignatureController] : [],
      providers: work ? [SoulSignatureProcessor] : [],
    };
  }

  constructor(
    private readonly observers: JobObservers,
    private readonly observer: SoulSignatureObserver,
  ) {}

  onModuleInit(): void {
    this.observers.register('build-signature', this.observer);
  }
}
