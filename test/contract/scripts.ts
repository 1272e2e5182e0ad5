import type { JobRun } from '../../src/queues/job-run.js';
import type { JobName, JobResult } from '../../src/queues/jobs.js';
import type { QueuedJob } from '../../src/queues/queued-job.js';
import { PATIENCE_MS } from '../support/until.js';

/** What the handler of one user's job does in a test. */
export type Script = (run: JobRun) => unknown;

/** What a job of any kind returns where its test is not about that. */
const RESULT = { items: 0, version: 1, changed: false };

/** A run that began, in the order of beginning. */
export interface ProbedRun {
  readonly name: JobName;
  readonly jobId: string;
  readonly userId: string;
  readonly platform: string | null;
  readonly attempt: number;
  readonly claim: number;
  readonly checkpoint: unknown;
  readonly hint: QueuedJob;
}

/** The scripts by job and user, and what ran. One stands for the outside world, whatever processes come and go. */
export class Scripts {
  readonly runs: ProbedRun[] = [];
  private readonly scripts = new Map<string, Script>();
  private readonly waiting = new Set<() => void>();

  set(name: JobName, userId: string, script: Script): void {
    this.scripts.set(`${name} ${userId}`, script);
  }

  runsOf(userId: string, name: JobName = 'extract-platform'): ProbedRun[] {
    return this.runs.filter((run) => run.userId === userId && run.name === name);
  }

  /** Resolves with the user's run of that number, from 1, when it begins. */
  begun(userId: string, number = 1, name: JobName = 'extract-platform'): Promise<ProbedRun> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.waiting.delete(look);
        reject(new Error(`Run ${number} of ${name} for ${userId} never began`));
      }, PATIENCE_MS);
      const look = () => {
        const run = this.runsOf(userId, name)[number - 1];
        if (!run) return;
        clearTimeout(timer);
        this.waiting.delete(look);
        resolve(run);
      };
      this.waiting.add(look);
      look();
    });
  }

  play<Name extends JobName>(name: Name, run: JobRun, hint: QueuedJob): Promise<JobResult<Name>> {
    const { job, attempt, checkpoint } = run;
    const { id: jobId, userId, platform, claim } = job;
    this.runs.push({ name, jobId, userId, platform, attempt, claim, checkpoint, hint });
    for (const look of [...this.waiting]) look();
    const script = this.scripts.get(`${name} ${userId}`) ?? (() => RESULT);
    // Not async: a handler that throws before its first await must be treated like any other.
    return script(run) as Promise<JobResult<Name>>;
  }
}

/** A door that a script waits at until the test opens it. */
export function door(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
