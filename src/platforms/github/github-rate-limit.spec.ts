import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { z } from 'zod';
import { PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import { github } from './github.js';

const HOUR_S = 3_600;
const SECONDARY = {
  message: 'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.',
  documentation_url: 'https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits',
};

let server: Server;
let client: PlatformClient;
let answer: (response: ServerResponse) => void;
let requests: number;

beforeEach(async () => {
  requests = 0;
  server = createServer((_request, response) => {
    requests++;
    answer(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  client = new PlatformClient({
    platform: 'github',
    apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    accessToken: () => Promise.resolve('token'),
    signal: new AbortController().signal,
    retryBaseMs: 1,
    headers: github.headers,
    rateLimitedUntil: github.rateLimitedUntil,
  });
});

afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

async function refused(status: number, headers: Record<string, string>, body: unknown = { message: 'no' }) {
  answer = (response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  return errorOf();
}

async function errorOf(): Promise<PlatformError> {
  const error: unknown = await client.get('/user', z.object({})).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(PlatformError);
  return error as PlatformError;
}

/** Never before the reset, and hardly after it: the provider's clock is known to the second. */
function expectReset(retryAt: Date | undefined, reset: number): void {
  const late = retryAt!.getTime() - reset * 1_000;
  expect(late).toBeGreaterThanOrEqual(0);
  expect(late).toBeLessThan(10_000);
}

const secondsUntil = (date: Date | undefined) => Math.round((date!.getTime() - Date.now()) / 1_000);

describe.each([403, 429])('%i', (status) => {
  test('with nothing left of the primary limit waits for the reset, without asking again', async () => {
    const reset = Math.floor(Date.now() / 1_000) + HOUR_S;
    const error = await refused(status, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) });
    expect(error).toMatchObject({ code: 'PLATFORM_RATE_LIMITED', details: { status } });
    expectReset(error.details.retryAt, reset);
    expect(requests).toBe(1);
  });

  test.each(['', 'soon', '-5', '1e3', '1', '99999999999'])('with the reset %j waits a minute', async (reset) => {
    const error = await refused(status, { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': reset });
    expect(error.code).toBe('PLATFORM_RATE_LIMITED');
    expect(secondsUntil(error.details.retryAt)).toBe(60);
    expect(requests).toBe(1);
  });

  test('of the secondary limit obeys Retry-After', async () => {
    const headers = { 'retry-after': '90', 'x-ratelimit-remaining': '4000', 'x-ratelimit-reset': '1' };
    const error = await refused(status, headers, SECONDARY);
    expect(error.code).toBe('PLATFORM_RATE_LIMITED');
    expect(secondsUntil(error.details.retryAt)).toBe(90);
  });

  test('of the secondary limit without a time waits a minute', async () => {
    const error = await refused(status, { 'x-ratelimit-remaining': '4000' }, SECONDARY);
    expect(error.code).toBe('PLATFORM_RATE_LIMITED');
    expect(secondsUntil(error.details.retryAt)).toBe(60);
    expect(error.message).not.toContain('secondary');
    expect(requests).toBe(1);
  });

  test('of both limits waits for the later', async () => {
    const reset = Math.floor(Date.now() / 1_000) + HOUR_S;
    const headers = { 'retry-after': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(reset) };
    expectReset((await refused(status, headers, SECONDARY)).details.retryAt, reset);
  });
});

test('a short wait happens inside the request', async () => {
  answer = (response) =>
    requests === 1
      ? response.writeHead(403, { 'retry-after': '0.05' }).end()
      : response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  expect((await client.get('/user', z.object({}))).status).toBe(200);
});

test('a compressed message is read too', async () => {
  answer = (response) =>
    response.writeHead(403, { 'content-encoding': 'gzip' }).end(gzipSync(JSON.stringify(SECONDARY)));
  expect((await errorOf()).code).toBe('PLATFORM_RATE_LIMITED');
});

test('any other 403 is a refusal, whatever its body is like', async () => {
  const scope = { message: 'Resource protected by organization SAML enforcement.' };
  const headers = { 'x-ratelimit-remaining': '4999', 'x-ratelimit-reset': '1' };
  expect((await refused(403, headers, scope)).code).toBe('PLATFORM_FORBIDDEN');
  answer = (response) => response.writeHead(403).end('x'.repeat(1_000_000));
  expect((await errorOf()).code).toBe('PLATFORM_FORBIDDEN');
  answer = (response) => response.writeHead(403, { 'content-encoding': 'br' }).end('?');
  expect((await errorOf()).code).toBe('PLATFORM_FORBIDDEN');
  const start = Date.now();
  answer = (response) => response.writeHead(403).write('never ending');
  expect((await errorOf()).code).toBe('PLATFORM_FORBIDDEN');
  expect(Date.now() - start).toBeLessThan(3_000);
});

test('an empty repository can be told from other refusals', async () => {
  expect(await refused(409, {})).toMatchObject({ code: 'PLATFORM_REFUSED', details: { status: 409 } });
  expect(await refused(404, { 'x-ratelimit-remaining': '0' })).toMatchObject({ code: 'PLATFORM_NOT_FOUND' });
});
