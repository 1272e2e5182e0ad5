import { setTimeout as sleep } from 'node:timers/promises';
import { io, type Socket } from 'socket.io-client';
import { Pool } from 'undici';

/** How often each person does something. */
const EVERY_MS = 2_000;

const CONNECTING_AT_ONCE = 25;

export interface PolitePerson {
  readonly userId: string;
  readonly token: string;
}

/** What polite people experienced: how long each thing they did took, in milliseconds, and what failed. */
export interface Experience {
  readonly took: number[];
  readonly failures: string[];
}

/** People who read, connect a platform, and have a live socket open. Each does one thing every two seconds. */
export class PolitePeople {
  private readonly pool: Pool;
  private readonly sockets = new Map<string, Socket>();

  constructor(
    private readonly url: string,
    private readonly people: readonly PolitePerson[],
  ) {
    this.pool = new Pool(url, { connections: people.length, pipelining: 1, keepAliveTimeout: 60_000 });
  }

  /** Opens their sockets. */
  async arrive(): Promise<void> {
    const waiting = this.people.values();
    const lane = async () => {
      for (const person of waiting) await this.open(person);
    };
    await Promise.all(Array.from({ length: CONNECTING_AT_ONCE }, lane));
  }

  /** Lets them do what they do for a time. Who is late with one thing begins the next when it is due all the same. */
  async live(seconds: number): Promise<Experience> {
    const experience: Experience = { took: [], failures: [] };
    const end = performance.now() + seconds * 1_000;
    const onLoss = (reason: string) => experience.failures.push(`socket: ${reason}`);
    for (const socket of this.sockets.values()) socket.on('disconnect', onLoss);
    const live = async (person: PolitePerson, place: number) => {
      const acting: Promise<void>[] = [];
      for (
        let n = place, due = performance.now() + (place * EVERY_MS) / this.people.length;
        due < end;
        due += EVERY_MS
      ) {
        await sleep(Math.max(0, due - performance.now()));
        acting.push(this.act(person, n++, due, experience));
      }
      await Promise.all(acting);
    };
    await Promise.all(this.people.map(live));
    for (const socket of this.sockets.values()) socket.off('disconnect', onLoss);
    return experience;
  }

  async leave(): Promise<void> {
    for (const socket of this.sockets.values()) socket.disconnect();
    await this.pool.destroy();
  }

  private async act(person: PolitePerson, n: number, due: number, { took, failures }: Experience): Promise<void> {
    const acts = [
      () => this.call(person, 'GET', '/me'),
      () => this.call(person, 'GET', '/connectors/status'),
      () => this.connect(person),
      () => this.call(person, 'GET', '/extraction/jobs?limit=20'),
      () => this.replay(person),
    ];
    try {
      await acts[n % acts.length]?.();
      took.push(performance.now() - due);
    } catch (error) {
      failures.push(error instanceof Error ? error.message : String(error));
    }
  }

  private async connect(person: PolitePerson): Promise<void> {
    const { state } = (await this.call(person, 'POST', '/connectors/spotify/authorize', {})) as { state: string };
    await this.call(person, 'POST', '/connectors/callback', { platform: 'spotify', code: 'a-code', state });
  }

  private async replay({ userId }: PolitePerson): Promise<void> {
    const answer = (await this.sockets.get(userId)?.timeout(60_000).emitWithAck('replay', { since: 0 })) as object;
    if (!('events' in answer)) throw new Error(`replay: ${JSON.stringify(answer)}`);
  }

  private async call({ token }: PolitePerson, method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const { statusCode, body: answer } = await this.pool.request({
      method,
      path: `/api${path}`,
      headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
      body: body ? JSON.stringify(body) : null,
    });
    const text = await answer.text();
    if (statusCode >= 300) throw new Error(`${statusCode} from ${path}: ${text}`);
    return (JSON.parse(text) as { data: unknown }).data;
  }

  private open({ userId, token }: PolitePerson): Promise<void> {
    const socket = io(this.url, { auth: { token }, transports: ['websocket'], forceNew: true });
    this.sockets.set(userId, socket);
    return new Promise((resolve, reject) => {
      socket.once('snapshot', () => resolve());
      socket.once('connect_error', reject);
    });
  }
}
