import { Pace } from '../queues/pace.js';

/** What a process reserved of a budget, in milliseconds from the moment of the reservation. */
export interface Reservation {
  /** How many requests; fewer than asked for where the next would have to wait too long. */
  readonly granted: number;
  /** When the first may be sent by the budget; before now where requests may come at once. */
  readonly freeMs: number;
  /** When the provider's pause ends; 0 without one. */
  readonly blockedMs: number;
}

/** When one request may be sent, by `performance.now()`. */
export interface Slot {
  readonly from: number;
  readonly until: number;
}

/** The answer to one request. */
interface Place {
  readonly waitMs: number;
  /** What was reserved; undefined if the wait is longer than allowed. */
  readonly slot?: Slot;
}

interface Waiting {
  readonly maxWaitMs: number;
  readonly resolve: (place: Place) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A process's part of a budget that all processes share. It is reserved for several requests with one statement: for those
 * that wait, and for as many more as this process has lately sent in the time that a slice is kept. Only one statement is
 * under way, so requests that come meanwhile share the next one, and the row is not updated for each request.
 *
 * A slot is used within `keptMs` of the time for which it was reserved, or never. So no window of the budget has more
 * requests than a window that is longer by `keptMs` has reservations, and the pace is made for that one.
 */
export class BudgetSlice {
  private readonly pace = new Pace();
  private slots: Slot[] = [];
  private waiting: Waiting[] = [];
  private refilling = false;
  /** Raised by `discard`, so that what was reserved before is not kept. */
  private generation = 0;

  /**
   * @param intervalMs from one request to the next
   * @param keptMs how long a slot is kept
   * @param reserve reserves so many requests, of which the last waits no longer than the given milliseconds
   */
  constructor(
    private readonly intervalMs: number,
    private readonly keptMs: number,
    private readonly reserve: (count: number, maxWaitMs: number) => Promise<Reservation>,
  ) {}

  take(maxWaitMs: number): Promise<Place> {
    const now = performance.now();
    this.pace.note(now);
    const place = this.waiting.length === 0 ? this.fromSlots(maxWaitMs, now) : undefined;
    if (place) return Promise.resolve(place);
    return new Promise((resolve, reject) => {
      this.waiting.push({ maxWaitMs, resolve, reject });
      if (!this.refilling) void this.refill();
    });
  }

  /** For a request that was not sent after all: the next one of this process may have its slot. */
  giveBack(slot: Slot): void {
    if (slot.until > performance.now()) this.slots.unshift(slot);
  }

  /** Forgets what is reserved, because the provider asked for a pause. */
  discard(): void {
    this.generation += 1;
    this.slots = [];
  }

  private fromSlots(maxWaitMs: number, now: number): Place | undefined {
    this.slots = this.slots.filter(({ until }) => until > now);
    const [slot] = this.slots;
    if (!slot) return undefined;
    const waitMs = Math.max(0, slot.from - now);
    if (waitMs > maxWaitMs) return { waitMs };
    this.slots.shift();
    return { waitMs, slot };
  }

  private async refill(): Promise<void> {
    this.refilling = true;
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.reserveFor(batch);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
      this.serveFromSlots();
    }
    this.refilling = false;
  }

  private async reserveFor(batch: readonly Waiting[]): Promise<void> {
    const { generation } = this;
    const askedAt = performance.now();
    const expected = Math.floor(Math.min(this.pace.within(this.keptMs, askedAt), this.keptMs / this.intervalMs));
    const longest = Math.max(...batch.map(({ maxWaitMs }) => maxWaitMs));
    const { granted, freeMs, blockedMs } = await this.reserve(Math.max(batch.length, expected), longest);
    const answeredAt = performance.now();
    let next = 0;
    const waitOf = (place: number) => Math.max(0, blockedMs, freeMs + place * this.intervalMs);
    const slotOf = (place: number) => ({
      from: answeredAt + waitOf(place),
      until: askedAt + waitOf(place) + this.keptMs,
    });
    let refused = 0;
    for (const { maxWaitMs, resolve } of batch) {
      if (next < granted && waitOf(next) <= maxWaitMs) {
        resolve({ waitMs: waitOf(next), slot: slotOf(next) });
        next += 1;
      } else {
        // Those that come back later come one after the other.
        resolve({ waitMs: Math.max(waitOf(granted + refused), maxWaitMs + 1) });
        refused += 1;
      }
    }
    if (generation !== this.generation) return;
    for (; next < granted; next += 1) this.slots.push(slotOf(next));
  }

  private serveFromSlots(): void {
    const now = performance.now();
    for (let first = this.waiting[0]; first; first = this.waiting[0]) {
      const place = this.fromSlots(first.maxWaitMs, now);
      if (!place) return;
      this.waiting.shift();
      first.resolve(place);
    }
  }
}
