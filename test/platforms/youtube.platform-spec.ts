import { contextOf } from '../support/extraction-context.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { authorization, SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';
import type { ListsCheckpoint } from '../../src/platforms/lists-checkpoint.js';
import { PlatformClient, type PlatformClientLimits } from '../../src/platforms/platform-client.js';
import type { ExtractionPage } from '../../src/platforms/platform.js';
import { findPlatform } from '../../src/platforms/registry.js';
import type { YoutubeAccount } from '../../src/platforms/youtube/youtube-lists.js';
import { youtubeRateLimit } from '../../src/platforms/youtube/youtube-rate-limit.js';
import { youtube } from '../../src/platforms/youtube/youtube.js';
import { inFull } from '../support/length.js';

type YoutubeCheckpoint = ListsCheckpoint<YoutubeAccount>;

const NOW = new Date('2026-11-24T12:00:00Z');

describe('YouTube', () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;

  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, now: () => NOW });
    visitor = new SandboxVisitor(`${sandbox.url}/youtube`);
  });
  afterAll(() => sandbox.close());
  afterEach(() => fetch(`${sandbox.url}/sandbox/youtube/faults`, { method: 'DELETE' }));

  const order = (fault: object) =>
    fetch(`${sandbox.url}/sandbox/youtube/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });

  const read = async (persona: string, from?: YoutubeCheckpoint, limits: Partial<PlatformClientLimits> = {}) => {
    const { access_token: token } = await visitor.connect(persona, youtube.oauth.scopes);
    const client = new PlatformClient({
      platform: 'youtube',
      apiUrl: visitor.standInUrl,
      accessToken: async () => token,
      signal: new AbortController().signal,
      retryBaseMs: 1,
      limits,
      rateLimitedUntil: youtube.rateLimitedUntil,
      refusals: youtube.refusals,
    });
    const pages: ExtractionPage<YoutubeCheckpoint>[] = [];
    for await (const page of youtube.extract(client, from, contextOf({ now: NOW }))) pages.push(page);
    return pages;
  };

  it('is in the registry', () => {
    expect(findPlatform('youtube')).toBe(youtube);
  });

  it('reads channel, subscriptions, likes, uploads and playlists, each thing once and with the time of the act', async () => {
    const items = (await read('night-owl')).flatMap((page) => page.items);
    const ids = items.map((item) => `${item.kind} ${item.externalId}`);
    expect(new Set(ids).size).toBe(ids.length);
    const { access_token: token } = await visitor.connect('night-owl', youtube.oauth.scopes);
    const total = async (path: string) =>
      ((await (await visitor.get(path, token)).json()) as any).pageInfo.totalResults as number;
    const counts = Object.fromEntries([...new Set(items.map(({ kind }) => kind))].map((kind) => [kind, 0]));
    for (const { kind } of items) counts[kind] = (counts[kind] ?? 0) + 1;
    expect(counts).toMatchObject({
      channel: 1,
      subscription: await total('/youtube/v3/subscriptions?part=snippet&mine=true'),
      'liked-video': await total('/youtube/v3/playlistItems?part=snippet&playlistId=LL'),
      playlist: await total('/youtube/v3/playlists?part=snippet&mine=true'),
    });
    expect(counts['upload']).toBeGreaterThan(5);
    expect(counts['playlist-item']).toBeGreaterThan(50);
    const like = items.find(({ kind }) => kind === 'liked-video');
    expect(like).toMatchObject({
      key: expect.stringMatching(/^channel:UC/),
      timeMeaning: 'user_act',
      payload: { topicCategories: expect.arrayContaining([expect.stringContaining('wikipedia.org')]) },
    });
    const snapshots = new Set(items.filter((item) => item.timeMeaning === 'snapshot').map(({ kind }) => kind));
    expect(snapshots).toEqual(new Set(['channel', 'playlist']));
  });

  it('goes on after any page exactly as the unbroken run did', async () => {
    const pages = await read('devotee');
    expect(pages.length).toBeGreaterThan(8);
    for (const [index, { checkpoint }] of pages.entries()) {
      if (index % inFull(1, 4) !== 0) continue;
      const stored = youtube.checkpointSchema.parse(JSON.parse(JSON.stringify(checkpoint)));
      expect(await read('devotee', stored)).toEqual(pages.slice(index + 1));
    }
  });

  it('never lets the progress fall', async () => {
    const done = (await read('night-owl')).map((page) => page.done);
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(done.at(-1)).toBe(1);
  });

  it('reads an account without a channel', async () => {
    const items = (await read('commuter')).flatMap((page) => page.items);
    expect(new Set(items.map(({ kind }) => kind))).toEqual(new Set(['subscription', 'liked-video']));
  });

  it('ends a list that is refused with a warning and reads the others', async () => {
    await order({ path: '/youtube/v3/subscriptions', status: 403, message: 'subscriptionForbidden' });
    const pages = await read('devotee');
    expect(pages.flatMap((page) => page.warnings ?? [])).toEqual([
      {
        code: 'NOT_AVAILABLE',
        message: 'Subscriptions could not be read. YouTube does not show this to any app.',
        problem: { code: 'NOT_FOR_APPS', message: 'YouTube does not show this to any app.', actor: 'nobody' },
      },
    ]);
    expect(pages.flatMap((page) => page.items).some(({ kind }) => kind === 'liked-video')).toBe(true);
  });

  it('begins a list anew, once, when YouTube no longer knows the token of its page', async () => {
    const pages = await read('night-owl');
    const second = pages.find(({ checkpoint }) => checkpoint.list === 'liked-video' && checkpoint.at.next !== null);
    const { at, ...checkpoint } = second?.checkpoint as YoutubeCheckpoint;
    const next = at.next?.replace(/pageToken=.*/, 'pageToken=bm9uc2Vuc2U') ?? null;
    expect(next).toContain('bm9uc2Vuc2U');
    const stale = { ...checkpoint, at: { ...at, next } };
    const likes = (list: ExtractionPage[]) =>
      list.flatMap((page) => page.items).filter(({ kind }) => kind === 'liked-video');
    expect(likes(await read('night-owl', stale))).toEqual(likes(pages));
    const again = await read('night-owl', { ...checkpoint, at: { ...at, next, anew: true } });
    expect(again.flatMap(({ warnings = [] }) => warnings)).toEqual([
      { code: 'NOT_AVAILABLE', message: 'Liked videos were read only in part: YouTube refused (400)' },
    ]);
    expect(again.at(-1)!.done).toBe(1);
  });

  it('R16: leaves an answer that drips a byte a second at the limit', async () => {
    await order({ path: '/youtube/v3/channels', drip: true });
    const startedAt = Date.now();
    const limits = { totalMs: 2_500, idleMs: 2_000, tries: 1 };
    await expect(read('devotee', undefined, limits)).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    expect(Date.now() - startedAt).toBeLessThan(3_500);
  });

  it('parks until midnight Pacific time when the day is used up', async () => {
    await order({ path: '/youtube/v3/channels', status: 403, message: 'quotaExceeded' });
    const error: any = await read('devotee').catch((thrown: unknown) => thrown);
    expect(error.code).toBe('PLATFORM_RATE_LIMITED');
    const local = new Intl.DateTimeFormat('en-GB', { timeZone: 'America/Los_Angeles', timeStyle: 'short' });
    expect(local.format(error.details.retryAt)).toBe('00:00');
    expect(error.details.retryAt.getTime()).toBeGreaterThan(Date.now());
  });

  it.each([
    ['quotaExceeded', '2026-11-24T12:00:00Z', '2026-11-25T08:00:00Z'],
    ['quotaExceeded', '2026-03-08T07:59:00Z', '2026-03-08T08:00:00Z'],
    ['quotaExceeded', '2026-03-08T08:00:00Z', '2026-03-09T07:00:00Z'],
    ['rateLimitExceeded', '2026-11-24T12:00:00Z', '2026-11-24T12:01:00Z'],
    ['forbidden', '2026-11-24T12:00:00Z', undefined],
  ])('reads %s at %s as a pause until %s', (reason, now, until) => {
    const body = JSON.stringify({ error: { code: 403, errors: [{ reason }] } });
    const found = youtubeRateLimit({ status: 403, headers: new Map(), body }, new Date(now));
    expect(found?.toISOString()).toBe(until && new Date(until).toISOString());
  });

  it.each(['', 'null', '{"error":{"errors":"x"}}', '<html>'])(
    'takes a foreign refusal (%s) for no rate limit',
    (body) => {
      expect(youtubeRateLimit({ status: 403, headers: new Map(), body }, NOW)).toBeUndefined();
    },
  );

  it('gives a refresh token for offline access only, and keeps it', async () => {
    const connect = async (offline: boolean) => {
      const { parameters, verifier, redirectUri } = authorization(youtube.oauth.scopes);
      if (offline) parameters.set('access_type', 'offline');
      const code = await visitor.consent(parameters, 'devotee');
      const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: verifier };
      return (await (await visitor.token(form)).json()) as Record<string, string>;
    };
    expect(await connect(false)).not.toHaveProperty('refresh_token');
    const { refresh_token: kept = '' } = await connect(true);
    for (let time = 0; time < 2; time += 1) {
      const answer = await visitor.token({ grant_type: 'refresh_token', refresh_token: kept });
      expect(answer.status).toBe(200);
      expect(await answer.json()).not.toHaveProperty('refresh_token');
    }
    expect(youtube.oauth.authorizeParameters).toMatchObject({ access_type: 'offline' });
  });
});
