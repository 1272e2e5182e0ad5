import { moveCursors } from '../../src/platforms/cursors.js';
import { PlatformClient } from '../../src/platforms/platform-client.js';
import type { ExtractionPage, Json, Platform } from '../../src/platforms/platform.js';
import { findPlatform } from '../../src/platforms/registry.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';
import { contextOf } from '../support/extraction-context.js';
import { inFull } from '../support/length.js';

const DAY_MS = 86_400_000;
const BEGIN = Date.UTC(2026, 10, 1, 12);

describe.each([
  ['spotify', 'commuter'],
  ['github', 'night-owl'],
  ['youtube', 'night-owl'],
])('what came to %s since the last extraction', (name, persona) => {
  const platform = findPlatform(name) as Platform;
  let now: number;
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;
  let token: string;
  let requests: number;

  beforeAll(async () => {
    now = BEGIN;
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, now: () => new Date(now) });
    visitor = new SandboxVisitor(`${sandbox.url}/${name}`);
    token = (await visitor.connect(persona, platform.oauth.scopes)).access_token;
  });
  afterAll(() => sandbox.close());

  const read = async (cursors: Map<string, Json>) => {
    requests = 0;
    const client = new PlatformClient({
      platform: name,
      apiUrl: visitor.standInUrl,
      headers: platform.headers,
      accessToken: async () => token,
      signal: new AbortController().signal,
      retryBaseMs: 1,
      onAnswer: () => (requests += 1),
    });
    const pages: ExtractionPage[] = [];
    const { bounds } = platform;
    for await (const page of platform.extract(client, undefined, contextOf({ now: new Date(now), cursors, bounds }))) {
      pages.push(page);
      moveCursors(cursors, page);
    }
    return pages;
  };
  const idsOf = (pages: readonly ExtractionPage[]) =>
    pages.flatMap(({ items }) => items.map(({ kind, externalId }) => `${kind} ${externalId}`));

  it('is all that a whole reading would have found, for a fraction of the requests', async () => {
    const cursors = new Map<string, Json>();
    const known = new Set(idsOf(await read(cursors)));
    const whole = requests;
    for (const days of inFull([1, 2, 4, 9], [3])) {
      now = BEGIN + days * DAY_MS;
      // Tokens of a real grant live for an hour and would be renewed.
      token = (await visitor.connect(persona, platform.oauth.scopes)).access_token;
      const added = await read(cursors);
      const some = requests;
      for (const id of idsOf(added)) known.add(id);
      const all = new Set(idsOf(await read(new Map())));
      expect([...all].filter((id) => !known.has(id))).toEqual([]);
      if (days <= 4) expect(some).toBeLessThan(whole * 0.6);
    }
  });

  it('is asked for with nothing to answer when nothing came', async () => {
    const cursors = new Map<string, Json>();
    const first = idsOf(await read(cursors)).length;
    const whole = requests;
    const again = idsOf(await read(cursors)).length;
    expect(again).toBeLessThan(first / 3);
    expect(requests).toBeLessThan(whole * 0.6);
  });
});
