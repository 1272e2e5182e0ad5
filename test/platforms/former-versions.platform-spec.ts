import { moveCursors } from '../../src/platforms/cursors.js';
import { PlatformClient } from '../../src/platforms/platform-client.js';
import type { ExtractionPage, Json, JsonObject, Platform } from '../../src/platforms/platform.js';
import { findPlatform } from '../../src/platforms/registry.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';
import { contextOf } from '../support/extraction-context.js';
import { FORMER_RUN, FORMER_STATES, type FormerState } from './former-versions.js';

describe.each(Object.entries(FORMER_STATES))('what the version before stored of %s', (name, former: FormerState) => {
  const platform = findPlatform(name) as Platform;
  let sandbox: Sandbox;
  let client: PlatformClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ host: '127.0.0.1', port: 0, now: () => FORMER_RUN });
    const visitor = new SandboxVisitor(`${sandbox.url}/${name}`);
    const token = (await visitor.connect('devotee', platform.oauth.scopes)).access_token;
    client = new PlatformClient({
      platform: name,
      apiUrl: visitor.standInUrl,
      headers: platform.headers,
      accessToken: async () => token,
      signal: new AbortController().signal,
      retryBaseMs: 1,
      onAnswer: () => (requests += 1),
    });
  });
  afterAll(() => sandbox.close());

  let requests = 0;
  const read = async (known: Readonly<Record<string, Json>>, checkpoint?: JsonObject) => {
    requests = 0;
    const cursors = new Map(Object.entries(known));
    const pages: ExtractionPage[] = [];
    const context = contextOf({ now: FORMER_RUN, cursors, bounds: platform.bounds });
    for await (const page of platform.extract(client, checkpoint, context)) {
      pages.push(page);
      moveCursors(cursors, page);
    }
    return pages;
  };
  const idsOf = (pages: readonly ExtractionPage[]) =>
    pages.flatMap(({ items }) => items.map(({ kind, externalId }) => `${kind} ${externalId}`));

  it('as cursors is understood: no more is asked for than that version would have', async () => {
    const whole = new Set(idsOf(await read({})));
    const again = await read(former.cursors);
    expect(requests).toBe(former.requests);
    expect(idsOf(again).filter((id) => !whole.has(id))).toEqual([]);
    expect(again.flatMap(({ warnings = [] }) => warnings)).toEqual([]);
  });

  it('as a checkpoint lets the extraction begin anew, and nothing is missing', async () => {
    const whole = idsOf(await read({}));
    const { checkpoint, cursors, items } = former.unfinished;
    const understood = platform.checkpointSchema.safeParse(checkpoint).data;
    expect(understood).toBeUndefined();
    const rest = await read(cursors, understood);
    expect(new Set([...whole.slice(0, items), ...idsOf(rest)])).toEqual(new Set(whole));
  });
});
