import { Global, Logger, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import { InjectConfig } from '../config/config.module.js';
import type { CompleteConfig } from '../config/development-secrets.js';
import type { ProcessParts } from '../config/process-parts.js';
import { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobObservers } from '../queues/job-observers.js';
import { SignatureRetention } from './signature-retention.js';
import { PopulationTables } from './statistics/population.js';
import { policyWarnings } from './portrait/policy-warnings.js';
import { SignatureReadings } from './signature-readings.js';
import { SoulSignatureController } from './soul-signature.controller.js';
import { SoulSignatureObserver } from './soul-signature-observer.js';
import { SoulSignatureProcessor } from './soul-signature.processor.js';
import { SoulSignatureService } from './soul-signature.service.js';

/** The portrait: computed from the item store, stored in versions. Global: assistants read it too. */
@Global()
@Module({
  providers: [SoulSignatureService, SignatureReadings, SoulSignatureObserver, PopulationTables],
  exports: [SoulSignatureService, SignatureReadings],
})
export class SoulSignatureModule implements OnModuleInit {
  private readonly logger = new Logger(SoulSignatureModule.name);

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
    private readonly housekeeping: Housekeeping,
    private readonly database: Database,
    @InjectConfig() private readonly config: CompleteConfig,
  ) {}

  onModuleInit(): void {
    this.observers.register('build-signature', this.observer);
    const retention = new SignatureRetention(this.database, this.config.retention.signatureDays);
    this.housekeeping.also(() => retention.clean());
    for (const warning of policyWarnings(this.config)) this.logger.warn(warning);
  }
}
