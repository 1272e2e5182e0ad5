import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '../auth/auth.guard.js';
import type { Identity } from '../auth/tokens.js';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { JobLedger } from './job-ledger.js';
import { JobQueries } from './job-queries.js';
import { viewJob, type JobWithState } from './job-view.js';

const jobId = z.string();

/** One's own jobs, one at a time. */
@Controller()
export class JobsController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly ledger: JobLedger,
    private readonly database: Database,
  ) {}

  @Get(['jobs/:id', 'extraction/jobs/:id'])
  async show(@Caller() caller: Identity, @Param('id', { schema: jobId }) id: string) {
    return viewJob(await this.own(caller, id));
  }

  @Post('jobs/:id/cancel')
  @HttpCode(200)
  async cancel(@Caller() caller: Identity, @Param('id', { schema: jobId }) id: string) {
    await this.own(caller, id);
    if (!(await this.database.transaction((tx) => this.ledger.cancel(tx, id))))
      throw new ApiError(409, 'JOB_ALREADY_OVER', 'The job is over and cannot be cancelled.');
    return viewJob(await this.own(caller, id));
  }

  /** Another user's job looks like none. */
  private async own(caller: Identity, id: string): Promise<JobWithState> {
    const job = z.uuid().safeParse(id).success ? await this.jobs.find(id) : undefined;
    if (job?.userId !== caller.userId) throw new ApiError(404, 'JOB_NOT_FOUND', 'There is no such job of yours.');
    return job;
  }
}
