import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { Live } from '../../public/js/live.js';
import { Jobs } from '../../public/js/jobs.js';
import { Deployment } from '../production/deployment.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { LiveFeed, socketTo } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, n) => first + n);

describe('R22: a socket that is cut 20 times during a job', () => {
  let app: RunningApp;
  let proxy: TcpProxy;

  beforeAll(async () => {
    app = await RunningApp.start({ database: inFull('embedded', 'postgres'), env: { SIGNATURE_DELAY_MS: '100' } });
    proxy = await TcpProxy.start(new URL(app.url));
  });
  afterAll(async () => {
    await proxy.refuse();
    await app.stop();
  });

  it('shows progress that never falls, and the end exactly once', async () => {
    const person = await ApiClient.signIn(app);
    const jobs = new Jobs();
    const progress: number[] = [];
    const ends: string[] = [];
    let snapshots = 0;
    const note = () => {
      const job = jobs.ofPlatform('spotify') as { progress: number } | null;
      if (job) progress.push(job.progress);
    };
    // The page's own client, on another address and without its patience.
    Object.assign(globalThis, {
      io: (options: object) =>
        io(`http://127.0.0.1:${proxy.port}`, {
          ...options,
          forceNew: true,
          reconnectionDelay: 30,
          reconnectionDelayMax: 60,
        }),
    });
    const live = new Live(person.token!, {
      snapshot: (snapshot) => {
        snapshots += 1;
        jobs.reset(snapshot.jobs);
        note();
      },
      event: (event) => {
        jobs.apply(event);
        if (/^extraction_(completed|failed|cancelled|expired)$/.test(event.type)) ends.push(event.type);
        note();
      },
      anew: () => ends.push('started anew'),
      online: () => undefined,
      signedOut: (code) => ends.push(code),
    });
    await until('the first snapshot', () => snapshots === 1);
    await app.spotify.addFault({ path: '/', latencyMs: 250 });
    const { jobId } = await person.beginConnect('night-owl');
    await until('progress', () => progress.at(-1)! > 0);
    for (let cut = 1; cut <= 20; cut += 1) {
      const before = snapshots;
      await proxy.refuse();
      await proxy.open();
      await until(`the snapshot after cut ${cut}`, () => snapshots > before, { everyMs: 10 });
      if (cut === 20) expect((await person.get(`/jobs/${jobId}`)).state).toBe('active');
    }
    await app.spotify.reset();
    await until('the end', () => ends.length > 0);
    await sleep(500); // Nothing more of it may come.
    expect(ends).toEqual(['extraction_completed']);
    expect(progress).toEqual([...progress].sort((a, b) => a - b));
    expect(new Set(progress).size).toBeGreaterThan(5);
    expect(progress.at(-1)).toBe(100);
    live.close();
  });
});

describe('R23: a socket client that stops reading', () => {
  /** As much as could not wait in the process's memory. */
  const EVENTS = inFull(50_000, 17_000);
  const EVENT_BYTES = inFull(5_000, 12_000);
  const HEAP_MB = 160;
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start({
      database: 'postgres',
      env: { NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` },
    });
  });
  afterAll(() => app.stop());

  /** Events as a job writes them, many at once. */
  const tell = (userId: string, count: number, bytes: number) =>
    app.database!.query(
      `WITH last AS (UPDATE users SET seq = seq + $2 WHERE id = $1 RETURNING id, seq)
       INSERT INTO events (user_id, seq, type, payload)
       SELECT last.id, last.seq - $2 + place, 'connection_status', jsonb_build_object('platform', 'spotify', 'status', repeat('x', $3))
       FROM last, generate_series(1, $2) AS place`,
      [userId, count, bytes],
    );

  it('is cut off within bounds of memory, while nobody else loses an event', async () => {
    const [ana, bo] = await Promise.all([ApiClient.signIn(app), ApiClient.signIn(app)]);
    const slow = io(app.url, { auth: { token: ana.token }, transports: ['websocket'], reconnection: false });
    await new Promise((resolve) => slow.once('snapshot', resolve));
    const reading = await Reader.open(app, ana.token!);
    const other = await LiveFeed.open(app, bo.token!);
    const wire = (slow.io.engine.transport as unknown as { ws: { _socket: { pause(): void; resume(): void } } }).ws
      ._socket;
    wire.pause();
    for (let told = 0; told < EVENTS; told += 1_000) {
      await tell(ana.userId, 1_000, EVENT_BYTES);
      await tell(bo.userId, 1, 10);
    }
    await until('everything to be read by the other socket of the same person', () => reading.last === EVENTS);
    expect(reading.outOfOrder).toBe(0);
    expect(app.isRunning).toBe(true);
    expect(app.lines.filter((line) => line.includes('unsent messages and is disconnected'))).toHaveLength(1);
    const others = EVENTS / 1_000;
    await other.until('the other person to have received all', () => other.events.at(-1)?.seq === others || undefined);
    expect(other.events.map(({ seq }) => seq)).toEqual(upTo(others));

    // It comes back, and gets what it missed.
    wire.resume();
    await until('the slow one to notice', () => slow.disconnected);
    const back = await LiveFeed.open(app, ana.token!);
    expect(back.snapshots[0].seq).toBe(EVENTS);
    const { events, more } = await back.replay({ since: EVENTS - 3 });
    expect([events.map(({ seq }: { seq: number }) => seq), more]).toEqual([upTo(EVENTS, EVENTS - 2), false]);
    for (const feed of [back, other]) feed.close();
    reading.close();
  });
});

/** A client that only counts: keeping everything would be a test of our own memory. */
class Reader {
  last = 0;
  outOfOrder = 0;

  private constructor(private readonly socket: Socket) {
    socket.on('connection_status', ({ seq }: { seq: number }) => {
      if (seq !== this.last + 1) this.outOfOrder += 1;
      this.last = seq;
    });
  }

  static async open(app: RunningApp, token: string): Promise<Reader> {
    const reader = new Reader(socketTo(app, token));
    await new Promise((resolve) => reader.socket.once('snapshot', resolve));
    return reader;
  }

  close(): void {
    this.socket.disconnect();
  }
}

describe('two api processes and one worker', () => {
  let deployment: Deployment;
  let apis: RunningApp[];
  let worker: RunningApp;

  beforeAll(async () => {
    deployment = await Deployment.start({ env: { SIGNATURE_DELAY_MS: '1000' } });
    apis = [await deployment.process('api'), await deployment.process('api')];
    worker = await deployment.process('worker');
  });
  afterAll(() => deployment.stop());

  it('tell sockets on both everything in order, also when the process that wrote it dies right after', async () => {
    const person = await deployment.client(apis[0]!, 'ana');
    const feeds = await Promise.all(apis.map((api) => LiveFeed.open(api, person.token!)));
    await deployment.spotify.addFault({ path: '/', latencyMs: 20 });
    await person.connect('newcomer');
    const written = await until(
      'the last word of the job',
      async () => {
        const [row] = await deployment.database.query(
          `SELECT seq::int FROM events WHERE user_id = 'ana' AND type = 'extraction_completed'`,
        );
        return row?.seq as number | undefined;
      },
      { everyMs: 2 },
    );
    expect(await worker.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    for (const feed of feeds) await feed.event('extraction_completed');
    worker = await deployment.process('worker');
    for (const feed of feeds) await feed.event('signature_completed');
    for (const feed of feeds) {
      expect(feed.events.map(({ seq }) => seq)).toEqual(upTo(feed.events.at(-1).seq, feed.snapshots[0].seq + 1));
      expect(feed.events.filter(({ type }) => type === 'extraction_completed')).toMatchObject([{ seq: written }]);
    }
    expect(feeds[0]!.events.map(({ seq, type }) => `${seq} ${type}`)).toEqual(
      feeds[1]!.events.map(({ seq, type }) => `${seq} ${type}`),
    );
    for (const feed of feeds) feed.close();
  });

  it('tell what a process wrote that died before it could ring', async () => {
    const person = await deployment.client(apis[0]!, 'bo');
    await person.get('/me');
    const feeds = await Promise.all(apis.map((api) => LiveFeed.open(api, person.token!)));
    await deployment.database.query(
      `WITH last AS (UPDATE users SET seq = seq + 1 WHERE id = 'bo' RETURNING id, seq)
       INSERT INTO events (user_id, seq, type, payload) SELECT id, seq, 'batch_completed', '{"batchId":"b"}' FROM last`,
    );
    for (const feed of feeds) {
      expect(await feed.event('batch_completed')).toMatchObject({ seq: 1, batchId: 'b' });
    }
    for (const feed of feeds) feed.close();
  });
});
