import { Global, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import type { ProcessParts } from '../config/process-parts.js';
import { Housekeeping } from '../database/housekeeping.js';
import { platforms } from '../platforms/registry.js';
import { itemExpiries } from './item-retention.js';
import { PlatformDataErasers } from '../connectors/platform-data-erasers.js';
import { PlatformStatus } from '../connectors/platform-status.js';
import { JobObservers } from '../queues/job-observers.js';
import { JobQueries } from '../queues/job-queries.js';
import { viewJob } from '../queues/job-view.js';
import { Snapshots } from '../realtime/snapshots.js';
import { ArtistKeys } from './artist-keys.js';
import { batchExpiry, Batches } from './batches.js';
import { ExtractedCounts } from './extracted-counts.js';
import { ExtractionController } from './extraction.controller.js';
import { ExtractionObserver } from './extraction-observer.js';
import { ExtractionProcessor } from './extraction.processor.js';
import { ExtractionService } from './extraction.service.js';
import { CoverageGaps } from './coverage-gaps.js';
import { CursorStore } from './cursor-store.js';
import { ItemSources } from './item-sources.js';
import { ItemStore } from './item-store.js';
import { Listenings } from './listenings.js';
import { Listings } from './listings.js';
import { PageStore } from './page-store.js';
import { PlatformDataProcessor } from './platform-data.processor.js';
import { ScheduleTimer } from './schedule-timer.js';
import { Schedules } from './schedules.js';

/** How many of a user's newest jobs are in the snapshot. */
const JOBS_IN_SNAPSHOT = 20;

/** Reads connected platforms into the item store. Global: archives are read into it too, and signatures from it. */
@Global()
@Module({
  providers: [
    ArtistKeys,
    ExtractionService,
    ExtractionObserver,
    ItemStore,
    Batches,
    Schedules,
    CoverageGaps,
    CursorStore,
    Listenings,
    ItemSources,
    Listings,
    PageStore,
    ExtractedCounts,
  ],
  exports: [ItemStore, ItemSources, Listenings, ArtistKeys],
})
export class ExtractionModule implements OnModuleInit {
  static forRoot({ api, work }: ProcessParts): DynamicModule {
    return {
      module: ExtractionModule,
      controllers: api ? [ExtractionController] : [],
      providers: work ? [ExtractionProcessor, PlatformDataProcessor, ScheduleTimer] : [],
    };
  }

  constructor(
    private readonly observers: JobObservers,
    private readonly observer: ExtractionObserver,
    private readonly erasers: PlatformDataErasers,
    private readonly status: PlatformStatus,
    private readonly extracted: ExtractedCounts,
    private readonly pages: PageStore,
    private readonly artistKeys: ArtistKeys,
    private readonly housekeeping: Housekeeping,
    private readonly snapshots: Snapshots,
    private readonly jobs: JobQueries,
    @InjectConfig() private readonly config: Config,
  ) {}

  onModuleInit(): void {
    for (const expiry of itemExpiries(platforms)) this.housekeeping.register(expiry);
    this.housekeeping.register(batchExpiry(this.config.retention.jobDays));
    this.housekeeping.also(() => this.artistKeys.ofAll());
    this.observers.register('extract-platform', this.observer);
    this.status.registerExtracted((userId) => this.extracted.of(userId));
    this.erasers.register(this.pages);
    this.snapshots.register('jobs', async (userId) =>
      (await this.jobs.list({ userId }, JOBS_IN_SNAPSHOT)).map(viewJob),
    );
  }
}
