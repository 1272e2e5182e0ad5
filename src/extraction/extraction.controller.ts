import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '../auth/auth.guard.js';
import type { Identity } from '../auth/tokens.js';
import { PlatformStatus } from '../connectors/platform-status.js';
import { PlatformDirectory } from '../connectors/platform-access.js';
import { Database } from '../database/database.js';
import { CreatesWork } from '../auth/idempotency.js';
import { Scoped } from '../auth/scoped.js';
import { ApiError } from '../http/api-error.js';
import { pageOf, pageQuery, positionOf } from '../http/page.js';
import { storableText } from '../http/storable-text.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobQueries } from '../queues/job-queries.js';
import { JOB_STATES, viewJob } from '../queues/job-view.js';
import { JobWait } from '../queues/job-wait.js';
import { Batches } from './batches.js';
import { ItemStore, type ItemPosition } from './item-store.js';
import { Schedules } from './schedules.js';

const jobsQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf(z.uuid()),
  state: z.enum(JOB_STATES).optional(),
  platform: storableText(50).optional(),
});

const itemsQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf<ItemPosition>(z.tuple([storableText(50), storableText(100), storableText(2_000)])),
  platform: storableText(50).optional(),
  kind: storableText(100).optional(),
});

const scheduleBody = z.strictObject({ enabled: z.boolean() });

/** Extractions on demand, their schedules, and the extracted items. */
@Controller('extraction')
export class ExtractionController {
  constructor(
    private readonly directory: PlatformDirectory,
    private readonly status: PlatformStatus,
    private readonly database: Database,
    private readonly intake: JobIntake,
    private readonly jobs: JobQueries,
    private readonly items: ItemStore,
    private readonly batches: Batches,
    private readonly schedules: Schedules,
    private readonly wait: JobWait,
  ) {}

  @Scoped('extraction:run')
  @Get('jobs')
  async listJobs(@Caller() caller: Identity, @Query({ schema: jobsQuery }) query: z.output<typeof jobsQuery>) {
    const { limit, cursor, state, platform } = query;
    const rows = await this.jobs.list(
      { userId: caller.userId, queue: 'extraction', state, platform, before: cursor },
      limit + 1,
    );
    return pageOf(rows, limit, viewJob, (job) => job.id);
  }

  @Scoped('items:read')
  @Get('items')
  async listItems(@Caller() caller: Identity, @Query({ schema: itemsQuery }) query: z.output<typeof itemsQuery>) {
    const { limit, cursor, platform, kind } = query;
    const rows = await this.items.list(caller.userId, { platform, kind, after: cursor }, limit + 1);
    return pageOf(
      rows,
      limit,
      (item) => item,
      ({ platform, kind, externalId }): ItemPosition => [platform, kind, externalId],
    );
  }

  /** Extracts all connected platforms as one batch. */
  @Scoped('extraction:run')
  @Post()
  @HttpCode(202)
  @CreatesWork()
  async extractAll(@Caller() { userId }: Identity) {
    const connected = Object.entries(await this.status.read(userId)).flatMap(([name, { connected }]) =>
      connected ? [name] : [],
    );
    if (connected.length === 0) throw new ApiError(409, 'NOT_CONNECTED', 'Connect a platform first.');
    const batch = await this.batches.start(userId, connected);
    const over = await Promise.all(batch.jobIds.map((id) => this.wait.ranAtOnce(id)));
    return { ...batch, queued: !over.every(Boolean) };
  }

  @Scoped('extraction:run')
  @Get('batches/:batchId')
  async showBatch(@Caller() { userId }: Identity, @Param('batchId') batchId: string) {
    const batch = z.uuid().safeParse(batchId).success ? await this.batches.find(userId, batchId) : undefined;
    if (!batch) throw new ApiError(404, 'BATCH_NOT_FOUND', 'Batch not found.');
    return batch;
  }

  /** Turns the scheduled extractions of a connection on or off. */
  @Scoped('connections:write')
  @Put(':platform/schedule')
  async schedule(
    @Caller() { userId }: Identity,
    @Param('platform') name: string,
    @Body({ schema: scheduleBody }) { enabled }: z.output<typeof scheduleBody>,
  ) {
    const platform = this.directory.get(name).platform.name;
    if (!(await this.schedules.set(userId, platform, enabled))) {
      throw new ApiError(409, 'NOT_CONNECTED', 'Connect the platform first.');
    }
    return { platform, enabled };
  }

  @Scoped('extraction:run')
  @Post(':platform')
  @HttpCode(202)
  @CreatesWork()
  async extract(@Caller() { userId }: Identity, @Param('platform') name: string) {
    const platform = this.directory.get(name).platform.name;
    const { status } = (await this.status.read(userId))[platform] ?? {};
    if (status === undefined || status === 'disconnected') {
      throw new ApiError(409, 'NOT_CONNECTED', 'Connect the platform first.');
    }
    if (status === 'needs_reconnect') {
      throw new ApiError(409, 'NEEDS_RECONNECT', 'The connection has ended. Connect the platform again.');
    }
    const { job } = await this.database.transaction((tx) =>
      this.intake.enqueue(tx, 'extract-platform', { userId, platform }, { trigger: 'manual' }),
    );
    return { jobId: job.id, queued: !(await this.wait.ranAtOnce(job.id)) };
  }
}
