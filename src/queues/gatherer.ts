/** The most that share one transaction, so that none takes long. */
const MOST = 50;

interface Asked<Ask, Answer> {
  readonly ask: Ask;
  readonly resolve: (answer: Answer | PromiseLike<Answer>) => void;
}

/**
 * Lets what is asked at the same time share one transaction: whatever comes while one is under way shares the next. There
 * is no timer, so a lone one waits for nobody. What cannot be answered together is asked alone, beside the next batch, so
 * one bad row fails or delays no other.
 */
export class Gatherer<Ask, Answer> {
  private readonly waiting: Asked<Ask, Answer>[] = [];
  private busy = false;

  /**
   * @param together answers in the order of what is asked, undefined for each that must be asked alone; when it rejects,
   *   all are asked alone
   */
  constructor(
    private readonly together: (asked: readonly Ask[]) => Promise<readonly (Answer | undefined)[]>,
    private readonly alone: (ask: Ask) => Promise<Answer>,
  ) {}

  ask(ask: Ask): Promise<Answer> {
    return new Promise((resolve) => {
      this.waiting.push({ ask, resolve });
      if (this.busy) return;
      this.busy = true;
      // Others may ask in the same turn of the event loop.
      setImmediate(() => void this.answer());
    });
  }

  private async answer(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.splice(0, MOST);
      const answers = await this.together(batch.map(({ ask }) => ask)).catch(() => []);
      for (const [n, { ask, resolve }] of batch.entries()) resolve(answers[n] ?? this.alone(ask));
    }
    this.busy = false;
  }
}
