import { io, type Socket } from 'socket.io-client';

/** How many connect at once; many at once would be another benchmark. */
const AT_ONCE = 25;

/** A person with a socket. */
export interface Guest {
  readonly userId: string;
  readonly token: string;
}

/** When durable events were committed, by person and number: the stored event cannot contain its commit time. */
export class CommitTimes {
  private readonly times = new Map<string, number>();

  note(userId: string, seq: number): void {
    this.times.set(`${userId} ${seq}`, performance.now());
  }

  of(userId: string, seq: number | undefined): number | undefined {
    return this.times.get(`${userId} ${seq ?? ''}`);
  }
}

/** Sockets that measure the delivery time of each event; this process also sends them, so one clock is enough. */
export class Audience {
  private readonly sockets: Socket[] = [];
  private took: number[] = [];
  private heard = 0;

  constructor(
    private readonly url: string,
    private readonly commits: CommitTimes,
  ) {}

  /** One more socket for each guest; resolves when all have their snapshot. */
  async join(guests: readonly Guest[]): Promise<void> {
    const waiting = guests.values();
    const lane = async () => {
      for (const guest of waiting) await this.open(guest);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
  }

  /** Forgets the events received so far. */
  begin(): void {
    this.took = [];
    this.heard = 0;
  }

  /** Milliseconds of each delivery since `begin`. Waits for `count` of them; throws after the limit. */
  async deliveries(count: number, limitMs = 10_000): Promise<readonly number[]> {
    const end = performance.now() + limitMs;
    while (this.heard < count) {
      if (performance.now() > end) throw new Error(`${this.heard} of ${count} deliveries at ${this.url}`);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return this.took;
  }

  leave(): void {
    for (const socket of this.sockets) socket.disconnect();
  }

  private async open({ userId, token }: Guest): Promise<void> {
    const socket = io(this.url, { auth: { token }, transports: ['websocket'], forceNew: true });
    this.sockets.push(socket);
    socket.onAny((_: string, event: { sentAt?: number; seq?: number }) => {
      const sentAt = event.sentAt ?? this.commits.of(userId, event.seq);
      if (sentAt === undefined) return; // The snapshot.
      this.heard += 1;
      this.took.push(performance.now() - sentAt);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('snapshot', () => resolve());
      socket.once('connect_error', reject);
    });
  }
}
