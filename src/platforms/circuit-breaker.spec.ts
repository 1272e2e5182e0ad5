import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import { CircuitBreaker } from './circuit-breaker.js';
import { PlatformClient } from './platform-client.js';

describe('a circuit breaker', () => {
  let now: number;
  let breaker: CircuitBreaker;

  beforeEach(() => {
    now = 1_000_000;
    breaker = new CircuitBreaker({ failures: 4, callers: 2, pauseMs: 1_000, maxPauseMs: 3_000 }, () => now);
  });
  const fail = (...callers: string[]) => {
    for (const caller of callers) {
      expect(breaker.enter()).toBeUndefined();
      breaker.leave('failed', caller);
    }
  };

  it('opens when several callers failed often enough without an answer in between', () => {
    fail('a', 'b', 'a');
    expect(breaker.enter()).toBeUndefined();
    breaker.leave('answered', 'a');
    fail('a', 'b', 'a', 'b');
    expect(breaker.enter()).toEqual(new Date(now + 1_000));
  });

  it('stays closed when all failures are of one caller', () => {
    fail('a', 'a', 'a', 'a', 'a', 'a', 'a');
    expect(breaker.enter()).toBeUndefined();
  });

  it('lets one request through after the pause, and closes when that is answered', () => {
    fail('a', 'b', 'a', 'b');
    now += 1_000;
    expect(breaker.openUntil).toBeUndefined();
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.enter()).toEqual(new Date(now + 1_000));
    expect(breaker.openUntil).toEqual(new Date(now + 1_000));
    breaker.leave('answered', 'a');
    expect(breaker.openUntil).toBeUndefined();
    expect(breaker.enter()).toBeUndefined();
    expect(breaker.enter()).toBeUndefined();
  });

  it('waits twice as long after each request that fails again, up to the most', () => {
    fail('a', 'b', 'a', 'b');
    const pauses = [2_000, 3_000, 3_000].map(() => {
      now = breaker.enter()?.getTime() ?? 0;
      fail('a');
      return (breaker.enter()?.getTime() ?? 0) - now;
    });
    expect(pauses).toEqual([2_000, 3_000, 3_000]);
  });

  it('is open no longer than its longest pause when the clock of the process steps back', () => {
    fail('a', 'b', 'a', 'b');
    now -= 3_600_000;
    expect(breaker.enter()).toEqual(new Date(now + 3_000));
    now += 3_000;
    expect(breaker.enter()).toBeUndefined();
  });

  it('lets another request through when one was given up', () => {
    fail('a', 'b', 'a', 'b');
    now += 1_000;
    expect(breaker.enter()).toBeUndefined();
    breaker.leave('given-up', 'a');
    expect(breaker.enter()).toBeUndefined();
  });
});

describe('a platform that is down', () => {
  let server: Server;
  let requests = 0;
  let status = 503;

  beforeAll(async () => {
    server = createServer((_request, response) => {
      requests += 1;
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('is not asked any more, and the runs learn when to come back', async () => {
    let now = Date.now();
    const breaker = new CircuitBreaker({ pauseMs: 60_000 }, () => now);
    const client = () =>
      new PlatformClient({
        platform: 'test',
        apiUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        accessToken: async () => 'token',
        signal: new AbortController().signal,
        retryBaseMs: 0,
        breaker,
      });
    const errors: any[] = await Promise.all(
      [client(), client(), client()].map((each) => each.get('/x', z.object({})).catch((error: unknown) => error)),
    );
    expect(errors.map(({ code }) => code)).toEqual(new Array(3).fill('PLATFORM_UNAVAILABLE'));
    const sent = requests;
    const refused: any = await client()
      .get('/x', z.object({}))
      .catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'PLATFORM_UNAVAILABLE', details: { retryAt: new Date(now + 60_000) } });
    expect(requests).toBe(sent);
    now += 60_000;
    status = 200;
    expect(await client().get('/x', z.object({}))).toMatchObject({ status: 200 });
    expect(requests).toBe(sent + 1);
  });
});
