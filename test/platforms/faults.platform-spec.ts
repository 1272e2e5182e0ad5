import { PlatformClient } from '../../src/platforms/platform-client.js';
import type { ExtractionPage, Platform } from '../../src/platforms/platform.js';
import { findPlatform } from '../../src/platforms/registry.js';
import type { Fault } from '../../src/sandbox/faults.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';
import { contextOf } from '../support/extraction-context.js';

const kindOf: Readonly<Record<string, string>> = {
  'Saved tracks': 'saved-track',
  Stars: 'star',
  'Liked videos': 'liked-video',
};
const NOW = new Date('2026-11-24T12:00:00Z');

describe.each([
  ['spotify', '/v1/me/tracks', 'Saved tracks'],
  ['github', '/user/starred', 'Stars'],
  ['youtube', '/youtube/v3/playlistItems', 'Liked videos'],
])('a sandbox %s', (name, list, title) => {
  const platform = findPlatform(name) as Platform;
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;
  let token: string;
  let statuses: (number | 'network')[];

  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, now: () => NOW });
    visitor = new SandboxVisitor(`${sandbox.url}/${name}`);
  });
  beforeEach(async () => {
    token = (await visitor.connect('devotee', platform.oauth.scopes)).access_token;
    statuses = [];
  });
  afterEach(() => fetch(`${sandbox.url}/sandbox/${name}/faults`, { method: 'DELETE' }));
  afterAll(() => sandbox.close());

  const order = (fault: Partial<Fault>) =>
    fetch(`${sandbox.url}/sandbox/${name}/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });

  const read = async (renewed = token) => {
    const client = new PlatformClient({
      platform: name,
      apiUrl: visitor.standInUrl,
      headers: platform.headers,
      accessToken: async (rejected) => (rejected === undefined ? token : renewed),
      signal: new AbortController().signal,
      retryBaseMs: 1,
      limits: { tries: 2 },
      onAnswer: (status) => statuses.push(status),
    });
    const pages: ExtractionPage[] = [];
    const context = contextOf({ now: NOW, bounds: platform.bounds });
    for await (const page of platform.extract(client, undefined, context)) pages.push(page);
    return pages;
  };

  it('that loops is left with a warning, and nothing of the list counts as gone', async () => {
    await order({ path: list, loop: true });
    const pages = await read();
    const warnings = pages.flatMap((page) => page.warnings ?? []);
    expect(warnings).toContainEqual({
      code: 'LIMIT_REACHED',
      message: `${title} were read only in part: the list repeats itself`,
    });
    const kinds = new Set(pages.flatMap((page) => page.items.map(({ kind }) => kind)));
    const listings = pages.flatMap(({ listing }) => listing ?? []);
    const looped = kindOf[title];
    expect(kinds).toContain(looped);
    expect(listings.filter(({ kind, ends }) => kind === looped && ends)).toEqual([]);
    expect(pages.flatMap(({ cursors = {} }) => Object.keys(cursors))).not.toContain(looped);
  });

  it('that lies is not believed', async () => {
    await order({ path: list, lie: true });
    const pages = await read();
    const found = pages.flatMap(({ items }) => items).filter(({ kind }) => kind === kindOf[title]);
    const warnings = pages.flatMap((page) => page.warnings ?? []).filter(({ code }) => code === 'NOT_UNDERSTOOD');
    if (name === 'github') {
      // The number of a repository is true, so its star is known, by no more than that.
      expect(warnings).toEqual([]);
      for (const { payload, occurredAt } of found) {
        expect([occurredAt, payload['repository']]).toEqual([null, undefined]);
      }
    } else {
      expect(found).toEqual([]);
      expect(warnings.map(({ message }) => message)).toContainEqual(expect.stringMatching(`^${title} .* understood$`));
    }
    expect(pages.at(-1)!.done).toBe(1);
  });

  it('whose token expires is asked again with a new one, and no page is lost', async () => {
    const whole = await read();
    statuses = [];
    await order({ path: list, expire: true, times: 1 });
    const { access_token: renewed } = await visitor.connect('devotee', platform.oauth.scopes);
    const pages = await read(renewed);
    // The expired token is not taken anywhere any more, so every request after it is renewed.
    expect(statuses.filter((status) => status === 401).length).toBeGreaterThan(0);
    const ids = (some: ExtractionPage[]) => some.flatMap(({ items }) => items.map((item) => item.externalId));
    expect(ids(pages)).toEqual(ids(whole));
  });

  it('whose grant is taken back refuses every token of it', async () => {
    await order({ path: list, revoke: true, times: 1 });
    await expect(read()).rejects.toMatchObject({ code: 'PLATFORM_UNAUTHORIZED' });
    expect((await visitor.get(list, token)).status).toBe(401);
  });
});
