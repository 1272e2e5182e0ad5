/** The operations of a contestant. Each is a process of its own that answers on its IPC channel. */
export interface Rounds {
  /** Runs so many jobs from insert to the end of the last one; milliseconds. */
  life(jobs: number): Promise<number>;
  /** Adds so many jobs, which nobody takes; milliseconds. */
  enqueue?(jobs: number): Promise<number>;
  /** Adds so many jobs, which nobody takes, with one statement; milliseconds. */
  bulk?(jobs: number): Promise<number>;
  /** Adds so many jobs, which nobody takes, one after the other; milliseconds. */
  oneByOne?(jobs: number): Promise<number>;
  /** Adds so many jobs and leaves them waiting. */
  fill?(jobs: number): Promise<number>;
  /** Chooses the next job to start, so many times; milliseconds. For a process whose dispatcher is off. */
  choose?(jobs: number): Promise<number>;
  /** Adds one job of the first priority; milliseconds until it started. The number makes it a new one. */
  urgent?(number: number): Promise<number>;
}

/** How many add jobs at the same time, and how many run at the same time. */
export const LANES = 10;
export const SLOTS = 10;

/** Calls `work` for 0 … count - 1 on several lanes. */
export async function onLanes(count: number, work: (index: number) => Promise<unknown>): Promise<void> {
  const indexes = Array.from({ length: count }, (_, index) => index).values();
  const lane = async () => {
    for (const index of indexes) await work(index);
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

/** Counts ends of jobs. */
export class Finish {
  private left = 0;
  private resolve = () => {};

  /** Adds so many jobs and waits for the end of the last one; milliseconds. */
  async after(jobs: number, add: (index: number) => Promise<unknown>): Promise<number> {
    const began = performance.now();
    const ended = new Promise<void>((resolve) => (this.resolve = resolve));
    this.left = jobs;
    await onLanes(jobs, add);
    await ended;
    return performance.now() - began;
  }

  one(): void {
    this.left -= 1;
    if (this.left === 0) this.resolve();
  }
}

/** Answers the messages of the benchmark until its process ends. */
export function serve(rounds: Rounds): void {
  process.on('message', ({ round, jobs }: { round: keyof Rounds; jobs: number }) => {
    const run = rounds[round]?.(jobs);
    if (!run) throw new Error(`No round ${round}`);
    run.then(
      (ms) => process.send?.({ ms }),
      (error: unknown) => {
        console.error(error);
        process.exit(1);
      },
    );
  });
  process.send?.('ready');
}
