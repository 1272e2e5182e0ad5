import { createServer } from 'node:net';

/** Below what systems give to outgoing connections, in a part of its own for each worker of Jest. */
const FIRST = 20_000;
const PER_WORKER = 1_500;

let next = Math.floor(Math.random() * PER_WORKER);

/** A port of this machine that nobody listens on, and that no other worker of this run is given. */
export async function freePort(): Promise<number> {
  const worker = Number(process.env['JEST_WORKER_ID'] ?? 1) % 8;
  for (let tries = 0; tries < PER_WORKER; tries++) {
    const port = FIRST + worker * PER_WORKER + (next++ % PER_WORKER);
    if (await isFree(port)) return port;
  }
  throw new Error('No port is free');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
