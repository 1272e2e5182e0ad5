import { Body, Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { AdminActions } from '../auth/admin-actions.js';
import { AdminOnly, Public, PublicUnlimited } from '../auth/auth.guard.js';
import { Scoped } from '../auth/scoped.js';
import { SharedReading } from '../database/shared-reading.js';
import { ApiError } from '../http/api-error.js';
import { storableText } from '../http/storable-text.js';
import { pageOf, pageQuery, positionOf } from '../http/page.js';
import { DeadLetters } from './dead-letters.js';
import { describeError } from './errors.js';
import { JobCounts } from './job-counts.js';
import { JobQueries } from './job-queries.js';
import { JOB_STATES, viewJob } from './job-view.js';
import { QUEUE_NAMES, type QueueName } from './jobs.js';
import { QueueDriver } from './queue-driver.js';
import { QueueOverview } from './queue-overview.js';
import { QueuePause } from './queue-pause.js';
import { WorkerRegistry } from './worker-registry.js';

const queueName = z.enum(
  QUEUE_NAMES as readonly [QueueName, ...QueueName[]],
  `is not a queue; there are ${QUEUE_NAMES.join(', ')}`,
);

/** Some by id, or explicitly all, so that nobody means one and gets all. */
const selection = z.union([
  z.strictObject({ ids: z.array(z.uuid()).min(1).max(1_000) }),
  z.strictObject({ all: z.literal(true) }),
]);

const jobsQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf(z.uuid()),
  state: z.enum(JOB_STATES).optional(),
  userId: storableText(200).optional(),
  platform: storableText(50).optional(),
});

/** The state of the queues: counts for everybody, details for operators. */
@Controller('queues')
export class QueuesController {
  /** Probes of the health are not counted, so they share one question to Redis and one to the database. */
  private readonly ping = new SharedReading(() => this.driver.ping(), 0);
  private readonly idleQueues = new SharedReading(() => this.workers.queuesWithoutWorkers(), 0);

  constructor(
    private readonly jobs: JobQueries,
    private readonly counts: JobCounts,
    private readonly driver: QueueDriver,
    private readonly deadLetters: DeadLetters,
    private readonly pauses: QueuePause,
    private readonly workers: WorkerRegistry,
    private readonly everything: QueueOverview,
    private readonly adminActions: AdminActions,
  ) {}

  @Public()
  @Get('stats')
  async stats() {
    const counts = await this.counts.recent();
    return {
      available: await this.isAvailable(),
      ...Object.fromEntries(QUEUE_NAMES.map((queue) => [inCamelCase(queue), counts[queue]])),
    };
  }

  /** 503 when Redis is configured and away. Without configured Redis it is 200. */
  @PublicUnlimited()
  @Get('health')
  async health() {
    try {
      await this.ping.get();
    } catch (error) {
      const message = `Redis does not answer (${describeError(error).message}). Jobs are kept and run when it is back.`;
      throw new ApiError(503, 'QUEUES_UNAVAILABLE', message, {
        details: { available: false, queues: QUEUE_NAMES },
        retryAfter: 5,
      });
    }
    const idle = await this.idleQueues.get();
    return {
      available: !this.driver.synchronous,
      queues: QUEUE_NAMES,
      message: 'Queues operational',
      warnings: idle.map((queue) => `No worker takes jobs of ${queue}`),
    };
  }

  @Public()
  @Get(['dashboard', 'dashboard/*path'])
  dashboard(): never {
    throw new ApiError(
      503,
      'DASHBOARD_NEEDS_REDIS',
      'The dashboard shows queues on Redis, and this process runs its jobs synchronously without one. Jobs are listed at /api/queues/<queue>/jobs.',
    );
  }

  @AdminOnly()
  @Scoped('admin:read')
  @Get('overview')
  overview() {
    return this.everything.show();
  }

  @AdminOnly()
  @Scoped('admin:read')
  @Get(':name/jobs')
  async list(
    @Param('name', { schema: queueName }) name: QueueName,
    @Query({ schema: jobsQuery }) query: z.output<typeof jobsQuery>,
  ) {
    const { limit, cursor, ...filter } = query;
    const rows = await this.jobs.list({ ...filter, queue: name, before: cursor }, limit + 1);
    return pageOf(
      rows,
      limit,
      (job) => ({ ...viewJob(job), userId: job.userId, errorStack: job.errorStack }),
      (job) => job.id,
    );
  }

  @AdminOnly()
  @Scoped('admin')
  @Post(':name/failed/retry')
  @HttpCode(200)
  async retryFailed(
    @Param('name', { schema: queueName }) name: QueueName,
    @Body({ schema: selection }) body: z.output<typeof selection>,
    @Req() request: Request,
  ) {
    const answer = await this.deadLetters.retryMany(name, body);
    this.adminActions.specify(request, `${name} (${answer.retried})`);
    return answer;
  }

  @AdminOnly()
  @Scoped('admin')
  @Post(':name/failed/discard')
  @HttpCode(200)
  async discardFailed(
    @Param('name', { schema: queueName }) name: QueueName,
    @Body({ schema: selection }) body: z.output<typeof selection>,
    @Req() request: Request,
  ) {
    const discarded = await this.deadLetters.discard(name, body);
    this.adminActions.specify(request, `${name} (${discarded})`);
    return { discarded };
  }

  @AdminOnly()
  @Scoped('admin')
  @Post(':name/pause')
  @HttpCode(200)
  async pause(@Param('name', { schema: queueName }) name: QueueName, @Req() request: Request) {
    await this.pauses.pause(name, (tx) => this.adminActions.noteWithin(tx, request));
    return { queue: name, paused: true };
  }

  @AdminOnly()
  @Scoped('admin')
  @Post(':name/resume')
  @HttpCode(200)
  async resume(@Param('name', { schema: queueName }) name: QueueName, @Req() request: Request) {
    await this.pauses.resume(name, (tx) => this.adminActions.noteWithin(tx, request));
    return { queue: name, paused: false };
  }

  private isAvailable(): Promise<boolean> {
    if (this.driver.synchronous) return Promise.resolve(false);
    return this.ping.get().then(
      () => true,
      () => false,
    );
  }
}

/** `soul-signature` as the statistics name it: `soulSignature`. */
function inCamelCase(queue: QueueName): string {
  return queue.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}
