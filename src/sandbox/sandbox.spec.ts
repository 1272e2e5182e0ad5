import { rawRequest } from '../../test/support/raw-request.js';
import { type Sandbox, startSandbox } from './sandbox.js';
import { SandboxVisitor } from './sandbox-visitor.js';

describe('the sandbox', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;
  let token: string;

  beforeEach(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0 });
    visitor = new SandboxVisitor(`${sandbox.url}/spotify`);
    token = (await visitor.connect('newcomer', ['user-library-read'])).access_token;
  });
  afterEach(() => sandbox.close());

  const control = (method: string, path: string, body?: object) =>
    fetch(`${sandbox.url}/sandbox${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
  const fault = async (rule: object) => expect((await control('POST', '/spotify/faults', rule)).status).toBe(204);

  it('can be recognised by another process', async () => {
    expect(await (await fetch(`${sandbox.url}/sandbox`)).json()).toEqual({ sandbox: 'soul-signature' });
    expect((await fetch(`${sandbox.url}/elsewhere`)).status).toBe(404);
  });

  it('answers under names of this machine only, and under those that it is given', async () => {
    const under = async (host: string, path = '/sandbox/clock') =>
      (await rawRequest(sandbox.url, path, { headers: { host } })).status;
    for (const host of ['localhost', '127.0.0.1:3002', '[::1]:3002']) {
      expect([host, await under(host)]).toEqual([host, 200]);
    }
    for (const host of ['evil.example', '127.0.0.1.evil.example', 'sandbox:3002']) {
      expect([host, await under(host), await under(host, '/spotify/v1/me')]).toEqual([host, 421, 421]);
    }
    await sandbox.close();
    sandbox = await startSandbox({ host: '127.0.0.1', port: sandbox.port, allowedHosts: ['sandbox'] });
    expect(await under('sandbox:3002')).toBe(200);
  });

  it("rejects with Node's own error where the port is taken", async () => {
    const second = startSandbox({ host: '127.0.0.1', port: sandbox.port });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port: sandbox.port });
  });

  it('closes in spite of requests it will never answer', async () => {
    await fault({ hang: true });
    const hanging = visitor.get('/v1/me', token);
    const cut = expect(hanging).rejects.toThrow();
    await sandbox.close();
    await cut;
    sandbox = await startSandbox({ host: '127.0.0.1', port: sandbox.port });
  });

  it("answers an ordered rate limit in Spotify's shape as often as ordered, on the ordered path only", async () => {
    await fault({ path: '/v1/me/tracks', status: 429, retryAfter: 7, times: 2 });
    expect((await visitor.get('/v1/me', token)).status).toBe(200);
    for (let time = 0; time < 2; time += 1) {
      const limited = await visitor.get('/v1/me/tracks', token);
      expect(limited.status).toBe(429);
      expect(limited.headers.get('retry-after')).toBe('7');
      expect(await limited.json()).toEqual({ error: { status: 429, message: 'API rate limit exceeded' } });
    }
    expect((await visitor.get('/v1/me/tracks', token)).status).toBe(200);
  });

  it('lets requests pass before a fault, repeats it without end, and forgets it when told', async () => {
    await fault({ path: '/v1/me', status: 503, after: 1 });
    const statuses: number[] = [];
    for (let time = 0; time < 4; time += 1) statuses.push((await visitor.get('/v1/me', token)).status);
    expect(statuses).toEqual([200, 503, 503, 503]);
    await control('DELETE', '/spotify/faults');
    expect((await visitor.get('/v1/me', token)).status).toBe(200);
  });

  it('sends broken and foreign answers, and slow ones', async () => {
    await fault({ body: '<html>gateway', contentType: 'text/html', times: 1 });
    await fault({ latencyMs: 80, times: 1 });
    const broken = await visitor.get('/v1/me', token);
    expect([broken.status, broken.headers.get('content-type'), await broken.text()]).toEqual([
      200,
      'text/html; charset=utf-8',
      '<html>gateway',
    ]);
    const started = performance.now();
    expect((await visitor.get('/v1/me', token)).status).toBe(200);
    expect(performance.now() - started).toBeGreaterThan(70);
  });

  it('keeps faults of the token endpoint and of the API apart', async () => {
    await fault({ scope: 'token', status: 503 });
    expect((await visitor.get('/v1/me', token)).status).toBe(200);
    const refused = await visitor.token({ grant_type: 'refresh_token', refresh_token: 'x' });
    expect(refused.status).toBe(503);
    expect(await refused.json()).toMatchObject({ error: 'server_error' });
  });

  it('names what is wrong with a fault rule', async () => {
    const refused = await control('POST', '/spotify/faults', { status: 'five hundred' });
    expect(refused.status).toBe(400);
    expect(((await refused.json()) as { error: string }).error).toContain('status');
  });

  it('counts requests per path without their query', async () => {
    await control('DELETE', '/spotify/requests');
    await visitor.get('/v1/me/tracks?limit=1', token);
    await visitor.get('/v1/me/tracks?limit=2', token);
    await visitor.get('/v1/me', token);
    const counts = await (await control('GET', '/spotify/requests')).json();
    expect(counts).toEqual({ '/v1/me': 1, '/v1/me/tracks': 2 });
  });

  it('moves its clock forward', async () => {
    const before = (await (await control('GET', '/clock')).json()) as { now: string };
    const after = (await (await control('POST', '/clock', { advanceMs: 86_400_000 })).json()) as { now: string };
    expect(Date.parse(after.now) - Date.parse(before.now)).toBeGreaterThanOrEqual(86_400_000);
  });
});
