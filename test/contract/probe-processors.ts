import { Process, Processor } from '@nestjs/bull';
import { Inject, Module, type DynamicModule } from '@nestjs/common';
import { JobRunner, type BullJob } from '../../src/queues/job-runner.js';
import { JOBS } from '../../src/queues/jobs.js';
import type { Scripts } from './scripts.js';

const SCRIPTS = 'SCRIPTS';

@Processor('extraction')
class ExtractionProbe {
  constructor(
    private readonly runner: JobRunner,
    @Inject(SCRIPTS) private readonly scripts: Scripts,
  ) {}

  @Process({ name: 'extract-platform', concurrency: JOBS['extract-platform'].slots })
  extractPlatform(job: BullJob<'extract-platform'>) {
    return this.runner.run(job, (run) => this.scripts.play('extract-platform', run, job.data));
  }
}

@Processor('soul-signature')
class SoulSignatureProbe {
  constructor(
    private readonly runner: JobRunner,
    @Inject(SCRIPTS) private readonly scripts: Scripts,
  ) {}

  @Process({ name: 'build-signature', concurrency: JOBS['build-signature'].slots })
  buildSignature(job: BullJob<'build-signature'>) {
    return this.runner.run(job, (run) => this.scripts.play('build-signature', run, job.data));
  }
}

@Processor('extraction')
class SecondExtractionProbe {
  @Process({ name: 'extract-platform', concurrency: 1 })
  extractPlatform() {
    return { items: 0 };
  }
}

const PROCESSORS = {
  /** As the product has them. */
  both: [ExtractionProbe, SoulSignatureProbe],
  /** Nobody takes `build-signature`. */
  'one missing': [ExtractionProbe],
  /** Two methods take `extract-platform`. */
  'one twice': [ExtractionProbe, SoulSignatureProbe, SecondExtractionProbe],
};

export type ProbeSet = keyof typeof PROCESSORS;

/** A small application: real `@Processor` classes whose handlers run the test's scripts. */
@Module({})
export class ProbeModule {
  static with(scripts: Scripts, set: ProbeSet, imports: DynamicModule['imports'] = []): DynamicModule {
    return { module: ProbeModule, imports, providers: [{ provide: SCRIPTS, useValue: scripts }, ...PROCESSORS[set]] };
  }
}
