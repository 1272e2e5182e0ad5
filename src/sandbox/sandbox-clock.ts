/** The sandbox's time: the given clock plus what tests have advanced it by. */
export class SandboxClock {
  private advancedMs = 0;

  constructor(private readonly source: () => Date) {}

  now(): Date {
    return new Date(this.source().getTime() + this.advancedMs);
  }

  advance(ms: number): void {
    this.advancedMs += ms;
  }
}
