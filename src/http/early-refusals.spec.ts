import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { earlyRefusals } from './early-refusals.js';
import { requestId } from './request-id.js';

describe('A request that was refused with 429', () => {
  let server: Server;
  let decided: string[];
  let clock: jest.SpyInstance;

  beforeAll(async () => {
    const app = express();
    app.use(requestId, earlyRefusals(['https://app.example.org']), (request, response) => {
      decided.push(`${request.path} ${request.headers.authorization ?? ''}`);
      const refused =
        ['/refused', '/api/auth/sign-in'].includes(request.path) ||
        request.headers.authorization === 'Bearer spent' ||
        request.headers.cookie?.includes('session=spent');
      response.locals['refusal'] = { code: 'TOO_MANY_TRIES', message: 'Wait.' };
      response
        .status(refused ? 429 : 200)
        .setHeader('Retry-After', '2')
        .json({});
    });
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    decided = [];
    clock = jest.spyOn(performance, 'now').mockReturnValue(10_000);
  });
  afterEach(() => clock.mockRestore());
  afterAll(() => server.close());

  const ask = (path: string, headers: Record<string, string> = {}) =>
    fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`, { headers });

  it('is refused again without being looked at, until its time is over', async () => {
    expect((await ask('/refused')).status).toBe(429);
    const early = await Promise.all(Array.from({ length: 5 }, (_, n) => ask(`/refused?page=${n}`)));
    expect(early.map(({ status }) => status)).toEqual([429, 429, 429, 429, 429]);
    expect(decided).toHaveLength(1);
    const again = await ask('/refused', { origin: 'https://app.example.org' });
    expect(again.headers.get('retry-after')).toBe('2');
    expect(again.headers.get('access-control-allow-origin')).toBe('https://app.example.org');
    expect(await again.json()).toEqual({
      success: false,
      error: { code: 'TOO_MANY_TRIES', message: 'Wait.', retryAfter: 2 },
      requestId: again.headers.get('x-request-id'),
    });
    clock.mockReturnValue(12_001);
    await ask('/refused');
    expect(decided).toHaveLength(2);
  });

  it('and asks again before its time waits a second for the next refusal', async () => {
    const early = () => ask('/early', { authorization: 'Bearer spent' });
    await early();
    const begun = process.hrtime.bigint();
    expect((await early()).status).toBe(429);
    expect(Number(process.hrtime.bigint() - begun) / 1e6).toBeGreaterThan(990);
    expect(decided).toHaveLength(1);
  });

  it('does not keep browsers from asking whether they may ask with a token', async () => {
    await ask('/refused');
    const { port } = server.address() as AddressInfo;
    decided = [];
    await fetch(`http://127.0.0.1:${port}/refused`, { method: 'OPTIONS' });
    expect(decided).toEqual(['/refused ']);
  });

  it('keeps nobody else from anything, and its sender from nothing else', async () => {
    expect((await ask('/me', { authorization: 'Bearer spent' })).status).toBe(429);
    expect((await ask('/me', { authorization: 'Bearer spent' })).status).toBe(429);
    expect((await ask('/me', { authorization: 'Bearer other' })).status).toBe(200);
    expect((await ask('/me')).status).toBe(200);
    expect(decided).toEqual(['/me Bearer spent', '/me Bearer other', '/me ']);
    await ask('/elsewhere', { authorization: 'Bearer spent' });
    expect(decided).toHaveLength(4);
  });

  it('keeps nobody behind the same address from anything who has a session', async () => {
    expect((await ask('/data', { cookie: 'a=b; session=spent' })).status).toBe(429);
    expect((await ask('/data', { cookie: 'session=spent; a=c' })).status).toBe(429);
    expect((await ask('/data', { cookie: 'session=other' })).status).toBe(200);
    expect((await ask('/data')).status).toBe(200);
    expect(decided).toHaveLength(3);
  });

  it('is looked at again where it was refused for the name in its body', async () => {
    await ask('/api/auth/sign-in');
    await ask('/api/auth/sign-in');
    expect(decided).toHaveLength(2);
  });
});
