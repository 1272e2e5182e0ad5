import { Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import type { CallerIdentity } from '../auth/admission.js';
import { Caller, WhileErasing } from '../auth/auth.guard.js';
import { CreatesWork } from '../auth/idempotency.js';
import { Scoped } from '../auth/scoped.js';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { DeadLetters } from './dead-letters.js';
import { JobLedger } from './job-ledger.js';
import { JobQueries } from './job-queries.js';
import { JobWait } from './job-wait.js';
import { viewJob, type JobWithState } from './job-view.js';

const jobId = z.string();

/** Single jobs: the caller's own, or anybody's for operators. */
@Controller()
export class JobsController {
  constructor(
    private readonly jobs: JobQueries,
    private readonly ledger: JobLedger,
    private readonly database: Database,
    private readonly deadLetters: DeadLetters,
    private readonly wait: JobWait,
  ) {}

  /** Whose account is being deleted sees the job that does so, and nothing else. */
  @WhileErasing()
  @Scoped('extraction:run')
  @Get(['jobs/:id', 'extraction/jobs/:id'])
  async show(@Caller() caller: CallerIdentity, @Param('id', { schema: jobId }) id: string) {
    const job = await this.own(caller, id);
    if (caller.erasing && !(job.name === 'delete-account' && job.userId === caller.userId)) throw jobNotFound();
    return viewJob(job);
  }

  @Scoped('extraction:run')
  @Post('jobs/:id/cancel')
  @HttpCode(200)
  async cancel(@Caller() caller: CallerIdentity, @Param('id', { schema: jobId }) id: string) {
    await this.own(caller, id);
    if (!(await this.database.transaction((tx) => this.ledger.cancel(tx, id)))) {
      throw new ApiError(409, 'JOB_ALREADY_OVER', 'The job has already ended and cannot be cancelled.');
    }
    return viewJob(await this.own(caller, id));
  }

  @Scoped('extraction:run')
  @Post('jobs/:id/retry')
  @HttpCode(202)
  @CreatesWork()
  async retry(@Caller() caller: CallerIdentity, @Param('id', { schema: jobId }) id: string) {
    await this.own(caller, id);
    const notRetried = await this.deadLetters.retry(id);
    if (notRetried?.reason === 'superseded') {
      throw new ApiError(409, 'JOB_SUPERSEDED', 'A newer job of the same kind is unfinished; wait for that one.', {
        details: { jobId: notRetried.by },
      });
    }
    if (notRetried) throw new ApiError(409, 'JOB_NOT_FAILED', 'Only failed jobs can be retried.');
    return { jobId: id, queued: !(await this.wait.ranAtOnce(id)) };
  }

  /** Another user's job is not found, except for operators. */
  private async own(caller: CallerIdentity, id: string): Promise<JobWithState> {
    const job = z.uuid().safeParse(id).success ? await this.jobs.find(id) : undefined;
    if (!job || (job.userId !== caller.userId && !caller.admin)) {
      throw jobNotFound();
    }
    return job;
  }
}

function jobNotFound(): ApiError {
  return new ApiError(404, 'JOB_NOT_FOUND', 'Job not found.');
}
