/** The final states of a job. */
const ENDED = new Set(['completed', 'failed', 'cancelled', 'expired']);

/** The reason of a delay until a provider's time. */
export const ASKED_TO_WAIT = 'RATE_LIMITED';

/** What the page follows, by the kind of job; the names of its events begin so. */
const WORK = { 'extract-platform': 'extraction', 'import-archive': 'import', 'build-signature': 'signature' };

const FOLLOWED = new Set(Object.values(WORK));

/** Whether the job has not ended. */
export function isRunning(job) {
  return Boolean(job) && !ENDED.has(job.state);
}

/** A job that goes on: why it did not before is over. */
const NO_REASON = { message: null, code: null, problem: null, retryAt: null };

const CHANGES = {
  queued: () => ({ state: 'waiting', ...NO_REASON }),
  started: (event) => ({ state: 'active', ...NO_REASON, attempt: event.attempt }),
  progress: ({ items, step, bytes, of }) => ({ state: 'active', items, step, bytes, of, retryAt: null }),
  delayed: (event) => ({
    state: 'delayed',
    message: event.reason,
    code: event.code,
    problem: event.problem,
    retryAt: event.retryAt,
  }),
  completed: (event) => ({
    state: 'completed',
    progress: 100,
    items: event.itemsExtracted ?? event.receipt?.accepted,
    warnings: event.warnings,
    problem: event.problem,
  }),
  failed: (event) => ({
    state: event.willRetry ? 'delayed' : 'failed',
    message: event.error?.message ?? 'It did not work.',
    code: event.error?.code,
    problem: event.problem,
    retryAt: event.willRetry ? event.retryAt : null,
  }),
  cancelled: () => ({ state: 'cancelled' }),
  expired: (event) => ({ state: 'expired', byProvider: event.reason === 'provider' }),
};

/** What we know of the person's jobs: from a snapshot, then from events. */
export class Jobs {
  #jobs = new Map();
  #order = 0;

  /** A snapshot replaces everything, except that progress never decreases. */
  reset(jobs) {
    const before = this.#jobs;
    this.#jobs = new Map();
    for (const job of [...jobs].sort((a, b) => String(a.createdAt).localeCompare(String(b.createdAt)))) {
      const seen = before.get(job.id);
      const failed = job.failedReason ? { message: job.failedReason, code: job.errorCode } : {};
      const progress = Math.max(seen?.progress ?? 0, job.progress ?? 0);
      this.#jobs.set(job.id, {
        ...job,
        ...failed,
        step: job.step ?? seen?.step ?? null,
        retryAt: job.state === 'delayed' ? job.nextRunAt : null,
        progress: job.state === 'completed' ? 100 : progress,
        work: WORK[job.name],
        order: (this.#order += 1),
      });
    }
  }

  /** Applies an event; returns the job it changed, or null if it is not about a job. */
  apply(event) {
    const [work, happening] = event.type.split('_');
    const change = CHANGES[happening];
    if (!change || !event.jobId || !FOLLOWED.has(work)) return null;
    const old = this.#jobs.get(event.jobId) ?? { id: event.jobId, work, progress: 0, order: (this.#order += 1) };
    if (event.transient && ENDED.has(old.state)) return null;
    const news = Object.fromEntries(Object.entries(change(event)).filter(([, value]) => value !== undefined));
    if (event.transient && old.state === 'delayed') {
      // A late event of the run before the wait: only `started` ends a wait.
      delete news.state;
      delete news.retryAt;
    }
    const progress = Math.max(old.progress, news.progress ?? event.progress ?? 0);
    const ended = ENDED.has(news.state) ? { finishedAt: event.at ?? new Date().toISOString() } : {};
    const order = happening === 'queued' ? (this.#order += 1) : old.order; // A retried job is the newest again.
    const job = { ...old, platform: event.platform ?? old.platform ?? null, ...news, ...ended, progress, order };
    this.#jobs.set(job.id, job);
    return job;
  }

  /** The newest extraction of a platform: a running one before any that has ended. */
  ofPlatform(platform) {
    return this.#newest((job) => job.work === 'extraction' && job.platform === platform);
  }

  /** The job with this id, if it is one that is followed. */
  withId(id) {
    return this.#jobs.get(id) ?? null;
  }

  /** The newest build of the signature. */
  ofSignature() {
    return this.#newest((job) => job.work === 'signature');
  }

  #newest(matches) {
    const found = [...this.#jobs.values()].filter(matches);
    return found.sort((a, b) => Number(isRunning(b)) - Number(isRunning(a)) || b.order - a.order)[0] ?? null;
  }
}
