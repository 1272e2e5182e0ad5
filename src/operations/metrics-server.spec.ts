import { freePort } from '../../test/support/free-port.js';
import { RequestLimits } from '../auth/request-limits.js';
import { parseConfig } from '../config/config.js';
import { ApiError } from '../http/api-error.js';
import { MetricsAccess } from './metrics-access.js';
import { MetricsServer } from './metrics-server.js';
import type { Scrape } from './scrape.js';

const TOKEN = 'a-token-for-scrapes-0123';

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://soul.example.org',
  DATABASE_URL: 'postgres://u:p@db.example.org/soul',
  JWT_SECRET: 'x'.repeat(32),
  TOKEN_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
};

type Environment = Readonly<Record<string, string>>;

const accessIn = (env: Environment) => {
  const config = parseConfig({ API_RATE_MAX: '5', ...env });
  return new MetricsAccess(new RequestLimits(config), config);
};

describe('The metrics', () => {
  /** The status of each of so many requests on the port of the product. */
  const answers = (env: Environment, authorization?: string, times = 1) => {
    const access = accessIn(env);
    return Array.from({ length: times }, () => {
      try {
        access.checkOnMainPort({ authorization, address: '203.0.113.7' });
        return 200;
      } catch (error) {
        return (error as ApiError).getStatus();
      }
    });
  };
  const bearer = `Bearer ${TOKEN}`;

  it.each<[string, Environment, string | undefined, number]>([
    ['of development are open', {}, undefined, 200],
    ['of production without a token are nowhere', PRODUCTION, undefined, 404],
    ['of production without a token are nowhere for any', PRODUCTION, bearer, 404],
    ['of production with a token are closed to others', { ...PRODUCTION, METRICS_TOKEN: TOKEN }, undefined, 401],
    ['of production are closed to a wrong token', { ...PRODUCTION, METRICS_TOKEN: TOKEN }, `${bearer}4`, 401],
    ['of production are open to the token', { ...PRODUCTION, METRICS_TOKEN: TOKEN }, bearer, 200],
    ['of development are closed where there is a token', { METRICS_TOKEN: TOKEN }, 'Basic eDp5', 401],
    ['are nowhere else than on a port of their own', { METRICS_PORT: '9464', METRICS_TOKEN: TOKEN }, bearer, 404],
  ])('%s', (_, env, authorization, status) => {
    expect(answers(env, authorization)).toEqual([status]);
  });

  it('are limited for who has no token, and guesses of it too', () => {
    const limited = [200, 200, 200, 200, 200, 429, 429];
    expect(answers({}, undefined, 7)).toEqual(limited);
    const withToken = { ...PRODUCTION, METRICS_TOKEN: TOKEN };
    expect(answers(withToken, 'Bearer guess', 7)).toEqual(limited.map((status) => (status === 200 ? 401 : status)));
    expect(answers(withToken, bearer, 7)).toEqual(Array(7).fill(200));
  });

  describe('on a port of their own', () => {
    const scrape: Pick<Scrape, 'text' | 'contentType'> = {
      contentType: 'text/plain; version=0.0.4' as Scrape['contentType'],
      text: () => Promise.resolve('soul_jobs 1\n'),
    };
    const open = async (env: Environment) => {
      const port = await freePort();
      const config = parseConfig({ ...env, METRICS_PORT: String(port) });
      const server = new MetricsServer(accessIn({ ...env, METRICS_PORT: String(port) }), scrape as Scrape, config);
      await server.listen();
      const ask = (path: string, init: RequestInit = {}) => fetch(`http://127.0.0.1:${port}${path}`, init);
      return { server, ask, config };
    };

    it('are the only thing there', async () => {
      const { server, ask } = await open({});
      const answer = await ask('/metrics?x=1');
      expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
        200,
        'text/plain; version=0.0.4',
        'soul_jobs 1\n',
      ]);
      expect((await ask('/api/me')).status).toBe(404);
      expect((await ask('/metrics', { method: 'POST' })).status).toBe(404);
      server.onModuleDestroy();
      await expect(ask('/metrics')).rejects.toThrow();
    });

    it('ask for the token where there is one', async () => {
      const { server, ask } = await open({ METRICS_TOKEN: TOKEN });
      const refused = await ask('/metrics');
      expect([refused.status, await refused.json()]).toMatchObject([401, { error: { code: 'UNAUTHORIZED' } }]);
      expect((await ask('/metrics', { headers: { authorization: bearer } })).status).toBe(200);
      server.onModuleDestroy();
    });

    it('name their variable when the port is taken', async () => {
      const { server, config } = await open({});
      const second = new MetricsServer(accessIn({}), scrape as Scrape, config);
      await expect(second.listen()).rejects.toMatchObject({ code: 'EADDRINUSE', variable: 'METRICS_PORT' });
      server.onModuleDestroy();
    });
  });
});
