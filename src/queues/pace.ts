/** Ends long ago say little about those to come. */
const MEMORY_MS = 1_000;

/** How often something happens lately: an exponentially weighted count, so that nothing has to be kept but a number. */
export class Pace {
  private count = 0;
  private at = -Infinity;

  /** It happened once more. `now` in milliseconds, as `performance.now()` counts. */
  note(now: number): void {
    this.count = this.remaining(now) + 1;
    this.at = now;
  }

  /** How often it is to be expected within so many milliseconds. */
  within(ms: number, now: number): number {
    return (this.remaining(now) * ms) / MEMORY_MS;
  }

  private remaining(now: number): number {
    return this.count * Math.exp((this.at - now) / MEMORY_MS);
  }
}
