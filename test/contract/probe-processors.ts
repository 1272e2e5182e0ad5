import { Process, Processor } from '@nestjs/bull';
import { Inject, Module, type DynamicModule, type Type } from '@nestjs/common';
import { JobRunner, type BullJob } from '../../src/queues/job-runner.js';
import { definitionOf, JOB_NAMES, type JobName } from '../../src/queues/jobs.js';
import type { Scripts } from './scripts.js';

const SCRIPTS = 'SCRIPTS';

/** Takes jobs of one kind, as a processor of the product does. */
function probeOf(name: JobName): Type {
  const { queue, slots } = definitionOf(name);

  @Processor(queue)
  class Probe {
    constructor(
      private readonly runner: JobRunner,
      @Inject(SCRIPTS) private readonly scripts: Scripts,
    ) {}

    @Process({ name, concurrency: slots })
    play(job: BullJob<JobName>) {
      return this.runner.run(job, (run) => this.scripts.play(name, run, job.data));
    }
  }
  return Probe;
}

@Processor('extraction')
class SecondExtractionProbe {
  @Process({ name: 'extract-platform', concurrency: 1 })
  extractPlatform() {
    return { items: 0 };
  }
}

const PROBES = JOB_NAMES.map(probeOf);

const PROCESSORS = {
  /** As the product has them. */
  all: PROBES,
  /** Nobody takes `build-signature`. */
  'one missing': PROBES.filter((_, n) => JOB_NAMES[n] !== 'build-signature'),
  /** Two methods take `extract-platform`. */
  'one twice': [...PROBES, SecondExtractionProbe],
};

export type ProbeSet = keyof typeof PROCESSORS;

/** A small application: real `@Processor` classes whose handlers run the test's scripts. */
@Module({})
export class ProbeModule {
  static with(scripts: Scripts, set: ProbeSet, imports: DynamicModule['imports'] = []): DynamicModule {
    return { module: ProbeModule, imports, providers: [{ provide: SCRIPTS, useValue: scripts }, ...PROCESSORS[set]] };
  }
}
