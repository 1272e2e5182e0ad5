import { randomUUID } from 'node:crypto';
import { SignJWT, UnsecuredJWT } from 'jose';
import type { Socket } from 'socket.io-client';
import { ApiClient } from '../support/api-client.js';
import { LiveFeed, socketTo } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';

const SECRET = 'the secret that the tests sign with';
const MAX_INTEGER = '9007199254740991';

const secondsFromNow = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

/** A token like those of the product, unless something is changed about it. */
function token({ secret = SECRET, alg = 'HS256', ...claims }: Record<string, unknown> & { secret?: string } = {}) {
  return new SignJWT({ sub: 'ada', exp: secondsFromNow(3_600), ...claims })
    .setProtectedHeader({ alg: String(alg) })
    .sign(new TextEncoder().encode(secret));
}

/** The same token with other content under the old signature. */
function altered(signed: string): string {
  const [header, payload = '', signature] = signed.split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
  return [header, Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url'), signature].join('.');
}

let app: RunningApp;

beforeAll(async () => {
  app = await RunningApp.start({ database: 'postgres', env: { JWT_SECRET: SECRET } });
});
afterAll(() => app.stop());

const bad: readonly (readonly [string, () => Promise<string> | string, string])[] = [
  ['is no token at all', () => 'x', 'UNAUTHORIZED'],
  ['is signed with another secret', () => token({ secret: 'another secret of enough characters' }), 'UNAUTHORIZED'],
  ['is not signed (alg none)', () => new UnsecuredJWT({ sub: 'ada' }).setExpirationTime('1h').encode(), 'UNAUTHORIZED'],
  ['is signed with another algorithm', () => token({ alg: 'HS512' }), 'UNAUTHORIZED'],
  ['was altered', async () => altered(await token()), 'UNAUTHORIZED'],
  ['names nobody', () => token({ sub: undefined }), 'UNAUTHORIZED'],
  ['names somebody with an empty name', () => token({ sub: '' }), 'UNAUTHORIZED'],
  ['names somebody with a name too long', () => token({ sub: 'a'.repeat(201) }), 'UNAUTHORIZED'],
  ['names somebody with a name that cannot be stored', () => token({ sub: 'a\u0000b' }), 'UNAUTHORIZED'],
  ['is not valid yet', () => token({ nbf: secondsFromNow(600) }), 'UNAUTHORIZED'],
  ['has expired', () => token({ exp: secondsFromNow(-60) }), 'TOKEN_EXPIRED'],
];

describe('who asks', () => {
  const statusWith = async (authorization?: string) => {
    const { status, body } = await new ApiClient(app).call('GET', '/me', {
      headers: authorization === undefined ? {} : { authorization },
    });
    return [status, body.error?.code];
  };

  it('must say so', async () => {
    expect(await statusWith()).toEqual([401, 'UNAUTHORIZED']);
    expect(await statusWith('Basic YWRhOmFkYQ==')).toEqual([401, 'UNAUTHORIZED']);
    expect(await statusWith('Bearer')).toEqual([401, 'UNAUTHORIZED']);
    expect(await statusWith(`Bearer ${await token()}`)).toEqual([200, undefined]);
  });

  it.each(bad)('is not believed with a token that %s', async (_, make, code) => {
    expect(await statusWith(`Bearer ${await make()}`)).toEqual([401, code]);
  });

  it.each(bad)('gets no live events with a token that %s', async (_, make, code) => {
    const socket = socketTo(app, await make());
    const error = await refusal(socket);
    expect(error).toMatchObject({ message: code, data: { code, message: expect.any(String) } });
  });

  it('gets no live events without a token', async () => {
    const error = await refusal(socketTo(app, undefined));
    expect(error.message).toBe('UNAUTHORIZED');
  });

  it('loses the live events when the token ends, and is told why', async () => {
    const feed = await LiveFeed.open(app, await token({ exp: secondsFromNow(2) }));
    const [[error], [reason]] = await Promise.all([emitted(feed.socket, 'error'), emitted(feed.socket, 'disconnect')]);
    expect(error).toMatchObject({ code: 'TOKEN_EXPIRED' });
    expect(reason).toBe('io server disconnect');
  });

  it('is an operator only with that role', async () => {
    const ada = new ApiClient(app, await token());
    const operator = new ApiClient(app, await token({ role: 'admin' }));
    for (const path of ['/queues/overview', '/queues/extraction/jobs']) {
      expect(await ada.call('GET', path)).toMatchObject({ status: 403, body: { error: { code: 'FORBIDDEN' } } });
      expect((await operator.call('GET', path)).status).toBe(200);
    }
    const forwarded = { body: { admin: true }, headers: { 'x-forwarded-for': '203.0.113.7' } };
    expect(await new ApiClient(app).call('POST', '/auth/demo', forwarded)).toMatchObject({
      status: 403,
      body: { error: { code: 'FORBIDDEN' } },
    });
  });

  it('sees nothing of another person', async () => {
    const [ada, eve] = [new ApiClient(app, await token()), new ApiClient(app, await token({ sub: 'eve' }))];
    const { jobId } = await ada.connect('newcomer');
    for (const [method, path] of [
      ['GET', `/jobs/${jobId}`],
      ['GET', `/extraction/jobs/${jobId}`],
      ['POST', `/jobs/${jobId}/cancel`],
    ] as const) {
      expect(await eve.call(method, path)).toMatchObject({ status: 404, body: { error: { code: 'JOB_NOT_FOUND' } } });
    }
    expect(await eve.events()).toEqual([]);
    expect(await eve.itemCounts()).toEqual({});
    expect((await ada.get(`/jobs/${jobId}`)).state).toBe('completed');
  });
});

describe('what is asked', () => {
  let ada: ApiClient;

  beforeAll(async () => {
    ada = new ApiClient(app, await token({ role: 'admin' }));
  });

  it.each([
    ['malformed JSON', '/auth/demo', '{"name":', 400, 'MALFORMED_JSON'],
    ['JSON that is no object', '/auth/demo', '[]', 400, 'INVALID_INPUT'],
    ['an unknown property', '/auth/demo', { nickname: 'Ada' }, 400, 'INVALID_INPUT'],
    ['an unknown property', '/connectors/spotify/authorize', { returnUrl: '/' }, 400, 'INVALID_INPUT'],
    [
      'an unknown property',
      '/connectors/callback',
      { platform: 'spotify', state: 'x', user: 'eve' },
      400,
      'INVALID_INPUT',
    ],
    ['a wrong type', '/auth/demo', { name: 7 }, 400, 'INVALID_INPUT'],
    ['a time zone that is none', '/auth/demo', { timeZone: 'Mars/Olympus' }, 400, 'INVALID_INPUT'],
    ['an offset instead of a zone', '/auth/demo', { timeZone: '+02:00' }, 400, 'INVALID_INPUT'],
    ['too much', '/auth/demo', { name: 'a'.repeat(200_000) }, 413, 'BODY_TOO_LARGE'],
  ])('%s is refused: POST %s', async (_, path, body, status, code) => {
    const answer = await ada.call('POST', path, { body });
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message).toEqual(expect.any(String));
    expect(answer.headers.get('x-request-id')).toBe(answer.body.requestId);
  });

  it('names the property that is wrong', async () => {
    const { body } = await ada.call('PATCH', '/me', { body: { timeZone: 'Mars/Olympus' } });
    expect(body.error.details).toEqual([{ path: 'timeZone', message: expect.any(String) }]);
  });

  const encoded = (position: unknown) => Buffer.from(JSON.stringify(position)).toString('base64url');

  it.each([
    '/events?limit=0',
    '/events?limit=201',
    '/events?limit=many',
    '/events?since=-1',
    '/events?since=1.5',
    '/events?since=1&since=2',
    '/events?after=1',
    '/extraction/jobs?state=sleeping',
    '/extraction/jobs?cursor=%00',
    `/extraction/jobs?cursor=${'x'.repeat(3_000)}`,
    `/extraction/jobs?cursor=${encoded('not-a-uuid')}`,
    `/extraction/jobs?cursor=${encoded({ id: randomUUID() })}`,
    `/extraction/items?cursor=${encoded(['spotify'])}`,
    `/extraction/items?cursor=${encoded(['spotify', 'play', 'a\u0000'])}`,
    '/extraction/items?kind=%00',
    '/extraction/items?platform=%00',
    '/extraction/jobs?platform=%00',
    '/queues/extraction/jobs?userId=%00',
    `/soul-signature/versions?cursor=${encoded(1.5)}`,
    `/soul-signature/versions?cursor=${encoded(Number(MAX_INTEGER))}`,
    '/soul-signature/versions/0',
    '/soul-signature/versions/latest',
    `/soul-signature/versions/${MAX_INTEGER}`,
    '/queues/everything/jobs',
    'DELETE /connectors/%00',
    'POST /connectors/%00/authorize',
  ])('%s is refused as a mistake of the caller', async (request) => {
    const [path = '', method = 'GET'] = request.split(' ').reverse();
    const { status, body } = await ada.call(method, path);
    expect([status, body.error.code]).toEqual([400, 'INVALID_INPUT']);
  });

  it.each([
    ['GET', '/nothing-here', 'NOT_FOUND'],
    ['GET', '/jobs/1', 'JOB_NOT_FOUND'],
    ['GET', `/jobs/${randomUUID()}`, 'JOB_NOT_FOUND'],
    ['GET', '/jobs/%00', 'JOB_NOT_FOUND'],
    ['GET', '/connectors/connects/1', 'CONNECT_NOT_FOUND'],
    ['GET', '/soul-signature/versions/7', 'VERSION_NOT_FOUND'],
    ['DELETE', '/connectors/myspace', 'NOT_CONNECTED'],
    ['POST', '/extraction/%00', 'UNKNOWN_PLATFORM'],
  ])('%s %s finds nothing', async (method, path, code) => {
    const { status, body } = await ada.call(method, path);
    expect([status, body.error.code]).toEqual([404, code]);
  });

  it('a broken path is refused, not failed on', async () => {
    expect((await ada.call('GET', '/jobs/%E0%A4%A')).status).toBe(400);
  });

  it('goes past the end of the events without harm', async () => {
    expect((await ada.call('GET', `/events?since=${MAX_INTEGER}`)).body.data).toEqual([]);
  });

  it.each([
    ['some', 3, 4],
    ['all', 5, 6],
  ])('is not given a list with a gap where %s of the events have expired', async (_, expired, oldest) => {
    const kim = new ApiClient(app, await token({ sub: `kim ${oldest}` }), `kim ${oldest}`);
    const feed = await LiveFeed.open(app, kim.token!);
    await app.database!.query(
      `WITH told AS (UPDATE users SET seq = 5 WHERE id = $1 RETURNING id)
       INSERT INTO events (user_id, seq, type, payload)
       SELECT id, seq, 'batch_completed', '{}' FROM told, generate_series($2::int + 1, 5) AS seq`,
      [kim.userId, expired],
    );
    const { status, body } = await kim.call('GET', '/events?since=2');
    expect([status, body.error]).toMatchObject([410, { code: 'EVENTS_EXPIRED', details: { oldest } }]);
    expect(await feed.replay({ since: 2 })).toEqual({ error: { code: 'EVENTS_EXPIRED', oldest } });

    // The way on.
    const kept = [4, 5].filter((seq) => seq >= oldest);
    for (const since of [0, oldest - 1]) {
      expect((await kim.events(since)).map(({ seq }) => seq)).toEqual(kept);
    }
    expect(await feed.replay({ since: oldest - 1 })).toMatchObject({ events: kept.map((seq) => ({ seq })), seq: 5 });
    feed.close();
  });

  it('replays nothing for a number that is none', async () => {
    const feed = await LiveFeed.open(app, ada.token!);
    for (const request of [{}, { since: -1 }, { since: 1.5 }, { since: 1, limit: 501 }, 'all', null] as object[]) {
      expect(await feed.replay(request)).toMatchObject({ error: { code: 'INVALID_INPUT' } });
    }
    feed.close();
  });

  it('a build that nobody has data for says what is missing', async () => {
    const eve = new ApiClient(app, await token({ sub: 'eve' }));
    const { body } = await eve.call('GET', '/soul-signature');
    expect(body.error).toMatchObject({ code: 'NO_SIGNATURE_YET', details: { missing: 'connection' } });
  });

  it('has left the process running, and nothing unexpected in its log', () => {
    expect(app.isRunning).toBe(true);
    expect(app.lines.filter((line) => / (ERROR|FATAL): /.test(line))).toEqual([]);
  });
});

function emitted(socket: Socket, event: string): Promise<unknown[]> {
  return new Promise((resolve) => socket.once(event, (...args: unknown[]) => resolve(args)));
}

/** What a socket is refused with. */
function refusal(socket: Socket): Promise<Error & { data?: unknown }> {
  return new Promise((resolve) => socket.once('connect_error', resolve));
}
