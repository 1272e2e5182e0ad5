import { Module, type OnModuleInit } from '@nestjs/common';
import { JobObservers } from '../queues/job-observers.js';
import { SoulSignatureController } from './soul-signature.controller.js';
import { SoulSignatureObserver } from './soul-signature-observer.js';
import { SoulSignatureProcessor } from './soul-signature.processor.js';
import { SoulSignatureService } from './soul-signature.service.js';

/** The portrait: computed from the item store, stored in versions. */
@Module({
  controllers: [SoulSignatureController],
  providers: [SoulSignatureProcessor, SoulSignatureService, SoulSignatureObserver],
})
export class SoulSignatureModule implements OnModuleInit {
  constructor(
    private readonly observers: JobObservers,
    private readonly observer: SoulSignatureObserver,
  ) {}

  onModuleInit(): void {
    this.observers.register('build-signature', this.observer);
  }
}
