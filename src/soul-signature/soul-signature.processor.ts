import { Process, Processor } from '@nestjs/bull';
import { JobRunner, type BullJob } from '../queues/job-runner.js';
import { JOBS } from '../queues/jobs.js';
import { SoulSignatureService } from './soul-signature.service.js';

/** Runs the jobs of the signature queue. */
@Processor('soul-signature')
export class SoulSignatureProcessor {
  constructor(
    private readonly runner: JobRunner,
    private readonly signatures: SoulSignatureService,
  ) {}

  @Process({ name: 'build-signature', concurrency: JOBS['build-signature'].slots })
  buildSignature(job: BullJob<'build-signature'>) {
    return this.runner.run(job, (run) => this.signatures.build(run));
  }
}
