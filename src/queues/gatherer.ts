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

/**
 * Sent with the first statement of a transaction that several jobs share. It waits for no row and no server for long: what
 * one of them waits for, all would wait for. Sequential scans are off, because a plan made for a small table would read
 * all jobs until the next ANALYZE; and so is JIT, because it takes them for costly where they are the only way.
 */
export const SHARED_LIMITS = `SELECT set_config('lock_timeout', '200ms', true), set_config('statement_timeout', '4s', true),
  set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)`;

/** The order in which a shared transaction goes through its jobs, so that two of them cannot deadlock over a person's rows. */
export function byPerson(one: { userId: string; id: string }, other: { userId: string; id: string }): number {
  return compare(one.userId, other.userId) || compare(one.id, other.id);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
