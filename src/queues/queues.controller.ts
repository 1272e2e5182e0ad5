import { Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { AdminOnly, Public } from '../auth/auth.guard.js';
import { ApiError } from '../http/api-error.js';
import { pageOf, pageQuery, positionOf } from '../http/page.js';
import { JobQueries } from './job-queries.js';
import { JOB_STATES, viewJob } from './job-view.js';
import { jobsIn, QUEUE_NAMES, type QueueName } from './jobs.js';
import { QueuePause } from './queue-pause.js';
import { Queues } from './queues.js';

const queueName = z.enum(
  QUEUE_NAMES as readonly [QueueName, ...QueueName[]],
  `is not a queue; there are ${QUEUE_NAMES.join(', ')}`,
);

const jobsQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf(z.uuid()),
  state: z.enum(JOB_STATES).optional(),
  userId: z.string().max(200).optional(),
  platform: z.string().max(50).optional(),
});

/** What the queues are doing, for everybody in numbers and for operators in detail. */
@Controller('queues')
export class QueuesController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly queues: Queues,
    private readonly pauses: QueuePause,
  ) {}

  @Public()
  @Get('stats')
  async stats() {
    const counts = await this.jobs.counts();
    return {
      available: !this.queues.synchronous,
      extraction: counts.extraction,
      soulSignature: counts['soul-signature'],
    };
  }

  /** 200 also without Redis: that is a choice, not a fault. */
  @Public()
  @Get('health')
  health() {
    return { available: !this.queues.synchronous, queues: QUEUE_NAMES, message: 'Queues operational', warnings: [] };
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
  @Get('overview')
  overview() {
    return this.jobs.counts();
  }

  @AdminOnly()
  @Get(':name/jobs')
  async list(
    @Param('name', { schema: queueName }) name: QueueName,
    @Query({ schema: jobsQuery }) query: z.output<typeof jobsQuery>,
  ) {
    const { limit, cursor, ...filter } = query;
    const rows = await this.jobs.list({ ...filter, names: jobsIn(name), before: cursor }, limit + 1);
    return pageOf(
      rows,
      limit,
      (job) => ({ ...viewJob(job), userId: job.userId, errorStack: job.errorStack }),
      (job) => job.id,
    );
  }

  @AdminOnly()
  @Post(':name/pause')
  @HttpCode(200)
  async pause(@Param('name', { schema: queueName }) name: QueueName) {
    await this.pauses.pause(name);
    return { queue: name, paused: true };
  }

  @AdminOnly()
  @Post(':name/resume')
  @HttpCode(200)
  async resume(@Param('name', { schema: queueName }) name: QueueName) {
    await this.pauses.resume(name);
    return { queue: name, paused: false };
  }
}
