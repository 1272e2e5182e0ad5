import type { EventLog } from './event-log.js';
import type { DurableEvent } from './events.js';

const BATCH = 200;

/** One user's tail of the log in this process: in order, each event once, however often the doorbell rings. */
export class UserFeed {
  private position: number | undefined;
  /** The last of those that wait for each other, while there is one. */
  private turn: Promise<void> | undefined;
  private pumping = false;
  /** Open sockets, and those that are being welcomed. */
  watchers = 0;

  constructor(
    private readonly userId: string,
    private readonly events: EventLog,
    private readonly send: (userId: string, event: DurableEvent) => void,
  ) {}

  /** The number of the last event that was sent. */
  get sent(): number {
    return this.position ?? 0;
  }

  /**
   * Shows a new socket where things stand. Between this and the sending of events there is an order, so that nothing
   * falls between the snapshot and the first event after it.
   */
  welcome(greet: (seq: number) => Promise<void>): Promise<void> {
    return this.inOrder(async () => {
      const seq = await this.events.newest(this.userId);
      await greet(seq);
      this.position ??= seq;
    });
  }

  /**
   * Sends what a ring carries, if nothing else is under way and nothing is missing before it; otherwise what the log
   * has got.
   */
  async hear(events: readonly DurableEvent[]): Promise<void> {
    if (this.turn || this.position === undefined || events.length === 0) return this.pump();
    for (const event of events) {
      if (event.seq > this.position + 1) return this.pump();
      if (event.seq === this.position + 1) this.sendNext(event);
    }
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
        for (const event of batch) this.sendNext(event);
        if (batch.length < BATCH) return;
      }
    }).catch(() => undefined); // The comparison every few seconds tries again.
  }

  private sendNext(event: DurableEvent): void {
    this.send(this.userId, event);
    this.position = event.seq;
  }

  private inOrder(act: () => Promise<void>): Promise<void> {
    const mine = (this.turn ?? Promise.resolve()).then(act).finally(() => {
      if (this.turn === turn) this.turn = undefined;
    });
    const turn = mine.catch(() => undefined);
    this.turn = turn;
    return mine;
  }
}
