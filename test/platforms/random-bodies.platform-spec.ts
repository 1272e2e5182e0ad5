import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ListsCheckpoint } from '../../src/platforms/lists-checkpoint.js';
import { PlatformClient } from '../../src/platforms/platform-client.js';
import { PlatformError } from '../../src/platforms/platform-error.js';
import type { JsonObject, Platform } from '../../src/platforms/platform.js';
import { platforms } from '../../src/platforms/registry.js';
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.js';
import { SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';
import { inFull } from '../support/length.js';
import { contextOf } from '../support/extraction-context.js';

const NOW = new Date('2026-11-24T12:00:00Z');
/** Over all platforms. */
const BODIES = inFull(10_200, 255);

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** A page of an undisturbed extraction: where it began and what was asked for. */
interface Step {
  readonly from: JsonObject | undefined;
  readonly asked: readonly string[];
}

/** How a body is spoilt. */
type Spoiling =
  | { readonly kind: 'cut'; readonly at: number }
  | { readonly kind: 'bytes'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'value'; readonly at: number; readonly value: unknown }
  | { readonly kind: 'foreign'; readonly text: string };

/** From 0 to below 1, evenly: fast-check would prefer small values. */
const share = fc.noBias(fc.integer({ min: 0, max: 999_999 })).map((number) => number / 1_000_000);
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom<unknown>(null, [], {}, '', 0, -1, 1e308, '\u0000', '9999-99-99T99:99:99Z', 'x'.repeat(5_000), [[[]]]),
);
const spoiling: fc.Arbitrary<Spoiling> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cut' as const), at: share }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('bytes' as const),
      at: share,
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('value' as const), at: share, value }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('foreign' as const), text: fc.oneof(fc.json(), fc.string()) }),
  },
);

function spoilt(body: string, how: Spoiling): Buffer {
  switch (how.kind) {
    case 'cut':
      return Buffer.from(body.slice(0, Math.floor(body.length * how.at)));
    case 'bytes': {
      const bytes = Buffer.from(body);
      const at = Math.floor(bytes.length * how.at);
      bytes.set(how.bytes.subarray(0, bytes.length - at), at);
      return bytes;
    }
    case 'value': {
      const places: [holder: any, name: string][] = [];
      const root = { body: JSON.parse(body) as unknown };
      const visit = (holder: any) => {
        for (const name of Object.keys(holder)) {
          places.push([holder, name]);
          if (typeof holder[name] === 'object' && holder[name] !== null) visit(holder[name]);
        }
      };
      visit(root);
      const [holder, name] = places[Math.floor(places.length * how.at)]!;
      holder[name] = how.value;
      return Buffer.from(JSON.stringify(root.body) ?? '');
    }
    case 'foreign':
      return Buffer.from(how.text);
  }
}

describe.each(platforms.map((platform) => [platform.name, platform] as const))(
  'spoilt answers of %s',
  (name, platform: Platform) => {
    let sandbox: Sandbox;
    let proxy: Server;
    let client: PlatformClient;
    const recorded = new Map<string, Answer>();
    let steps: Step[];
    let asked: string[] = [];
    let spoil: { readonly path: string; readonly body: Buffer } | undefined;

    beforeAll(async () => {
      sandbox = await startSandbox({ host: '127.0.0.1', port: 0, now: () => NOW });
      const visitor = new SandboxVisitor(`${sandbox.url}/${name}`);
      const { access_token: token } = await visitor.connect('devotee', platform.oauth.scopes);
      proxy = createServer((request, response) => {
        const path = request.url ?? '';
        asked.push(path);
        void (async () => {
          const answer = recorded.get(path) ?? (await fetched(path, request.headers.accept ?? '*/*'));
          const body = spoil?.path === path ? spoil.body : answer.body;
          response.writeHead(answer.status, answer.headers).end(body);
        })();
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      const own = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
      const fetched = async (path: string, accept: string): Promise<Answer> => {
        const headers = { authorization: `Bearer ${token}`, accept };
        const answer = await fetch(visitor.standInUrl + path, { headers });
        const here = (text: string) => text.replaceAll(visitor.standInUrl, own);
        const link = answer.headers.get('link');
        const kept: Answer = {
          status: answer.status,
          headers: { 'content-type': 'application/json', ...(link && { link: here(link) }) },
          body: here(await answer.text()),
        };
        recorded.set(path, kept);
        return kept;
      };
      client = new PlatformClient({
        platform: name,
        apiUrl: own,
        headers: platform.headers,
        accessToken: async () => token,
        signal: new AbortController().signal,
        retryBaseMs: 0,
        limits: { tries: 1 },
      });
      steps = [];
      let from: JsonObject | undefined;
      for await (const page of platform.extract(client, undefined, contextOf({ now: NOW, bounds: platform.bounds }))) {
        if (asked.length > 0) steps.push({ from, asked });
        asked = [];
        from = page.checkpoint;
      }
      expect(steps.length).toBeGreaterThan(8);
    });
    afterAll(async () => {
      proxy.closeAllConnections();
      proxy.close();
      await sandbox.close();
    });

    it(`R17: end in a page that can be stored, or for a profile in a PlatformError (${BODIES / platforms.length} bodies)`, async () => {
      const outcomes = { undisturbed: 0, warned: 0 };
      await fc.assert(
        fc.asyncProperty(share, share, spoiling, async (which, request, how) => {
          const step = steps[Math.floor(steps.length * which)]!;
          const path = step.asked[Math.floor(step.asked.length * request)]!;
          spoil = { path, body: spoilt(recorded.get(path)!.body, how) };
          const run = platform.extract(client, step.from, contextOf({ now: NOW, bounds: platform.bounds }));
          try {
            const { value: page } = await run.next();
            expect(page).toBeDefined();
            const { at, inner } = page!.checkpoint as ListsCheckpoint;
            const warned =
              (page!.warnings ?? []).length + at.skipped + inner.at.skipped + inner.unclear + inner.refused > 0;
            outcomes[warned ? 'warned' : 'undisturbed'] += 1;
            const stored = JSON.parse(JSON.stringify(page!.checkpoint));
            expect(platform.checkpointSchema.safeParse(stored)).toMatchObject({ success: true });
            for (const item of page!.items) {
              expect(item.externalId).toEqual(expect.stringMatching(/^.{1,2600}$/s));
              expect(item.occurredAt === null || !Number.isNaN(item.occurredAt.getTime())).toBe(true);
            }
          } catch (error) {
            if (!(error instanceof PlatformError)) throw error;
            // Without the profile it is not known whose the lists are.
            expect(step.from).toBeUndefined();
          } finally {
            await run.return();
          }
        }),
        { numRuns: BODIES / platforms.length },
      );
      // Both happen often, which shows that bodies were spoilt.
      expect(outcomes.undisturbed).toBeGreaterThan(BODIES / 34);
      expect(outcomes.warned).toBeGreaterThan(BODIES / 34);
    });
  },
);
