import type { EventLog } from './event-log.js';
import type { DurableEvent } from './events.js';

const BATCH = 200;

/** Sends one user's new events in this process: in order and each once, however often the doorbell rings. */
export class UserFeed {
  private position: number | undefined;
  /** The last step in the queue of `inOrder`; undefined while none runs. */
  private lastStep: Promise<void> | undefined;
  private pumping = false;
  /** The number of sockets, those that wait for their snapshot included. */
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
   * Sends a new socket its snapshot. It runs in order with the sending of events, so that no event is missed between the
   * snapshot and the first event after it.
   */
  welcome(greet: (seq: number) => Promise<void>): Promise<void> {
    return this.inOrder(async () => {
      const seq = await this.events.newest(this.userId);
      await greet(seq);
      this.position ??= seq;
    });
  }

  /**
   * Sends the events of a ring, if nothing else is being sent and no event before them is missing; otherwise reads the
   * log.
   */
  async receive(events: readonly DurableEvent[]): Promise<void> {
    if (this.lastStep || this.position === undefined || events.length === 0) return this.pump();
    for (const event of events) {
      if (event.seq > this.position + 1) return this.pump();
      if (event.seq === this.position + 1) this.sendNext(event);
    }
  }

  /** Sends the new events of the log. Rings that come meanwhile cause one more reading. */
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
    }).catch(() => undefined); // The gateway's comparison tries again within seconds.
  }

  private sendNext(event: DurableEvent): void {
    this.send(this.userId, event);
    this.position = event.seq;
  }

  private inOrder(act: () => Promise<void>): Promise<void> {
    const outcome = (this.lastStep ?? Promise.resolve()).then(act).finally(() => {
      if (this.lastStep === step) this.lastStep = undefined;
    });
    const step = outcome.catch(() => undefined);
    this.lastStep = step;
    return outcome;
  }
}
