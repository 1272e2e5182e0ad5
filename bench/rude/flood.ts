import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { io } from 'socket.io-client';
import { listens } from '../../test/support/listens.js';

/** What one rude client does, over and over. */
export type FloodKind =
  | 'metrics'
  | 'replays'
  | 'exports'
  | 'evidence'
  | 'deep JSON'
  | 'dashboard passwords'
  | 'handshakes'
  | 'slow bodies'
  | 'half-open sockets'
  | 'large bodies'
  | 'uploads';

export interface FloodOrder {
  readonly kind: FloodKind;
  readonly url: string;
  /** Of the rude person. */
  readonly token: string;
  /** Whether the server has sockets. One that has none gets as many requests as the other gets messages. */
  readonly sockets: boolean;
}

/** Another address of this machine than that of the polite people: otherwise they would share what an address may do. */
const FROM = '127.0.0.2';

const LANES = 50;
/** At most so many requests a second: as fast as possible would only measure how the processors are shared. */
const RATE = 500;
const OPEN_SOCKETS = 500;
const MESSAGES_A_SECOND = 4_500;

const order = JSON.parse(process.argv[2] ?? '{}') as FloodOrder;
const { hostname, port } = new URL(order.url);
const agent = new Agent({ keepAlive: true, maxSockets: LANES });
const answers = new Map<string, number>();
const count = (answer: string) => answers.set(answer, (answers.get(answer) ?? 0) + 1);

interface Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

function ask({ method = 'GET', path, headers = {}, body }: Request): Promise<void> {
  return new Promise((resolve) => {
    const request = send({ hostname, port, path, method, agent, localAddress: FROM, headers }, (response) => {
      response.resume().once('close', () => {
        count(String(response.statusCode));
        resolve();
      });
    });
    request.once('error', () => {
      count('broken');
      resolve();
    });
    request.end(body);
  });
}

/** So many lanes that ask again and again, together at most at `RATE`. */
async function many(next: (n: number) => Request): Promise<void> {
  let n = 0;
  const lane = async () => {
    for (;;) {
      await Promise.all([ask(next(n++)), sleep((1_000 * LANES) / RATE)]);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
}

const bearer = { authorization: `Bearer ${order.token}` };
const json = { ...bearer, 'content-type': 'application/json' };
const deep = `${'['.repeat(49_000)}${']'.repeat(49_000)}`;
const large = Buffer.alloc(5_000_000, ' ');

const archive = listens(5_000);
/** A form with an archive of some 300 kB, each another one. */
function upload(n: number): Request {
  const head = '--rude\r\nContent-Disposition: form-data; name="file"; filename="listens.csv"\r\n\r\n';
  return {
    method: 'POST',
    path: '/api/imports',
    headers: { ...bearer, 'content-type': 'multipart/form-data; boundary=rude' },
    body: `${head}${archive}${n},,Nobody,,,,Nothing,\n\r\n--rude--\r\n`,
  };
}

/** So many connections at once, each replaced when the server ends it. */
async function hold(open: (write: (text: string) => void) => NodeJS.Timeout | undefined): Promise<void> {
  const one = () =>
    new Promise<void>((resolve) => {
      const socket = connect({ host: hostname, port: Number(port), localAddress: FROM });
      let timer: NodeJS.Timeout | undefined;
      socket.once('connect', () => (timer = open((text) => socket.writable && socket.write(text))));
      socket.on('data', () => undefined);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        clearInterval(timer);
        count('ended');
        resolve();
      });
    });
  const lane = async () => {
    for (;;) await Promise.all([one(), sleep(1_000)]);
  };
  await Promise.all(Array.from({ length: OPEN_SOCKETS }, lane));
}

/** One socket that asks for its events without waiting for answers. */
async function replays(): Promise<void> {
  if (!order.sockets) return many(() => ({ path: '/socket.io/?EIO=4&transport=polling' }));
  const socket = io(order.url, {
    auth: { token: order.token },
    transports: ['websocket'],
    localAddress: FROM,
  } as object);
  for (;;) {
    await sleep(20);
    if (!socket.connected) continue;
    for (let n = 0; n < (MESSAGES_A_SECOND * 20) / 1_000; n++) {
      socket.emit('replay', { since: 0 }, (answer: { error?: { code: string } }) =>
        count(answer.error?.code ?? 'events'),
      );
    }
  }
}

const FLOODS: Readonly<Record<FloodKind, () => Promise<void>>> = {
  metrics: () => many((n) => ({ path: n % 2 === 0 ? '/metrics' : '/api/queues/stats' })),
  replays,
  exports: () => many(() => ({ path: '/api/account/export', headers: bearer })),
  evidence: () => many(() => ({ path: '/api/soul-signature/versions/1/evidence/all', headers: bearer })),
  'deep JSON': () => many(() => ({ method: 'POST', path: '/api/connectors/callback', headers: json, body: deep })),
  'dashboard passwords': () =>
    many((n) => ({
      path: '/api/queues/dashboard',
      headers: { authorization: `Basic ${Buffer.from(`admin:guess ${n}`).toString('base64')}` },
    })),
  handshakes: () => many(() => ({ path: '/socket.io/?EIO=4&transport=polling' })),
  'slow bodies': () =>
    hold((write) => {
      write(
        `POST /api/auth/demo HTTP/1.1\r\nHost: ${hostname}\r\nContent-Type: application/json\r\nContent-Length: 90000\r\n\r\n`,
      );
      return setInterval(() => write(' '), 1_000);
    }),
  'half-open sockets': () => hold(() => undefined),
  'large bodies': () => many(() => ({ method: 'PATCH', path: '/api/me', headers: json, body: large })),
  uploads: () => many(upload),
};

process.once('SIGTERM', () => {
  process.stdout.write(`${JSON.stringify(Object.fromEntries(answers))}\n`, () => process.exit(0));
});
await FLOODS[order.kind]();
