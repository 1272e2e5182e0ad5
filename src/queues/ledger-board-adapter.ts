import { BullAdapter } from '@bull-board/api/bullAdapter';
import type { Job as BullJob, Queue } from 'bull';
import type { DeadLetters } from './dead-letters.js';
import { RefusedOrder, type JobBoard } from './job-board.js';
import type { JobWithState } from './job-view.js';
import type { QueueName } from './jobs.js';
import type { QueuePause } from './queue-pause.js';

type BoardState = 'active' | 'waiting' | 'completed' | 'failed' | 'delayed' | 'paused';

/** The services behind the board's buttons. */
export interface BoardServices {
  readonly board: JobBoard;
  readonly deadLetters: DeadLetters;
  readonly pauses: QueuePause;
}

/**
 * Bull Board over the ledger: lists, counts and buttons use its rows instead of Bull's own sets, which hold only hints.
 * What would bypass the ledger (adding, editing, emptying, obliterating) is refused.
 */
export class LedgerBoardAdapter extends BullAdapter {
  constructor(
    private readonly name: QueueName,
    queue: Queue,
    private readonly services: BoardServices,
  ) {
    super(queue, { description: 'Jobs as the ledger in PostgreSQL knows them' });
  }

  override async getJobCounts() {
    const { waiting, active, completed, failed, delayed, paused } = await this.services.board.counts(this.name);
    return { latest: 0, waiting, active, completed, failed, delayed, paused, prioritized: 0, 'waiting-children': 0 };
  }

  override async getJobs(states: BoardState[], start = 0, end = start + 9) {
    const jobs = await this.services.board.page(this.name, states, start, end - start + 1);
    return jobs.map((job) => this.boardJob(job));
  }

  override async getJob(id: string) {
    const job = await this.services.board.find(this.name, id);
    return job && this.boardJob(job);
  }

  override getJobLogs(id: string) {
    return this.services.board.history(this.name, id);
  }

  override isPaused() {
    return this.services.pauses.isPaused(this.name);
  }

  override pause() {
    return this.services.pauses.pause(this.name);
  }

  override resume() {
    return this.services.pauses.resume(this.name);
  }

  override async clean(state: string, graceMs: number): Promise<void> {
    await this.services.board.clean(this.name, state === 'wait' ? 'waiting' : state, graceMs);
  }

  override promoteAll() {
    return this.services.board.promote(this.name, undefined);
  }

  /** Null means unknown: without Redis Bull, and the board with it, would wait. */
  override async getWorkers() {
    return this.queue.client.status === 'ready' ? super.getWorkers() : null;
  }

  /** None: schedules are rows, and Bull has none. */
  override getJobSchedulers() {
    return Promise.resolve([]);
  }

  override getJobSchedulersCount() {
    return Promise.resolve(0);
  }

  override addJob(): never {
    throw new RefusedOrder(405, 'Jobs are queued by the product; they cannot be added here');
  }

  override empty(): never {
    throw new RefusedOrder(405, 'Clean or cancel jobs instead; a queue cannot be emptied here');
  }

  override obliterate(): never {
    throw new RefusedOrder(405, 'A queue cannot be obliterated; its jobs are rows of the ledger');
  }

  override setGlobalConcurrency(): never {
    throw new RefusedOrder(405, 'How many jobs run at once is a setting of the workers');
  }

  /** A row as a Bull job, with the members that the board uses. */
  private boardJob(job: JobWithState): BullJob {
    const { board, deadLetters } = this.services;
    const json = {
      id: job.id,
      name: job.name,
      progress: job.progress,
      attemptsMade: job.attemptsMade,
      timestamp: job.createdAt.getTime(),
      processedOn: (job.claimedAt ?? job.startedAt)?.getTime() ?? null,
      finishedOn: job.finishedAt?.getTime() ?? null,
      delay: job.state === 'delayed' ? job.nextRunAt.getTime() - Date.now() : 0,
      failedReason: job.errorMessage ?? '',
      stacktrace: job.errorStack === null ? [] : [job.errorStack],
      data: { ...job.data, trigger: job.trigger, checkpoint: job.checkpoint },
      returnvalue: job.result,
      opts: { attempts: job.maxAttempts, priority: job.priority },
    };
    const facade = {
      ...json,
      toJSON: () => json,
      getState: () => Promise.resolve(job.state),
      retry: async () => {
        const notRetried = await deadLetters.retry(job.id);
        if (notRetried?.reason === 'superseded') {
          throw new RefusedOrder(409, 'A newer job of the same kind is unfinished; this one is superseded');
        }
        if (notRetried) throw new RefusedOrder(409, 'The job is not failed any more');
      },
      remove: () => board.remove(this.name, job.id),
      promote: () => board.promote(this.name, job.id),
      update: () => Promise.reject(new RefusedOrder(405, 'A job cannot be edited')),
    };
    return facade as unknown as BullJob; // The board types its jobs as Bull's.
  }
}
