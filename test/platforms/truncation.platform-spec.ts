import '../support/own-data-folder.js';
import fc from 'fast-check';
import { CursorStore } from '../../src/extraction/cursor-store.js';
import { PageStore } from '../../src/extraction/page-store.js';
import { moveCursors } from '../../src/platforms/cursors.js';
import { PlatformError } from '../../src/platforms/platform-error.js';
import type { ExtractionPage, Platform } from '../../src/platforms/platform.js';
import { platforms } from '../../src/platforms/registry.js';
import { contextOf } from '../support/extraction-context.js';
import { inFull } from '../support/length.js';
import { openDatabase, type OpenDatabase } from '../support/open-database.js';
import { type RecordedAnswer, RecordedPlatform } from '../support/recorded-platform.js';
import { pageStoreOf } from '../support/page-store.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const LATER = new Date('2026-11-25T12:00:00Z');
const SSO = { 'x-github-sso': 'partial-results; organizations=1,2' };

/** Where an answer ends: a share of its entries, its text or what arrives of it. */
const truncation = fc.record({
  of: fc.constantFrom('entries' as const, 'text' as const, 'connection' as const),
  page: fc.noBias(fc.integer({ min: 0, max: 999 })),
  at: fc.noBias(fc.integer({ min: 0, max: 999 })).map((share) => share / 1_000),
});

/** The list ends in this page, as the provider lets it: totals stay, and GitHub says that it hides something. */
function withFewerEntries(answer: RecordedAnswer, at: number): RecordedAnswer {
  const body = JSON.parse(answer.body);
  const page = body.artists ?? body;
  const entries: unknown[] = Array.isArray(page) ? page : (page.items ?? []);
  entries.splice(Math.floor(entries.length * at));
  if (!Array.isArray(page)) Object.assign(page, { next: null, nextPageToken: undefined });
  const { link: _, ...headers } = answer.headers;
  return { ...answer, headers: { ...headers, ...SSO }, body: JSON.stringify(body) };
}

describe.each(platforms.map((platform) => [platform.name, platform] as const))(
  'after answers of %s that were cut short',
  (name, platform: Platform) => {
    let open: OpenDatabase;
    let cursors: CursorStore;
    let pages: PageStore;
    let served: RecordedPlatform;
    /** The pages of lists, as they were asked for. */
    let asked: readonly string[];

    beforeAll(async () => {
      open = await openDatabase();
      cursors = new CursorStore(open.database);
      pages = pageStoreOf(open.database);
      served = await RecordedPlatform.start(platform, 'commuter', NOW, () => inFull(30, 50));
      await open.database.query(`INSERT INTO users (id) VALUES ('ana')`);
      await extract(NOW);
      asked = [...new Set(served.requests.map(({ path }) => path))].slice(1);
    });
    afterAll(async () => {
      await served.close();
      await open.close();
    });

    const extract = async (now: Date): Promise<ExtractionPage[]> => {
      const known = await cursors.all('ana', name);
      const read: ExtractionPage[] = [];
      for await (const page of platform.extract(served.client, undefined, contextOf({ now, cursors: known }))) {
        await open.database.transaction((tx) => pages.save(tx, 'ana', platform, [page]));
        moveCursors(known, page);
        read.push(page);
      }
      return read;
    };
    const gone = () => open.database.query('SELECT kind, external_id AS id FROM items WHERE gone_at IS NOT NULL');

    it('nothing counts as gone, and a later run has nothing to warn of', async () => {
      expect(asked.length).toBeGreaterThan(10);
      let warnings = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(truncation, { minLength: 1, maxLength: 6 }), async (truncations) => {
          for (const { of, page, at } of truncations) {
            const path = asked[page % asked.length]!;
            const answer = served.answerTo(path);
            const cut = {
              entries: withFewerEntries(answer, at),
              text: { ...answer, body: answer.body.slice(0, Math.floor(answer.body.length * at)) },
              connection: { ...answer, cut: true },
            };
            served.replaced.set(path, cut[of]);
          }
          // Whatever earlier runs left is forgotten, or most lists would not be asked for.
          await open.database.query(`DELETE FROM cursors WHERE list <> 'account'`);
          try {
            const read = await extract(LATER);
            warnings += read.flatMap((page) => page.warnings ?? []).length;
          } catch (error) {
            // Two connections in a row that break off are an outage, which ends the run.
            if (!(error instanceof PlatformError) || error.code !== 'PLATFORM_UNAVAILABLE') throw error;
          } finally {
            served.replaced.clear();
          }
          expect(await gone()).toEqual([]);
          const again = await extract(LATER);
          // Short pages have a bound.
          const left = again.flatMap((page) => page.warnings ?? []).filter(({ code }) => code !== 'LIMIT_REACHED');
          expect(left).toEqual([]);
          expect(await gone()).toEqual([]);
        }),
        { numRuns: inFull(12, 2) },
      );
      expect(warnings).toBeGreaterThan(0);
    });
  },
);
