import { median, quantile } from 'simple-statistics';
import { Pool, type Dispatcher } from 'undici';
import type { Program } from './program.js';

/** One request of the load and the status of its success. */
export interface LoadRequest {
  readonly method: Dispatcher.HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
}

/** How long requests took, and how much of a processor the server needed for each, in milliseconds. */
export interface Latencies {
  readonly median: number;
  readonly p99: number;
  readonly cpu: number;
}

/** How many requests each client sends before those that are measured. */
const WARM_UP = 2;

/** How many requests it takes to measure so many. */
export function withWarmUp(requests: number, clients: number): number {
  return requests + WARM_UP * clients;
}

/**
 * Sends requests from a number of clients at once; each sends its next one as soon as its last is answered. The first of
 * each client are not measured: after tables were emptied PostgreSQL plans every statement again on each connection.
 * @throws Error at the first answer that is not the expected one: only work that was done is measured
 */
export async function load(program: Program, requests: readonly LoadRequest[], clients: number): Promise<Latencies> {
  const pool = new Pool(program.url, { connections: clients, pipelining: 1 });
  const send = async (some: readonly LoadRequest[]): Promise<number[]> => {
    const took: number[] = [];
    const waiting = some.values();
    const client = async () => {
      for (const { status, ...request } of waiting) {
        const startedAt = performance.now();
        const answer = await pool.request(request);
        const text = await answer.body.text();
        took.push(performance.now() - startedAt);
        if (answer.statusCode !== status) throw new Error(`${answer.statusCode} from ${request.path}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    return took;
  };
  try {
    const first = withWarmUp(0, clients);
    await send(requests.slice(0, first));
    program.profile();
    const before = program.cpuMs();
    const took = await send(requests.slice(first));
    const cpu = (program.cpuMs() - before) / took.length;
    return { median: median(took), p99: quantile(took, 0.99), cpu };
  } finally {
    program.profile();
    await pool.destroy();
  }
}
