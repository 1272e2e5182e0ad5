import { io, type Socket } from 'socket.io-client';
import type { RunningApp } from './running-app.js';
import { PATIENCE_MS } from './until.js';

/** A client of the live events that records everything it receives. */
export class LiveFeed {
  /** The snapshots, one for each time it connected. */
  readonly snapshots: any[] = [];
  /** Durable events in the order of their coming. */
  readonly events: any[] = [];
  /** Transient events in the order of their coming. */
  readonly progress: any[] = [];
  /** What the server sent as `error`. */
  readonly errors: any[] = [];
  /** Durable and transient events. */
  readonly all: any[] = [];
  private readonly listeners = new Set<() => void>();

  private constructor(readonly socket: Socket) {
    socket.on('error', (error) => this.note(this.errors, error));
    socket.on('snapshot', (snapshot) => this.note(this.snapshots, snapshot));
    socket.onAny((name: string, event: any) => {
      if (name === 'snapshot' || typeof event?.seq !== 'number') return;
      if (event.type !== name) throw new Error(`An event of type ${String(event.type)} came as ${name}`);
      this.all.push(event);
      this.note(event.transient ? this.progress : this.events, event);
    });
  }

  /** Connects and waits for the snapshot. */
  static async open(app: Pick<RunningApp, 'url'>, token: string): Promise<LiveFeed> {
    const feed = new LiveFeed(socketTo(app, token));
    await feed.until('the snapshot', () => feed.snapshots[0]);
    return feed;
  }

  /** The first event of a type, as soon as it has come. */
  event(type: string, limitMs = PATIENCE_MS): Promise<any> {
    return this.until(`event ${type}`, () => this.events.find((event) => event.type === type), limitMs);
  }

  replay(request: object): Promise<any> {
    return this.socket.timeout(10_000).emitWithAck('replay', request);
  }

  close(): void {
    this.socket.disconnect();
  }

  /** Looks again whenever something has come. */
  until<Found>(what: string, find: () => Found | undefined, limitMs = PATIENCE_MS): Promise<Found> {
    return new Promise((resolve, reject) => {
      const end = (settle: () => void) => {
        clearTimeout(timer);
        this.listeners.delete(look);
        settle();
      };
      const look = () => {
        const found = find();
        if (found !== undefined) end(() => resolve(found));
      };
      const timer = setTimeout(() => {
        end(() => reject(new Error(`Waited ${limitMs} ms in vain for ${what}; came: ${JSON.stringify(this.events)}`)));
      }, limitMs);
      this.listeners.add(look);
      look();
    });
  }

  private note(list: any[], entry: any): void {
    list.push(entry);
    for (const listener of [...this.listeners]) listener();
  }
}

/** The only attempt of an unconnected socket: the server's answer decides the test. */
export function socketTo(app: Pick<RunningApp, 'url'>, token: string | undefined): Socket {
  return io(app.url, { auth: token === undefined ? {} : { token }, forceNew: true, reconnection: false });
}
