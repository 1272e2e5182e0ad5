import type { EventLog, LogPlace } from './event-log.js';
import type { DurableEvent } from './events.js';

const BATCH = 200;

/** What a feed does with a user's open sockets. */
export interface UserSockets {
  send(userId: string, event: DurableEvent): void;
  /** Sends each of them a snapshot at this place: what they were sent before has no meaning any more. */
  startAnew(userId: string, place: LogPlace): Promise<void>;
}

/**
 * Sends one user's new events in this process: in order and each once, however often the doorbell rings. When the epoch has
 * changed, or the account was deleted and begun anew, the numbers begin anew, and so do the sockets.
 */
export class UserFeed {
  private position: LogPlace | undefined;
  /** The last step in the queue of `inOrder`; undefined while none runs. */
  private lastStep: Promise<void> | undefined;
  private pumping = false;
  /** The number of sockets, those that wait for their snapshot included. */
  watchers = 0;

  constructor(
    private readonly userId: string,
    private readonly events: EventLog,
    private readonly sockets: UserSockets,
  ) {}

  /** The place of the last event that was sent; undefined before the first snapshot. */
  get place(): LogPlace | undefined {
    return this.position;
  }

  /**
   * Sends a new socket its snapshot. It runs in order with the sending of events, so that no event is missed between the
   * snapshot and the first event after it.
   */
  welcome(greet: (place: LogPlace) => Promise<void>): Promise<void> {
    return this.inOrder(async () => {
      const newest = await this.events.newest(this.userId);
      if (this.position && isAnotherLog(newest, this.position)) await this.startAnew(newest);
      await greet(newest);
      this.position ??= newest;
    });
  }

  /**
   * Sends the events of a ring, if nothing else is being sent and no event before them is missing; otherwise reads the
   * log.
   */
  async receive(events: readonly DurableEvent[], epoch: string | undefined): Promise<void> {
    if (this.lastStep || this.position?.epoch !== epoch || !this.position || events.length === 0) return this.pump();
    for (const event of events) {
      if (event.seq > this.position.seq + 1) return this.pump();
      if (event.seq === this.position.seq + 1) this.sendNext(event, this.position.epoch);
    }
  }

  /** Sends the new events of the log. Rings that come meanwhile cause one more reading. */
  async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    await this.inOrder(async () => {
      this.pumping = false;
      while (this.position) {
        const { epoch, newest, events } = await this.events.read(this.userId, this.position.seq, BATCH);
        if (isAnotherLog({ epoch, seq: newest }, this.position)) {
          return this.startAnew(await this.events.newest(this.userId));
        }
        for (const event of events) this.sendNext(event, epoch);
        if (events.length < BATCH) return;
      }
    }).catch(() => undefined); // The gateway's comparison tries again within seconds.
  }

  private sendNext(event: DurableEvent, epoch: string): void {
    this.sockets.send(this.userId, event);
    this.position = { epoch, seq: event.seq };
  }

  private async startAnew(place: LogPlace): Promise<void> {
    await this.sockets.startAnew(this.userId, place);
    this.position = place;
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

/** Whether the log is not the one that this place is in any more. */
function isAnotherLog(newest: LogPlace, place: LogPlace): boolean {
  return newest.epoch !== place.epoch || newest.seq < place.seq;
}
