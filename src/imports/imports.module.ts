import { Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobObservers } from '../queues/job-observers.js';
import { ImportDeletion } from './import-deletion.js';
import { ImportIntake } from './import-intake.js';
import { ImportObserver } from './import-observer.js';
import { ImportRows } from './import-rows.js';
import { ImportService } from './import.service.js';
import { ImportStore } from './import-store.js';
import { ImportsController } from './imports.controller.js';
import { ImportsProcessor } from './imports.processor.js';
import { LEFT_BEHIND_MS, Uploads } from './uploads.js';

/** How long a failed import keeps its files, so that it can be retried: a week. */
const RETRIED_MS = 7 * 86_400_000;

/** Reads archives that people bring into the item store. */
@Module({
  providers: [ImportRows, ImportStore, ImportService, ImportObserver, ImportDeletion],
})
export class ImportsModule implements OnModuleInit {
  static forRoot({ api, work }: ProcessParts): DynamicModule {
    return {
      module: ImportsModule,
      controllers: api ? [ImportsController] : [],
      providers: [...(api ? [Uploads, ImportIntake] : []), ...(work ? [ImportsProcessor] : [])],
    };
  }

  constructor(
    private readonly observers: JobObservers,
    private readonly observer: ImportObserver,
    private readonly deletion: ImportDeletion,
    private readonly housekeeping: Housekeeping,
    private readonly rows: ImportRows,
  ) {}

  onModuleInit(): void {
    this.observers.register('import-archive', this.observer);
    this.observers.register('delete-import', this.deletion);
    this.housekeeping.also(() => this.rows.dropUnstarted(new Date(Date.now() - LEFT_BEHIND_MS)));
    this.housekeeping.also(() => this.rows.dropPiecesOfEnded(new Date(Date.now() - RETRIED_MS)));
  }
}
