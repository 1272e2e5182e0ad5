import { setImmediate as tick, setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import type { EventLog } from './event-log.js';
import type { DurableEvent } from './events.js';
import { UserFeed } from './user-feed.js';

/** A log in memory that can be slow, and answer callers out of order. */
class SlowLog {
  last = 0;
  reads = 0;
  failing = false;

  constructor(private readonly pause: () => Promise<unknown> = () => Promise.resolve()) {}

  async read(_: string, since: number, limit: number): Promise<DurableEvent[]> {
    this.reads += 1;
    await this.pause();
    if (this.failing) throw new Error('the database is away');
    const found = Math.min(Math.max(this.last - since, 0), limit);
    await this.pause();
    return eventsOf(from(since + 1, since + found));
  }

  async newest(): Promise<number> {
    const { last } = this;
    await this.pause();
    return last;
  }
}

function feedOn(log: SlowLog) {
  const sent: number[] = [];
  const feed = new UserFeed('ana', log as unknown as EventLog, (_, { seq }) => sent.push(seq));
  return { feed, sent };
}

const from = (first: number, last: number) =>
  Array.from({ length: Math.max(last - first + 1, 0) }, (_, n) => first + n);

const eventsOf = (numbers: readonly number[]) =>
  numbers.map((seq) => ({ seq, at: '', type: 'connection_status' as const }));

/** What can happen at once: commits with an immediate ring, late and repeated rings, new sockets, and passing time. */
const STEPS = fc.oneof(
  fc.record({ commit: fc.integer({ min: 1, max: 3 }), rings: fc.boolean() }),
  fc.record({ again: fc.integer({ min: 1, max: 4 }) }),
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
    await feed.welcome((seq) => Promise.resolve(void (greeted = seq)));
    log.last = 10;
    await feed.pump();
    await feed.pump();
    expect(greeted).toBe(7);
    expect(sent).toEqual([8, 9, 10]);
    expect(feed.sent).toBe(10);
  });

  it('sends nothing while nobody has been welcomed', async () => {
    const log = new SlowLog();
    log.last = 3;
    const { feed, sent } = feedOn(log);
    await feed.pump();
    expect(sent).toEqual([]);
    expect(feed.sent).toBe(0);
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
    const { feed, sent } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    for (const carried of [[8], [9, 10], [9, 10], [7, 8], [10, 11]]) await feed.receive(eventsOf(carried));
    expect(sent).toEqual([8, 9, 10, 11]);
    expect(log.reads).toBe(0);
  });

  it('looks at the log where rings leave a gap or carry nothing', async () => {
    const log = new SlowLog();
    const { feed, sent } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    log.last = 3;
    await feed.receive(eventsOf([3]));
    expect(sent).toEqual([1, 2, 3]);
    await feed.receive(eventsOf([1, 2]));
    log.last = 4;
    await feed.receive([]);
    expect(sent).toEqual([1, 2, 3, 4]);
  });

  it('sends nothing that a ring carries while nobody has been welcomed', async () => {
    const { feed, sent } = feedOn(new SlowLog());
    await feed.receive(eventsOf([1]));
    expect(sent).toEqual([]);
  });

  it('keeps what a ring carries during a welcome for after it', async () => {
    const log = new SlowLog();
    const { feed, sent } = feedOn(log);
    await feed.welcome(() => Promise.resolve());
    let greeted = () => {};
    const second = feed.welcome(() => new Promise<void>((resolve) => (greeted = resolve)));
    await sleep(0);
    log.last = 1;
    const heard = feed.receive(eventsOf([1]));
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

  it('leaves no socket a gap between its snapshot and what it is sent, however things fall together', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(STEPS, { maxLength: 40 }), fc.scheduler(), async (steps, scheduler) => {
        const log = new SlowLog(() => scheduler.schedule(Promise.resolve()));
        const sockets: { snapshot: number; received: number[] }[] = [];
        const feed = new UserFeed('ana', log as unknown as EventLog, (_, { seq }) => {
          for (const socket of sockets) socket.received.push(seq);
        });
        const rings: DurableEvent[][] = [];
        const work: Promise<void>[] = [];
        for (const step of [...steps, 'compare']) {
          if (typeof step === 'object') {
            if ('commit' in step) {
              rings.push(eventsOf(from(log.last + 1, log.last + step.commit)));
              log.last += step.commit;
            }
            if ('again' in step || step.rings) {
              work.push(feed.receive(rings.at('again' in step ? -step.again : -1) ?? []));
            }
          }
          if (step === 'compare') work.push(feed.pump());
          if (step === 'socket') {
            work.push(
              feed.welcome(async (seq) => {
                await scheduler.schedule(Promise.resolve());
                sockets.push({ snapshot: seq, received: [] });
              }),
            );
          }
          if (step === 'wait' && scheduler.count() > 0) await scheduler.waitNext(1);
          if (step === 'rest') await scheduler.waitIdle();
          if (step === 'wait' || step === 'rest') await tick(); // Lets the answers be processed.
        }
        await scheduler.waitIdle();
        await Promise.all(work);
        for (const { snapshot, received } of sockets) {
          // A client ignores what its snapshot already holds.
          const heard = received.filter((seq) => seq > snapshot);
          expect(heard).toEqual(from(snapshot + 1, log.last));
          expect(received).toEqual([...new Set(received)]);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
