import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { EventLog, LogPage, LogPlace } from './event-log.js';
import type { DurableEvent } from './events.js';
import { UserFeed } from './user-feed.js';

/** A log in memory that can be slow, answer callers out of order, and lose its last events to a failover. */
class SlowLog {
  /** The epoch in which each event was written. */
  written: string[] = [];
  epoch = 'epoch 1';
  /** What the log had been, in each epoch that has ended. */
  readonly ended = new Map<string, readonly DurableEvent[]>();
  reads = 0;
  failing = false;

  constructor(private readonly pause: () => Promise<unknown> = () => Promise.resolve()) {}

  get last(): number {
    return this.written.length;
  }

  set last(last: number) {
    while (this.written.length < last) this.written.push(this.epoch);
  }

  failOver(lost: number): void {
    this.ended.set(this.epoch, this.events(0, this.last));
    this.written.splice(Math.max(this.last - lost, 0));
    this.epoch = `epoch ${Number(this.epoch.slice(6)) + 1}`;
  }

  /** The events after one number and up to another. */
  events(since: number, to: number): DurableEvent[] {
    return this.written
      .slice(since, to)
      .map((at, n) => ({ seq: since + n + 1, at, type: 'connection_status' as const }));
  }

  async read(_: string, since: number, limit: number): Promise<LogPage> {
    this.reads += 1;
    await this.pause();
    if (this.failing) throw new Error('the database is away');
    const page = { epoch: this.epoch, newest: this.last, oldest: 1, events: this.events(since, since + limit) };
    await this.pause();
    return page;
  }

  async newest(): Promise<LogPlace> {
    const place = { epoch: this.epoch, seq: this.last };
    await this.pause();
    return place;
  }
}

function feedOn(log: SlowLog) {
  const sent: number[] = [];
  const anew: LogPlace[] = [];
  const feed = new UserFeed('ana', log as unknown as EventLog, {
    send: (_, { seq }) => sent.push(seq),
    startAnew: (_, place) => Promise.resolve(void anew.push(place)),
  });
  /** A ring with these events of the log, in its present epoch. */
  const ring = (...numbers: number[]) => feed.receive(log.events(numbers[0]! - 1, numbers.at(-1)!), log.epoch);
  return { feed, sent, anew, ring };
}

const from = (first: number, last: number) =>
  Array.from({ length: Math.max(last - first + 1, 0) }, (_, n) => first + n);

/** What can happen at once: commits with an immediate ring, late and repeated rings, failovers, new sockets, passing time. */
const STEPS = fc.oneof(
  fc.record({ commit: fc.integer({ min: 1, max: 3 }), rings: fc.boolean() }),
  fc.record({ again: fc.integer({ min: 1, max: 4 }) }),
  fc.record({ lost: fc.integer({ min: 0, max: 4 }) }),
  fc.constant('compare' as const),
  fc.constant('socket' as const),
  { weight: 2, arbitrary: fc.constant('wait' as const) },
  fc.constant('rest' as const),
);

describe("A user's feed", () => {
  it('sends what comes after the snapshot, in order and once', async () => {
    const log = new SlowLog();
    log.last = 7;
    const { feed, sent } = feedOn(log);
    let greeted: number | undefined;
    await feed.welcome(({ seq }) => Promise.resolve(void (greeted = seq)));
    log.last = 10;
    await feed.pump();
    await feed.pump();
    expect(greeted).toBe(7);
    expect(sent).toEqual([8, 9, 10]);
    expect(feed.place).toEqual({ epoch: log.epoch, seq: 10 });
  });

  it('sends nothing while nobody has been welcomed', async () => {
    const log = new SlowLog();
    log.last = 3;
    const { feed, sent } = feedOn(log);
    await feed.pump();
    expect(sent).toEqual([]);
    expect(feed.place).toBeUndefined();
  });

  it('sends a long backlog to its end', async () => {
    const log = new SlowLog();
    const { feed, sent } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.last = 1_000;
    await feed.pump();
    expect(sent).toEqual(from(1, 1_000));
  });

  it('answers a storm of rings with few looks at the log, and misses nothing', async () => {
    const log = new SlowLog(() => sleep(1));
    const { feed, sent } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    const pumps: Promise<void>[] = [];
    for (let n = 1; n <= 500; n += 1) {
      log.last = n;
      pumps.push(feed.pump());
      if (n % 50 === 0) await sleep(2);
    }
    await Promise.all(pumps);
    await feed.pump();
    expect(sent).toEqual(from(1, 500));
    expect(log.reads).toBeLessThan(60);
  });

  it('answers a ring during a look with one more look', async () => {
    let release = () => {};
    const log = new SlowLog(() => new Promise<void>((resolve) => (release = resolve)));
    const { feed, sent } = feedOn(log);
    const welcoming = feed.welcome(() => Promise.resolve());
    await sleep(0);
    release();
    await welcoming;
    const first = feed.pump();
    await sleep(0);
    release();
    await sleep(0);
    // The first read has returned nothing, and its answer is still on its way.
    log.last = 1;
    const second = feed.pump();
    for (let n = 0; n < 6; n += 1) {
      release();
      await sleep(0);
    }
    await Promise.all([first, second]);
    expect(sent).toEqual([1]);
  });

  it('sends what rings carry without a look at the log, and what comes again not again', async () => {
    const log = new SlowLog();
    log.last = 7;
    const { feed, sent, ring } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.last = 11;
    for (const carried of [[8], [9, 10], [9, 10], [7, 8], [10, 11]]) await ring(...carried);
    expect(sent).toEqual([8, 9, 10, 11]);
    expect(log.reads).toBe(0);
  });

  it('looks at the log where rings leave a gap or carry nothing', async () => {
    const log = new SlowLog();
    const { feed, sent, ring } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.last = 3;
    await ring(3);
    expect(sent).toEqual([1, 2, 3]);
    await ring(1, 2);
    log.last = 4;
    await feed.receive([], undefined);
    expect(sent).toEqual([1, 2, 3, 4]);
  });

  it('sends nothing that a ring carries while nobody has been welcomed', async () => {
    const log = new SlowLog();
    const { sent, ring } = feedOn(log);
    log.last = 1;
    await ring(1);
    await feedOn(log).feed.receive(log.events(0, 1), undefined);
    expect(sent).toEqual([]);
  });

  it('keeps what a ring carries during a welcome for after it', async () => {
    const log = new SlowLog();
    const { feed, sent, ring } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    let greeted = () => {};
    const second = feed.welcome(() => new Promise<void>((resolve) => (greeted = resolve)));
    await sleep(0);
    log.last = 1;
    const heard = ring(1);
    await sleep(0);
    expect(sent).toEqual([]);
    greeted();
    await Promise.all([second, heard]);
    expect(sent).toEqual([1]);
  });

  it('is not thrown off by a log that fails: the next ring makes good for it', async () => {
    const log = new SlowLog();
    const { feed, sent } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.last = 5;
    log.failing = true;
    await feed.pump();
    expect(sent).toEqual([]);
    log.failing = false;
    await feed.pump();
    expect(sent).toEqual([1, 2, 3, 4, 5]);
  });

  it('tells a socket whose welcome fails, and welcomes the next one', async () => {
    const log = new SlowLog();
    const { feed, sent } = feedOn(log);
    await expect(feed.welcome(() => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
    log.last = 2;
    await feed.welcome(() => Promise.resolve());
    log.last = 3;
    await feed.pump();
    expect(sent).toEqual([3]);
  });

  it('begins anew in another epoch, whose numbers are others, and does not take them for the next ones', async () => {
    const log = new SlowLog();
    log.last = 5;
    const { feed, sent, anew, ring } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.failOver(2);
    log.last = 6;
    await ring(6);
    expect(sent).toEqual([]);
    expect(anew).toEqual([{ epoch: 'epoch 2', seq: 6 }]);
    log.last = 7;
    await ring(7);
    expect(sent).toEqual([7]);
    expect(log.reads).toBe(1);
  });

  it('begins anew where another epoch goes on with the same numbers, or with fewer', async () => {
    const log = new SlowLog();
    log.last = 5;
    const { feed, sent, anew } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    for (const lost of [0, 3]) {
      log.failOver(lost);
      await feed.pump();
      await feed.pump();
    }
    expect(anew).toEqual([
      { epoch: 'epoch 2', seq: 5 },
      { epoch: 'epoch 3', seq: 2 },
    ]);
    log.last = 3;
    await feed.pump();
    expect(sent).toEqual([3]);
  });

  it('begins the sockets that are there anew before it welcomes one in another epoch', async () => {
    const log = new SlowLog();
    log.last = 5;
    const { feed, anew } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.failOver(2);
    await feed.welcome(({ seq }) => {
      expect([seq, anew]).toEqual([3, [{ epoch: 'epoch 2', seq: 3 }]]);
      return Promise.resolve();
    });
    expect(feed.place).toEqual({ epoch: 'epoch 2', seq: 3 });
  });

  it('leaves no socket a gap between its snapshot and what it is sent, and no number two meanings, however things fall together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEPS, { maxLength: 40 }), fc.scheduler(), async (steps, scheduler) => {
        const log = new SlowLog(() => scheduler.schedule(Promise.resolve()));
        /** What each socket received after each of its snapshots. */
        const sockets: { snapshot: LogPlace; received: DurableEvent[] }[][] = [];
        const feed = new UserFeed('ana', log as unknown as EventLog, {
          send: (_, event) => {
            for (const socket of sockets) socket.at(-1)!.received.push(event);
          },
          startAnew: async (_, place) => {
            await scheduler.schedule(Promise.resolve());
            for (const socket of sockets) socket.push({ snapshot: place, received: [] });
          },
        });
        const rings: Parameters<UserFeed['receive']>[] = [];
        const work: Promise<void>[] = [];
        for (const step of [...steps, 'compare']) {
          if (typeof step === 'object') {
            if ('lost' in step) log.failOver(step.lost);
            if ('commit' in step) {
              const { last } = log;
              log.last = last + step.commit;
              rings.push([log.events(last, log.last), log.epoch]);
            }
            if ('again' in step || ('rings' in step && step.rings)) {
              work.push(feed.receive(...(rings.at('again' in step ? -step.again : -1) ?? [[], undefined])));
            }
          }
          if (step === 'compare') work.push(feed.pump());
          if (step === 'socket') {
            work.push(
              feed.welcome(async (place) => {
                await scheduler.schedule(Promise.resolve());
                sockets.push([{ snapshot: place, received: [] }]);
              }),
            );
          }
          if (step === 'wait' && scheduler.count() > 0) await scheduler.waitNext(1);
          if (step === 'rest') await scheduler.waitIdle();
          if (step === 'wait' || step === 'rest') await tick(); // Lets the answers be processed.
        }
        await scheduler.waitIdle();
        await Promise.all(work);
        log.failOver(0);
        for (const { snapshot, received } of sockets.flat()) {
          // A client ignores what its snapshot already holds.
          const heard = received.filter(({ seq }) => seq > snapshot.seq);
          expect(heard).toEqual(log.ended.get(snapshot.epoch)?.slice(snapshot.seq, snapshot.seq + heard.length));
          const numbers = received.map(({ seq }) => seq);
          expect(numbers).toEqual([...new Set(numbers)]);
        }
        const last = [...log.ended.keys()].at(-1);
        for (const { snapshot, received } of sockets.map((socket) => socket.at(-1)!)) {
          expect([snapshot.epoch, received.at(-1)?.seq ?? snapshot.seq]).toEqual([last, log.last]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
