import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { PlatformClient, type PlatformClientOptions } from './platform-client.js';
import { PlatformError } from './platform-error.js';
import type { RefusalReason } from './refusal-reasons.js';

const TOKEN = 'secret-token-1';
const things = z.object({ n: z.number() });

type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

let server: Server;
let origin: string;
let handler: Handler;
/** Arrival times of all requests, milliseconds. */
let arrivals: number[];
let paths: string[];

beforeEach(async () => {
  arrivals = [];
  paths = [];
  server = createServer((request, response) => {
    arrivals.push(Date.now());
    paths.push(request.url ?? '');
    handler(request, response, arrivals.length);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

function clientOf(options: Partial<PlatformClientOptions> = {}): PlatformClient {
  return new PlatformClient({
    platform: 'test',
    apiUrl: `${origin}/api`,
    accessToken: () => Promise.resolve(TOKEN),
    signal: new AbortController().signal,
    retryBaseMs: 1,
    ...options,
  });
}

function json(response: ServerResponse, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function errorOf(promise: Promise<unknown>): Promise<any> {
  return promise.then(
    () => {
      throw new Error('it should have failed');
    },
    (error: unknown) => error,
  );
}

async function platformErrorOf(promise: Promise<unknown>): Promise<PlatformError> {
  const error = await errorOf(promise);
  expect(error).toBeInstanceOf(PlatformError);
  expect(inspect(error, { depth: 6 })).not.toContain('secret');
  return error;
}

describe('requests', () => {
  test('go below the base path with token, query and agreed headers', async () => {
    let seen: IncomingMessage['headers'] = {};
    handler = (request, response) => {
      seen = request.headers;
      json(response, { n: 1 }, 200, { 'X-Total': '7' });
    };
    const client = clientOf({ headers: { 'x-version': '1' } });
    const answer = await client.get('/v1/me', things, { query: { limit: 50, after: undefined, q: 'a b' } });
    expect(answer.data).toEqual({ n: 1 });
    expect(answer.headers.get('x-total')).toBe('7');
    expect(paths).toEqual(['/api/v1/me?limit=50&q=a+b']);
    expect(seen).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/json',
      'user-agent': 'soul-signature',
      'x-version': '1',
    });
  });

  test('reads compressed answers and joins repeated headers', async () => {
    handler = (_request, response) => {
      response.writeHead(200, [
        ...['content-type', 'application/vnd.test+json; charset=utf-8', 'content-encoding', 'gzip'],
        ...['link', 'a', 'link', 'b'],
      ]);
      response.end(gzipSync('{"n":2}'));
    };
    const answer = await clientOf().get('/x', things);
    expect(answer.data).toEqual({ n: 2 });
    expect(answer.headers.get('link')).toBe('a, b');
  });

  test('cleans strings that a database could not store', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(String.raw`{"s":"a\u0000b\ud800c\ud83d\ude00"}`);
    };
    const { data } = await clientOf().get('/x', z.object({ s: z.string() }));
    expect(data.s).toBe('ab\uFFFDc\u{1F600}');
  });
});

describe('faults that pass', () => {
  test.each([408, 429, 500, 502, 503, 504])('%i is tried again until it succeeds', async (status) => {
    handler = (_request, response, count) => (count < 4 ? json(response, {}, status) : json(response, { n: 4 }));
    expect((await clientOf().get('/x', things)).data).toEqual({ n: 4 });
    expect(arrivals).toHaveLength(4);
  });

  test('cut connections and truncated bodies are tried again', async () => {
    handler = (request, response, count) => {
      if (count === 1) request.socket.destroy();
      else if (count === 2) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
        response.write('{"n":');
        setTimeout(() => request.socket.destroy(), 5);
      } else if (count === 3) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        response.end(gzipSync('{"n":1}').subarray(0, 12));
      } else json(response, { n: 4 });
    };
    expect((await clientOf().get('/x', things)).data).toEqual({ n: 4 });
  });

  test('eight tries are the end, and say who failed where', async () => {
    handler = (_request, response) => json(response, { secret: 1 }, 503);
    const error = await platformErrorOf(clientOf().get('/v1/me?key=secret', things));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', details: { status: 503 } });
    expect(error.message).toBe(`503 from ${new URL(origin).host}/api/v1/me`);
    expect(arrivals).toHaveLength(8);
  });

  test('nobody listening is unavailable', async () => {
    const error = await platformErrorOf(clientOf({ apiUrl: 'http://127.0.0.1:9' }).get('/x', things));
    expect(error.code).toBe('PLATFORM_UNAVAILABLE');
    expect(error.message).toContain('ECONNREFUSED');
  });

  test('waits double between tries', async () => {
    handler = (_request, response) => json(response, {}, 500);
    await platformErrorOf(clientOf({ retryBaseMs: 20, random: () => 0.5, limits: { tries: 4 } }).get('/x', things));
    const waits = arrivals.slice(1).map((time, index) => time - arrivals[index]!);
    expect(waits[0]).toBeGreaterThanOrEqual(19);
    expect(waits[1]).toBeGreaterThanOrEqual(39);
    expect(waits[2]).toBeGreaterThanOrEqual(79);
  });
});

describe('Retry-After', () => {
  test.each([
    ['seconds', () => '0.3', 300],
    ['a date', () => new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 1_000).toUTCString(), 1_000],
  ])('in %s is never undercut', async (_name, header, atLeastMs) => {
    let earliest = 0;
    handler = (_request, response, count) => {
      if (count > 1) {
        json(response, { n: 1 });
        return;
      }
      const value = header();
      earliest = value.includes('GMT') ? Date.parse(value) : Date.now() + atLeastMs;
      json(response, {}, 429, { 'retry-after': value });
    };
    await clientOf({ random: () => 0 }).get('/x', things);
    expect(arrivals[1]).toBeGreaterThanOrEqual(earliest);
  });

  test.each([
    [429, '11', 'PLATFORM_RATE_LIMITED', 11_000],
    [503, '3600', 'PLATFORM_UNAVAILABLE', 3_600_000],
    [429, '172800', 'PLATFORM_RATE_LIMITED', 172_800_000],
    [429, '9'.repeat(400), 'PLATFORM_RATE_LIMITED', 365 * 86_400_000],
  ])('of %i in %s seconds is not slept through', async (status, seconds, code, waitMs) => {
    handler = (_request, response) => json(response, {}, status, { 'retry-after': seconds });
    const before = Date.now();
    const error = await platformErrorOf(clientOf().get('/x', things));
    expect(error.code).toBe(code);
    expect(error.details.retryAt!.getTime()).toBeGreaterThanOrEqual(before + waitMs);
    expect(error.details.retryAt!.getTime()).toBeLessThanOrEqual(Date.now() + waitMs);
    expect(arrivals).toHaveLength(1);
  });

  test.each([
    ['Retry-After', { 'retry-after': 'Thu, 01 Jan 2026 12:02:00 GMT' }],
    ['a limit of its own kind', { 'x-reset': 'Thu, 01 Jan 2026 12:02:00 GMT' }],
  ])("is meant by the provider's clock in %s", async (_name, headers) => {
    handler = (_request, response) => json(response, {}, 429, { ...headers, date: 'Thu, 01 Jan 2026 12:00:00 GMT' });
    const rateLimitedUntil = (answer: { headers: ReadonlyMap<string, string> }) =>
      answer.headers.has('x-reset') ? new Date(answer.headers.get('x-reset')!) : undefined;
    const error = await platformErrorOf(clientOf({ rateLimitedUntil }).get('/x', things));
    expect(Math.round((error.details.retryAt!.getTime() - Date.now()) / 10_000)).toBe(12);
  });

  test('missing from every 429 asks for a minute of peace', async () => {
    handler = (_request, response) => json(response, {}, 429);
    const error = await platformErrorOf(clientOf().get('/x', things));
    expect(error.code).toBe('PLATFORM_RATE_LIMITED');
    expect(error.details.retryAt!.getTime() - Date.now()).toBeGreaterThan(59_000);
    expect(arrivals).toHaveLength(8);
  });
});

describe('tokens', () => {
  test('a rejected token is renewed and the request repeated, once', async () => {
    const asked: (string | undefined)[] = [];
    const accessToken = (rejected?: string) => {
      asked.push(rejected);
      return Promise.resolve(rejected === undefined ? TOKEN : 'secret-token-2');
    };
    handler = (request, response) =>
      request.headers.authorization === 'Bearer secret-token-2' ? json(response, { n: 1 }) : json(response, {}, 401);
    expect((await clientOf({ accessToken }).get('/x', things)).data).toEqual({ n: 1 });
    expect(asked).toEqual([undefined, TOKEN]);
    expect(arrivals).toHaveLength(2);
  });

  test('a second 401 ends the request, even after a fault in between', async () => {
    handler = (_request, response, count) => json(response, {}, count === 2 ? 503 : 401);
    const error = await platformErrorOf(clientOf().get('/x', things));
    expect(error).toMatchObject({ code: 'PLATFORM_UNAUTHORIZED', details: { status: 401 } });
    expect(arrivals).toHaveLength(3);
  });

  test('what the token source throws passes through untouched', async () => {
    const gone = new Error('needs reconnect');
    expect(await errorOf(clientOf({ accessToken: () => Promise.reject(gone) }).get('/x', things))).toBe(gone);
    expect(arrivals).toHaveLength(0);
  });
});

describe('answers that are final', () => {
  test.each([
    [400, 'PLATFORM_REFUSED'],
    [403, 'PLATFORM_FORBIDDEN'],
    [404, 'PLATFORM_NOT_FOUND'],
    [410, 'PLATFORM_NOT_FOUND'],
    [409, 'PLATFORM_REFUSED'],
    [422, 'PLATFORM_REFUSED'],
    [304, 'PLATFORM_BAD_ANSWER'],
    [204, 'PLATFORM_BAD_ANSWER'],
  ])('%i is %s after one request', async (status, code) => {
    handler = (_request, response) => response.writeHead(status).end();
    expect(await platformErrorOf(clientOf().get('/x', things))).toMatchObject({ code, details: { status } });
    expect(arrivals).toHaveLength(1);
  });

  test('HTML is not data', async () => {
    handler = (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<p>secret</p>');
    expect((await platformErrorOf(clientOf().get('/x', things))).code).toBe('PLATFORM_BAD_ANSWER');
    expect(arrivals).toHaveLength(1);
  });

  test('malformed JSON gets two more tries', async () => {
    handler = (_request, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{"secret":');
    expect((await platformErrorOf(clientOf().get('/x', things))).code).toBe('PLATFORM_BAD_ANSWER');
    expect(arrivals).toHaveLength(3);
  });

  test('wrong types name the field and not its value', async () => {
    handler = (_request, response) => json(response, { items: [{ n: 'secret' }] });
    const error = await platformErrorOf(clientOf().get('/x', z.object({ items: z.array(things) })));
    expect(error.code).toBe('PLATFORM_BAD_ANSWER');
    expect(error.message).toContain('items.0.n');
    expect(arrivals).toHaveLength(1);
  });
});

describe('limits', () => {
  const limits = { headersMs: 150, idleMs: 150, totalMs: 400, tries: 1 };

  test('a server that never answers is left', async () => {
    handler = () => undefined;
    const start = Date.now();
    expect((await platformErrorOf(clientOf({ limits }).get('/x', things))).code).toBe('PLATFORM_UNAVAILABLE');
    expect(Date.now() - start).toBeLessThan(1_400);
  });

  test('a server that drips is left when the total time is over', async () => {
    let drip: NodeJS.Timeout | undefined;
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      drip = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(drip));
    };
    const start = Date.now();
    const error = await platformErrorOf(clientOf({ limits }).get('/x', things));
    expect(error.code).toBe('PLATFORM_UNAVAILABLE');
    expect(Date.now() - start).toBeGreaterThanOrEqual(395);
    expect(Date.now() - start).toBeLessThan(1_400);
  });

  test('a body that stalls is left', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{');
    };
    const error = await platformErrorOf(clientOf({ limits: { ...limits, totalMs: 5_000 } }).get('/x', things));
    expect(error.message).toContain('UND_ERR_BODY_TIMEOUT');
  });

  test('a 60 MB page is cut off at the cap and not asked for again', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    let sent = 0;
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const more = () => {
        while (sent < 60 && !response.destroyed) {
          sent++;
          if (!response.write(chunk)) return void response.once('drain', more);
        }
        response.end();
      };
      more();
    };
    expect((await platformErrorOf(clientOf().get('/x', things))).code).toBe('PLATFORM_BAD_ANSWER');
    expect(sent).toBeLessThan(30);
    expect(arrivals).toHaveLength(1);
  });

  test('the cap counts what a compressed body unfolds to, and an announced length is believed', async () => {
    handler = (_request, response, count) => {
      const bomb = gzipSync(Buffer.alloc(100_000, ' '));
      if (count === 1) {
        response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(bomb);
      } else json(response, { n: 1, text: 'x'.repeat(20_000) });
    };
    const client = clientOf({ limits: { bodyBytes: 10_000 } });
    expect((await platformErrorOf(client.get('/x', things))).code).toBe('PLATFORM_BAD_ANSWER');
    expect((await platformErrorOf(client.get('/x', things))).code).toBe('PLATFORM_BAD_ANSWER');
    expect(arrivals).toHaveLength(2);
  });
});

describe('addresses', () => {
  test('an absolute address below the base is read, and has a path that survives a change of server', async () => {
    handler = (_request, response) => json(response, { n: 1 });
    const client = clientOf();
    await client.get(`${origin}/api/v1/me/tracks?offset=50`, things);
    expect(paths).toEqual(['/api/v1/me/tracks?offset=50']);
    expect(client.pathOf(`${origin}/api/v1/me/tracks?offset=50#x`)).toBe('/v1/me/tracks?offset=50');
  });

  test.each([
    'https://evil.example/api/v1/me',
    '//evil.example/api',
    'ORIGIN/other/v1/me',
    'ORIGIN/apix',
    'ORIGIN/api/../admin',
    'ORIGIN/api/%2e%2e/admin',
    '/../admin',
    'v1/me',
    'http://user:secret@HOST/api/v1',
    'file:///etc/passwd',
    '',
  ])('%s is refused before any request', async (template) => {
    handler = (_request, response) => json(response, { n: 1 });
    const url = template.replace('ORIGIN', origin).replace('HOST', new URL(origin).host);
    if (url.startsWith('//')) {
      // As a path it stays on our server.
      await clientOf().get(url, things);
      expect(paths).toEqual(['/api//evil.example/api']);
      return;
    }
    expect((await platformErrorOf(clientOf().get(url, things))).code).toBe('PLATFORM_BAD_ANSWER');
    expect(arrivals).toHaveLength(0);
  });

  test('up to three redirects inside the API are followed', async () => {
    handler = (_request, response, count) =>
      count < 4 ? response.writeHead(301, { location: `/api/moved/${count}` }).end() : json(response, { n: 1 });
    expect((await clientOf().get('/x', things)).data).toEqual({ n: 1 });
    expect(paths).toEqual(['/api/x', '/api/moved/1', '/api/moved/2', '/api/moved/3']);
  });

  test.each(['https://evil.example/api/x', '/outside', 'http://[', '/api/loop'])(
    'a redirect to %s is a bad answer',
    async (location) => {
      handler = (_request, response) => response.writeHead(302, { location }).end();
      expect((await platformErrorOf(clientOf().get('/x', things))).code).toBe('PLATFORM_BAD_ANSWER');
      expect(arrivals).toHaveLength(location === '/api/loop' ? 4 : 1);
    },
  );
});

describe('aborting', () => {
  test('ends a wait between tries with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    handler = (_request, response) => {
      json(response, {}, 429, { 'retry-after': '9' });
      setTimeout(() => controller.abort(reason), 20);
    };
    const start = Date.now();
    expect(await errorOf(clientOf({ signal: controller.signal }).get('/x', things))).toBe(reason);
    expect(Date.now() - start).toBeLessThan(2_000);
  });

  test('ends a running request with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('cancelled');
    handler = () => controller.abort(reason);
    expect(await errorOf(clientOf({ signal: controller.signal }).get('/x', things))).toBe(reason);
    expect(await errorOf(clientOf({ signal: controller.signal }).get('/x', things))).toBe(reason);
    expect(arrivals).toHaveLength(1);
  });
});

describe('a refusal whose reason the platform has in its table', () => {
  const refusals: RefusalReason[] = [
    { code: 'PART', concerns: 'part', actor: 'person', message: 'Part.', statuses: [401, 403], says: /part/ },
    { code: 'QUOTA', concerns: 'pace', actor: 'nobody', message: 'Quota.', statuses: [429], says: /quota/ },
  ];

  test('of a part of what is asked for does not cost the token, although it is a 401', async () => {
    handler = (_request, response) => response.writeHead(401).end('part');
    const accessToken = jest.fn((rejected?: string) =>
      rejected === undefined ? Promise.resolve(TOKEN) : Promise.reject(new Error('the connection ends')),
    );
    const error = await platformErrorOf(clientOf({ refusals, accessToken }).get('/x', things));
    expect(error).toMatchObject({ code: 'PLATFORM_FORBIDDEN', details: { status: 401, refusal: { code: 'PART' } } });
    expect(accessToken).toHaveBeenCalledTimes(1);
  });

  test('of the pace is told to those who find the budget blocked', async () => {
    handler = (_request, response) => response.writeHead(429, { 'retry-after': '60' }).end('quota');
    const why: (string | undefined)[] = [];
    const budget = (blockedFor: string | null, waitMs: number) => ({
      take: () => Promise.resolve(waitMs),
      block: (_until: Date, code?: string) => Promise.resolve(void why.push(code)),
      blockedFor: () => Promise.resolve(blockedFor),
    });
    const refusalWith = async (blockedFor: string | null, waitMs = 60_000) => {
      const client = clientOf({ refusals, title: 'Test', budget: budget(blockedFor, waitMs) });
      return (await platformErrorOf(client.get('/x', things))).details.refusal;
    };
    expect(await refusalWith(null, 0)).toMatchObject({ code: 'QUOTA' });
    expect(why).toEqual(['QUOTA']);
    expect(await refusalWith('QUOTA')).toMatchObject({ code: 'QUOTA', message: 'Quota.' });
    expect(await refusalWith('UNHEARD_OF')).toMatchObject({ message: expect.stringMatching(/^Test asked us to slow/) });
    expect(await refusalWith(null)).toMatchObject({ code: 'OWN_LIMIT' });
    expect(arrivals).toHaveLength(1);
  });
});
