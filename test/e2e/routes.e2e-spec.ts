import { AccountClient } from '../support/account-client.js';
import { ApiClient, type Answer } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { listens } from '../support/listens.js';
import { RunningApp } from '../support/running-app.js';
import { until } from '../support/until.js';

/** The routes open to everybody; all others need a token. */
const PUBLIC = [
  'GET /api/auth/oidc/callback',
  'GET /api/auth/oidc/start',
  'GET /api/auth/ways',
  'GET /api/connectors/{platform}/callback',
  'GET /api/health/live',
  'GET /api/health/ready',
  'GET /api/queues/dashboard',
  'GET /api/queues/dashboard/{path}',
  'GET /api/queues/health',
  'GET /api/queues/stats',
  'GET /mcp',
  'GET /metrics',
  'POST /api/auth/demo',
  'POST /api/auth/oidc/backchannel-logout',
  'POST /api/auth/oidc/start',
  'POST /api/auth/passkeys/options',
  'POST /api/auth/passkeys/sign-in',
  'POST /api/auth/sign-in',
  'POST /api/auth/sign-out',
  'POST /api/auth/sign-up',
];

/** The routes that programs can be let in to, by the scope that they ask for. All others refuse every access token. */
const BY_SCOPE: Readonly<Record<string, readonly string[]>> = {
  'signature:read': [
    'GET /api/soul-signature',
    'GET /api/soul-signature/changes',
    'GET /api/soul-signature/versions',
    'GET /api/soul-signature/versions/{version}',
    'POST /mcp',
  ],
  'evidence:read': ['GET /api/soul-signature/versions/{version}/evidence/{key}'],
  'items:read': ['GET /api/extraction/items', 'POST /mcp'],
  'events:read': ['GET /api/events'],
  'extraction:run': [
    'GET /api/extraction/batches/{batchId}',
    'GET /api/extraction/jobs',
    'GET /api/extraction/jobs/{id}',
    'GET /api/jobs/{id}',
    'POST /api/extraction',
    'POST /api/extraction/{platform}',
    'POST /api/jobs/{id}/cancel',
    'POST /api/jobs/{id}/retry',
    'POST /api/soul-signature/build',
  ],
  'connections:read': ['GET /api/connectors/platforms', 'GET /api/connectors/status'],
  'connections:write': [
    'DELETE /api/connectors/{platform}',
    'GET /api/connectors/connects/{connectId}',
    'POST /api/connectors/callback',
    'POST /api/connectors/{platform}/authorize',
    'POST /api/connectors/{platform}/token',
    'PUT /api/extraction/{platform}/schedule',
  ],
  'imports:read': ['GET /api/imports', 'GET /api/imports/formats', 'GET /api/imports/{id}'],
  'imports:write': ['DELETE /api/imports/{id}', 'POST /api/imports', 'POST /api/imports/{id}/start'],
  account: [
    'DELETE /api/account',
    'DELETE /api/me/identities/{id}',
    'DELETE /api/me/passkeys/{id}',
    'DELETE /api/sessions',
    'DELETE /api/sessions/{id}',
    'DELETE /api/tokens/{id}',
    'GET /api/account/export',
    'GET /api/account/reads',
    'GET /api/me',
    'GET /api/me/identities',
    'GET /api/me/passkeys',
    'GET /api/sessions',
    'GET /api/soul-signature/population',
    'GET /api/tokens',
    'PATCH /api/me',
    'PATCH /api/me/passkeys/{id}',
    'POST /api/me/identities',
    'POST /api/me/passkeys',
    'POST /api/me/passkeys/options',
    'POST /api/tokens',
    'PUT /api/me/password',
    'PUT /api/soul-signature/population',
  ],
  'admin:read': [
    'GET /api/audit',
    'GET /api/keys',
    'GET /api/queues/overview',
    'GET /api/queues/{name}/jobs',
    'GET /api/users',
  ],
  admin: [
    'POST /api/events/epoch',
    'POST /api/keys/rotate',
    'POST /api/queues/{name}/failed/discard',
    'POST /api/queues/{name}/failed/retry',
    'POST /api/queues/{name}/pause',
    'POST /api/queues/{name}/resume',
    'POST /api/users/invitations',
    'POST /api/users/{userId}/lock',
    'POST /api/users/{userId}/sign-out',
    'POST /api/users/{userId}/unlock',
  ],
};

interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly const?: unknown;
}

/** One operation of the OpenAPI document. */
interface Route {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly body: Schema | undefined;
  /** Of which a program needs one. */
  readonly scopes: readonly string[];
}

/** Every route of the OpenAPI document, so that a new one is tested without a change here. */
describe('every route', () => {
  let app: RunningApp;
  let routes: Route[];

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { LOG_LEVEL: 'debug', EXTRACTION_SCHEDULE: 'off' } });
    const document: any = await (await fetch(`${app.url}/api/openapi.json`)).json();
    routes = Object.entries<any>(document.paths).flatMap(([path, operations]) =>
      Object.entries<any>(operations).map(([method, { parameters = [], requestBody, 'x-scopes': scopes = [] }]) => ({
        method: method.toUpperCase(),
        path,
        query: parameters.filter((each: any) => each.in === 'query').map((each: any) => each.name),
        body: requestBody?.content?.['application/json']?.schema,
        scopes,
      })),
    );
  });
  afterAll(() => app.stop());

  const nameOf = ({ method, path }: Route) => `${method} ${path}`;
  const ask = (client: ApiClient, method: string, path: string, body?: unknown) =>
    client.call(method, path.startsWith('/api') ? path.slice(4) : `/..${path}`, body === undefined ? {} : { body });

  it('is in the OpenAPI document', () => {
    const mapped = app.lines.flatMap((line) => {
      const [, path, method] = /Mapped \{(.+), (\w+)\} route/.exec(line) ?? [];
      return path === undefined ? [] : [`${method ?? ''} ${path.replace(/[:*](\w+)/g, '{$1}')}`];
    });
    expect(mapped.length).toBeGreaterThan(30);
    expect(routes.map(nameOf).sort()).toEqual([...new Set(mapped)].sort());
  });

  it('asks for a token, unless it is known to be open', async () => {
    const nobody = new ApiClient(app);
    const open: string[] = [];
    for (const route of routes) {
      const { status, body } = await ask(nobody, route.method, route.path.replace(/\{\w+\}/g, '1'), route.body && {});
      if (status === 401) expect(body.error.code).toBe('UNAUTHORIZED');
      else open.push(nameOf(route));
    }
    expect(open.sort()).toEqual(PUBLIC);
  });

  it('shows the scope that it asks of programs', () => {
    const shown: Record<string, string[]> = {};
    for (const route of routes) for (const scope of route.scopes) (shown[scope] ??= []).push(nameOf(route));
    for (const names of Object.values(shown)) names.sort();
    expect(shown).toEqual(BY_SCOPE);
  });

  it('answers the tokens of programs that have its scope, and no others', async () => {
    const { browser, userId } = await AccountClient.signUp(app);
    await app.database!.query('UPDATE accounts SET admin = true WHERE user_id = $1', [userId]);
    const grantable: string[] = (await browser.call('GET', '/tokens')).body.scopes.map(({ scope }: any) => scope);
    expect(grantable).toEqual(Object.keys(BY_SCOPE).filter((scope) => scope !== 'account'));
    const programs = new Map<string, ApiClient>();
    const withScopes = async (scopes: readonly string[]) => {
      const key = scopes.join(' ');
      const body = { name: 'A program', scopes };
      const program = programs.get(key) ?? new ApiClient(app, (await browser.post('/tokens', body)).token);
      programs.set(key, program);
      return program;
    };
    const wrong: string[] = [];
    let requests = 0;
    const check = async (route: Route, granted: readonly string[]) => {
      const asked = Object.keys(BY_SCOPE).filter((scope) => BY_SCOPE[scope]!.includes(nameOf(route)));
      const program = await withScopes(granted);
      const { status, body } = await ask(program, route.method, route.path.replace(/\{\w+\}/g, '1'), route.body && {});
      requests += 1;
      const said = [status, body.error?.code, body.error?.details?.scope].join(' ');
      const missing = asked.length > 0 ? `403 SCOPE_MISSING ${asked[0]}` : '403 TOKEN_NOT_ALLOWED ';
      const isRight = granted.some((scope) => asked.includes(scope))
        ? ![401, 403, 500].includes(status)
        : said === missing;
      if (!isRight) wrong.push(`${nameOf(route)} with ${granted.join(', ')}: ${said}`);
    };
    for (const route of routes.filter((each) => !PUBLIC.includes(nameOf(each)))) {
      const asked = grantable.filter((scope) => route.scopes.includes(scope));
      for (const scope of inFull(grantable, asked)) await check(route, [scope]);
      await check(
        route,
        grantable.filter((scope) => !asked.includes(scope)),
      );
    }
    expect(wrong).toEqual([]);
    expect(requests).toBeGreaterThan(80);
  });

  describe('asked by one person with what belongs to another', () => {
    let alice: ApiClient;
    let ids: string[];
    let marks: string[];

    /** Everything of Alice's, but for the time at which it is read. */
    const everything = async () => {
      const { exportedAt: _, ...data } = await alice.get('/account/export');
      return data;
    };

    beforeAll(async () => {
      alice = await ApiClient.signIn(app, { name: 'Alice of the marks', timeZone: 'Asia/Tokyo' });
      const { jobId } = await alice.connect('night-owl');
      await alice.endOf(jobId);
      const { batchId } = await alice.post('/extraction');
      await alice.event('batch_completed');
      await app.spotify.addFault({ path: '/v1/me', status: 403 });
      const { jobId: deadId } = await alice.post('/extraction/spotify');
      await alice.endOf(deadId);
      await app.spotify.reset();
      const { connectId, state } = await alice.authorize('github');
      const upload = await alice.upload([{ name: 'marked listens.csv', content: listens(20) }]);
      const { importId } = upload.body.data;
      await alice.call('POST', '/soul-signature/build', { headers: { 'idempotency-key': 'alice-once' } });
      await until('rest', async () => {
        const jobs = await app.database!.query('SELECT status FROM jobs WHERE user_id = $1', [alice.userId]);
        return jobs.every(({ status }) => !['waiting', 'active'].includes(status));
      });
      const list = await alice.call('GET', '/extraction/items?limit=1');
      const { version, facts } = await alice.get('/soul-signature');
      const claim = /evidence\/([\w%.:-]+)/.exec(JSON.stringify(facts))?.[1] ?? 'top-artists';
      ids = [jobId, deadId, batchId, connectId, state, String(version), decodeURIComponent(claim)];
      ids.push(importId, list.body.page.nextCursor, alice.userId, 'alice-once', 'spotify');
      const data = await everything();
      marks = [alice.userId, 'Alice of the marks', jobId, deadId, batchId, connectId, state, importId, 'marked listens']
        .concat(data.jobs.map(({ id }: any) => id))
        .concat(
          data.items
            .map(({ externalId }: any) => externalId)
            .filter((id: string) => id.length >= 10)
            .slice(0, 300),
        );
      expect(marks.length).toBeGreaterThan(100);
    });

    /** A body in which every text is this one. */
    function filled(schema: Schema, text: string): unknown {
      if (schema.const !== undefined) return schema.const;
      if (schema.anyOf?.[0]) return filled(schema.anyOf[0], text);
      if (schema.enum) return schema.enum[0];
      if (schema.type === 'array') return [filled(schema.items ?? {}, text)];
      if (schema.type === 'boolean') return true;
      if (schema.type === 'integer' || schema.type === 'number') return 1;
      if (schema.properties) {
        return Object.fromEntries(
          Object.entries(schema.properties).map(([name, property]) => [name, filled(property, text)]),
        );
      }
      return text;
    }

    /** The path with every id in every place. */
    function pathsOf(path: string): { path: string; said: string[] }[] {
      const [parameter] = /\{\w+\}/.exec(path) ?? [];
      if (parameter === undefined) return [{ path, said: [] }];
      return [...ids, 'extraction'].flatMap((id) =>
        pathsOf(path.replace(parameter, encodeURIComponent(id))).map((rest) => ({ ...rest, said: [id, ...rest.said] })),
      );
    }

    /** None, one parameter at a time, all of them. */
    function queriesOf({ query, path }: Route, id: string): string[] {
      if (query.length === 0 || path.split('{').length > 2) return [''];
      const all = new URLSearchParams(query.map((name): [string, string] => [name, name === 'limit' ? '50' : id]));
      return ['', ...query.map((name) => `?${name}=${encodeURIComponent(id)}`), `?${all.toString()}`];
    }

    /** The first of Alice's marks in an answer. What Bob sent himself may be returned to him. */
    function markIn({ body, headers }: Answer, said: readonly string[]): string | undefined {
      const text = JSON.stringify([body, [...headers]]);
      return marks.find((mark) => text.includes(mark) && !said.some((each) => mark.includes(each)));
    }

    it('shows nothing of the other’s, and changes nothing of it', async () => {
      const bob = await ApiClient.signIn(app, { name: 'Bob' });
      const before = await everything();
      const leaks: string[] = [];
      const statuses = new Map<string, Set<number>>();
      let requests = 0;
      // What ends Bob's own account comes last.
      const ordered = [...routes].sort((a, b) => Number(a.path === '/api/account') - Number(b.path === '/api/account'));
      for (const route of ordered) {
        const paths = pathsOf(route.path);
        for (const id of route.query.length > 0 || route.body !== undefined
          ? ids.slice(0, inFull(ids.length, 3))
          : [ids[0]!]) {
          for (const { path, said } of paths) {
            for (const query of queriesOf(route, id)) {
              const body = route.body === undefined ? undefined : filled(route.body, id);
              const answer = await ask(bob, route.method, path + query, body);
              requests += 1;
              statuses.set(nameOf(route), (statuses.get(nameOf(route)) ?? new Set()).add(answer.status));
              const told = markIn(answer, [...said, id]);
              if (told !== undefined) leaks.push(`${nameOf(route)} ${path}${query}: ${told}`);
              if (answer.status === 500) leaks.push(`${nameOf(route)} ${path}${query}: 500`);
            }
          }
        }
      }
      expect(markIn(await ask(alice, 'GET', '/api/extraction/items'), [])).toBeDefined();
      expect(leaks).toEqual([]);
      expect(await everything()).toEqual(before);
      for (const route of routes.filter(({ path }) =>
        /queues\/(overview|\{name\})|\/keys|\/events\/epoch|\/users|\/audit/.test(path),
      )) {
        expect([nameOf(route), [...(statuses.get(nameOf(route)) ?? [])]]).toEqual([nameOf(route), [403]]);
      }
      expect(requests).toBeGreaterThan(500);
      console.info(`${requests} requests to ${routes.length} routes`);
    });

    it.each(['/jobs/', '/extraction/jobs/', '/extraction/batches/', '/connectors/connects/', '/imports/'])(
      'answers at %s as if there were nothing',
      async (path) => {
        const bob = await ApiClient.signIn(app, { name: 'Bob again' });
        for (const id of [...ids.slice(0, 4), ids[7]!]) expect((await bob.call('GET', path + id)).status).toBe(404);
      },
    );

    it('does not let somebody else finish what Alice began', async () => {
      const bob = await ApiClient.signIn(app, { name: 'Bob at last' });
      const { body } = await bob.call('POST', '/connectors/callback', {
        body: { platform: 'github', state: ids[4], code: 'x' },
      });
      expect(body.error.code).toBe('CONNECT_STATE_INVALID');
      expect(await alice.get(`/connectors/connects/${ids[3] ?? ''}`)).toMatchObject({ status: 'pending' });
    });
  });
});
