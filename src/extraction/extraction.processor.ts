import { Process, Processor } from '@nestjs/bull';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { JOBS } from '../queues/jobs.js';
import { ExtractionService } from './extraction.service.js';

/** Runs the jobs of the extraction queue. */
@Processor('extraction')
export class ExtractionProcessor {
  constructor(
    private readonly runner: JobRunner,
    private readonly extraction: ExtractionService,
  ) {}

  @Process({ name: 'extract-platform', concurrency: JOBS['extract-platform'].slots })
  extractPlatform(job: BullJob<'extract-platform'>) {
    return this.runner.run(job, (run) => this.extraction.extract(run));
  }
}
