import { Process, Processor } from '@nestjs/bull';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { JOBS } from '../queues/jobs.js';
import { ImportDeletion } from './import-deletion.js';
import { ImportService } from './import.service.js';

/** Runs the jobs of the imports queue. */
@Processor('imports')
export class ImportsProcessor {
  constructor(
    private readonly runner: JobRunner,
    private readonly service: ImportService,
    private readonly deletion: ImportDeletion,
  ) {}

  @Process({ name: 'import-archive', concurrency: JOBS['import-archive'].slots })
  importArchive(job: BullJob<'import-archive'>) {
    return this.runner.run(job, (run) => this.service.read(run));
  }

  @Process({ name: 'delete-import', concurrency: JOBS['delete-import'].slots })
  deleteImport(job: BullJob<'delete-import'>) {
    return this.runner.run(job, (run) => this.deletion.delete(run));
  }
}
