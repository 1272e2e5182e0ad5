/** How long the repetitions of a line are counted before they are written as one. */
const COUNTED_MS = 10_000;

/** How many different lines are remembered. */
const REMEMBERED = 1_000;

/** Counts lines that come again and again, so that nobody can fill the disk by causing the same failure over and over. */
export class RepeatedLines {
  private readonly repetitions = new Map<string, number>();

  /**
   * Whether to write a line now. One that was written within the last 10 s is only counted.
   * @param summarize writes how often it came again, once the time is over
   */
  admit(line: string, summarize: (times: number) => void): boolean {
    const known = this.repetitions.get(line);
    if (known !== undefined) {
      this.repetitions.set(line, known + 1);
      return false;
    }
    if (this.repetitions.size >= REMEMBERED) return true;
    this.repetitions.set(line, 0);
    setTimeout(() => {
      const times = this.repetitions.get(line) ?? 0;
      this.repetitions.delete(line);
      if (times > 0) summarize(times);
    }, COUNTED_MS).unref();
    return true;
  }
}
