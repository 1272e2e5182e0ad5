/** The time after which an event counts e times less. */
const MEMORY_MS = 1_000;

/** How often something has happened lately: an exponentially weighted count, which needs only one number. */
export class Pace {
  private count = 0;
  private at = -Infinity;

  /** Counts one event. `now` in milliseconds, from `performance.now()`. */
  note(now: number): void {
    this.count = this.remaining(now) + 1;
    this.at = now;
  }

  /** How many events to expect within `ms` milliseconds. */
  within(ms: number, now: number): number {
    return (this.remaining(now) * ms) / MEMORY_MS;
  }

  private remaining(now: number): number {
    return this.count * Math.exp((this.at - now) / MEMORY_MS);
  }
}
