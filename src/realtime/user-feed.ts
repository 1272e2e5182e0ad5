import type { EventLog } from './event-log.js';
import type { DurableEvent } from './events.js';

const BATCH = 200;

/** One user's tail of the log in this process: in order, each event once, however often the doorbell rings. */
export class UserFeed {
  private position: number | undefined;
  private turn: Promise<void> = Promise.resolve();
  private pumping = false;
  /** Open sockets, and those that are being welcomed. */
  watchers = 0;

  constructor(
    private readonly userId: string,
    private readonly events: EventLog,
    private readonly send: (event: DurableEvent) => void,
  ) {}

  /** The number of the last event that was sent. */
  get sent(): number {
    return this.position ?? 0;
  }

  /**
   * Shows a new socket where things stand. Between this and the pumping of events there is an order, so that nothing
   * falls between the snapshot and the first event after it.
   */
  welcome(greet: (seq: number) => Promise<void>): Promise<void> {
    return this.inOrder(async () => {
      const seq = (await this.events.newest([this.userId])).get(this.userId) ?? 0;
      await greet(seq);
      this.position ??= seq;
    });
  }

  /** Sends what the log has got since; rings during a pump are answered by one more. */
  async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    await this.inOrder(async () => {
      this.pumping = false;
      if (this.position === undefined) return;
      for (;;) {
        const batch = await this.events.read(this.userId, this.position, BATCH);
        for (const event of batch) {
          this.send(event);
          this.position = event.seq;
        }
        if (batch.length < BATCH) return;
      }
    }).catch(() => undefined); // The comparison every few seconds tries again.
  }

  private inOrder(act: () => Promise<void>): Promise<void> {
    const mine = this.turn.then(act);
    this.turn = mine.catch(() => undefined);
    return mine;
  }
}
