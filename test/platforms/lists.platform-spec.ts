import { moveCursors } from '../../src/platforms/cursors.js';
import type { ListsCheckpoint } from '../../src/platforms/lists-checkpoint.js';
import type { ExtractionContext, ExtractionPage, Json, Platform } from '../../src/platforms/platform.js';
import { platforms } from '../../src/platforms/registry.js';
import { contextOf } from '../support/extraction-context.js';
import { RecordedPlatform, type RecordedAnswer } from '../support/recorded-platform.js';
import { inFull } from '../support/length.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const LATER = new Date('2026-11-27T12:00:00Z');
/** A persona with several of these short pages in most lists. */
const PERSONA = 'night-owl';
const MOST_A_PAGE = inFull(14, 40);
const entriesAPage = (path: string) => (path.startsWith('/youtube/v3/playlists?') ? 3 : MOST_A_PAGE);
/** Runs are broken off after each page, or after every so many. */
const EVERY = inFull(1, 6);
/** How many pages of a list are followed. */
const MAX_PAGES = 400;

/** A page of an extraction: what it was read for, and what was asked for it. */
interface ReadPage {
  readonly from: ListsCheckpoint | undefined;
  readonly page: ExtractionPage;
  readonly at: ListsCheckpoint;
  readonly asked: readonly string[];
}

/** Whose page it is: a list's, or the one inside an entry of it. */
function listOf({ from }: ReadPage): string {
  const [owner] = from?.inner.queue ?? [];
  return `${from?.list ?? ''}${owner ? ` of ${owner.id}` : ''}`;
}

function positionIn({ list, inner, at }: ListsCheckpoint) {
  return list !== null && inner.queue.length > 0 ? inner.at : at;
}

const stored = (page: { readonly checkpoint: unknown }) =>
  JSON.parse(JSON.stringify(page.checkpoint)) as ListsCheckpoint;
const refusal = (status: number): RecordedAnswer => {
  return { status, headers: { 'content-type': 'application/json' }, body: '{}' };
};
const idsOf = (pages: readonly ReadPage[]) =>
  pages.flatMap(({ page }) => page.items.map(({ kind, externalId }) => `${kind} ${externalId}`));
const codesOf = (pages: readonly ReadPage[]) =>
  pages.flatMap(({ page }) => page.warnings ?? []).map(({ code }) => code);

/** All platforms are read by lists; one that is not gets a suite of its own. */
describe.each(platforms.map((platform) => [platform.name, platform] as const))(
  'the lists of %s',
  (_, platform: Platform) => {
    let served: RecordedPlatform;
    /** An undisturbed first run. */
    let whole: readonly ReadPage[];
    /** Where it left the cursors. */
    let cursors: Map<string, Json>;

    /** Reads from a checkpoint on, while `goesOn` is true for the page before. */
    const read = async (
      from?: ListsCheckpoint,
      context: Partial<ExtractionContext> & { readonly provider?: RecordedPlatform } = {},
      goesOn: (page: ReadPage) => boolean = () => true,
    ): Promise<ReadPage[]> => {
      const { provider = served, cursors: known = [], ...rest } = context;
      const moved = new Map(known);
      const pages: ReadPage[] = [];
      let before = from;
      provider.requests.length = 0;
      let answered = 0;
      const run = platform.extract(provider.client, from, contextOf({ now: NOW, cursors: moved, ...rest }));
      for await (const page of run) {
        const asked = provider.requests.slice(answered).map(({ path }) => path);
        answered = provider.requests.length;
        const at = stored(page);
        pages.push({ from: before, page, at, asked });
        moveCursors(moved, page);
        before = at;
        if (!goesOn(pages.at(-1)!)) break;
      }
      return pages;
    };

    /** The second page of each list that has one: of a list inside, of the first such one. */
    const secondPages = () => {
      const found = new Map<string, ReadPage>();
      for (const each of whole) {
        const position = each.from && positionIn(each.from);
        const kind = `${each.from?.list ?? ''} ${each.from && each.from.inner.queue.length > 0 ? 'inside' : ''}`;
        if (position?.pages === 1 && position.next !== null && !found.has(kind)) found.set(kind, each);
      }
      return [...found.values()];
    };
    const firstPageOf = (second: ReadPage) => whole.find((each) => listOf(each) === listOf(second))!;
    /** Whether a page is of a list, or of one inside it. */
    const isIn = (list: string) => (each: ReadPage) => listOf(each) === list || each.from?.list === list;
    const listingsOf = (pages: readonly ReadPage[], list: string) =>
      pages.filter((each) => listOf(each) === list).flatMap(({ page }) => page.listing ?? []);

    beforeAll(async () => {
      served = await RecordedPlatform.start(platform, PERSONA, NOW, entriesAPage);
      whole = await read();
      cursors = new Map();
      for (const { page } of whole) moveCursors(cursors, page);
    });
    afterEach(() => served.replaced.clear());
    afterAll(() => served.close());

    it('have several pages in this account, and one of them lists inside', () => {
      expect(secondPages().length).toBeGreaterThan(3);
      expect(whole.some(({ from }) => from && from.inner.queue.length > 0)).toBe(true);
      expect(whole.at(-1)).toMatchObject({ at: { list: null }, page: { done: 1 } });
    });

    it('are gone on with after any page exactly as the unbroken run did', async () => {
      for (const [index, { at, page }] of whole.entries()) {
        if (index % EVERY !== 0) continue;
        expect(platform.checkpointSchema.safeParse(at)).toMatchObject({ success: true });
        expect(JSON.stringify(at)).not.toContain('127.0.0.1');
        const known = new Map<string, Json>();
        for (const each of whole.slice(0, index + 1)) moveCursors(known, each.page);
        const next = await read(at, { cursors: known, now: LATER }, () => false);
        // Each page but the last leads to the next one, so all that follow are the same.
        expect(next.map((each) => each.page)).toEqual(whole.slice(index + 1, index + 2).map((each) => each.page));
        expect(page.done).toBeLessThanOrEqual(whole[index + 1]?.page.done ?? 1);
      }
    });

    it('are gone on with from a checkpoint of before anything was counted that is not understood', () => {
      const { at } = whole[1]!;
      const counts = ['skipped', 'unclear', 'failing', 'doubted'];
      const former = JSON.stringify(at, (name, value: unknown) => (counts.includes(name) ? undefined : value));
      expect(platform.checkpointSchema.parse(JSON.parse(former))).toEqual(at);
    });

    it('are gone on with after any page of a later run, too', async () => {
      const provider = await RecordedPlatform.start(platform, PERSONA, LATER, entriesAPage);
      const again = await read(undefined, { provider, cursors, now: LATER });
      const known = new Map(cursors);
      for (const [index, { page, at }] of again.entries()) {
        moveCursors(known, page);
        if (index % EVERY !== 0) continue;
        const next = await read(at, { provider, cursors: known, now: LATER }, () => false);
        expect(next.map((each) => each.page)).toEqual(again.slice(index + 1, index + 2).map((each) => each.page));
      }
      await provider.close();
    });

    it('are begun anew, once, when the provider refuses to go on from a page', async () => {
      for (const second of secondPages()) {
        const [path = ''] = second.asked;
        const list = listOf(second);
        served.replaced.set(path, refusal(400));
        const [anew, ...rest] = await read(second.from, {}, (each) => {
          served.replaced.clear();
          return isIn(list)(each);
        });
        expect(anew).toMatchObject({ asked: [path], page: { items: [], done: second.from!.done } });
        expect(rest[0]!.asked).toEqual(firstPageOf(second).asked);
        const ofList = (pages: readonly ReadPage[]) => idsOf(pages.filter((each) => listOf(each) === list));
        expect(ofList(rest)).toEqual(ofList(whole));
        // After a second refusal it does not begin again.
        served.replaced.set(path, refusal(400));
        await read(anew!.at, {}, isIn(list)).catch((error: unknown) =>
          expect(error).toMatchObject({ code: 'PLATFORM_REFUSED' }),
        );
        expect(served.requests.filter((request) => request.path === path)).toHaveLength(1);
        served.replaced.clear();
      }
    });

    /** The account's own lists and those inside are tried in runs of their own, as one list is in the other's way. */
    const expectToEndAtSecondPages = async (code: RegExp, answerTo: (second: ReadPage) => RecordedAnswer) => {
      const isInside = ({ from }: ReadPage) => from !== undefined && from.inner.queue.length > 0;
      await expectToEndAt(secondPages().filter(isInside), code, answerTo);
      await expectToEndAt(
        secondPages().filter((second) => !isInside(second)),
        code,
        answerTo,
      );
    };
    /** One run in which these pages are answered otherwise: each of their lists ends there. */
    const expectToEndAt = async (
      seconds: readonly ReadPage[],
      code: RegExp,
      answerTo: (second: ReadPage) => RecordedAnswer,
    ) => {
      expect(seconds.length).toBeGreaterThan(0);
      served.replaced.clear();
      for (const second of seconds) served.replaced.set(second.asked[0]!, answerTo(second));
      const pages = await read();
      expect(codesOf(whole)).toEqual([]);
      expect(codesOf(pages)).toHaveLength(seconds.length);
      for (const each of codesOf(pages)) expect(each).toMatch(code);
      for (const second of seconds) {
        const ofList = pages.filter((each) => listOf(each) === listOf(second));
        expect(ofList).toHaveLength(2);
        expect(listingsOf(pages, listOf(second)).filter(({ ends }) => ends)).toEqual([]);
        expect(ofList.flatMap(({ page }) => Object.keys(page.cursors ?? {}))).toEqual([]);
      }
      const lists = new Set(seconds.map(({ from }) => from?.list));
      const others = (all: readonly ReadPage[]) => all.filter(({ from }) => !lists.has(from?.list));
      expect(idsOf(others(pages))).toEqual(idsOf(others(whole)));
      expect(pages.at(-1)).toMatchObject({ at: { list: null }, page: { done: 1 } });
    };

    it('that run in circles end with a warning, are not taken for whole, and the others are read', async () => {
      await expectToEndAtSecondPages(/^LIMIT_REACHED$/, (second) => served.answerTo(firstPageOf(second).asked[0]!));
    });

    it('that the provider closes midway end with a warning and mark nothing as gone', async () => {
      await expectToEndAtSecondPages(/^(SCOPE_MISSING|NOT_AVAILABLE)$/, () => refusal(403));
    });

    it('are followed for a bounded number of pages', async () => {
      for (const second of secondPages()) {
        const from = second.from!;
        const late = { pages: MAX_PAGES - 1 };
        const at =
          from.inner.queue.length > 0
            ? { ...from, inner: { ...from.inner, at: { ...from.inner.at, ...late } } }
            : { ...from, at: { ...from.at, ...late } };
        const hasThird = positionIn(second.at).pages === 2;
        const [last] = await read(at, {}, () => false);
        const isTooLong = codesOf([last!]).includes('LIMIT_REACHED') || last!.at.inner.tooLong > from.inner.tooLong;
        expect(isTooLong).toBe(hasThird);
        if (hasThird) expect(last!.page.listing?.ends ?? false).toBe(false);
      }
    });

    it('are read up to the bound of their kind', async () => {
      const kinds = Object.keys(platform.bounds);
      expect(kinds.length).toBeGreaterThan(3);
      const bounded = await read(undefined, { bounds: Object.fromEntries(kinds.map((kind) => [kind, 2])) });
      let exceeded = 0;
      for (const list of new Set(bounded.map(listOf))) {
        const [firstOfWhole, ...more] = whole.filter((each) => listOf(each) === list);
        const kind = firstOfWhole?.page.items[0]?.kind ?? '';
        if (!kinds.includes(kind) || more.length === 0) continue;
        exceeded += 1;
        // Two entries are on the first page, so no other is read.
        expect(bounded.filter((each) => listOf(each) === list)).toHaveLength(1);
        expect(listingsOf(bounded, list).filter(({ ends }) => ends)).toEqual([]);
      }
      expect(exceeded).toBeGreaterThan(2);
      expect(codesOf(bounded).filter((code) => code === 'LIMIT_REACHED').length).toBeGreaterThan(1);
      for (const { from } of bounded) expect(from?.inner.queue.length ?? 0).toBeLessThanOrEqual(2);
    });

    it('of what holds now begin with their first page and end with their last', () => {
      const lists = new Set(whole.map(listOf));
      let listings = 0;
      for (const list of lists) {
        const pages = listingsOf(whole, list);
        listings += pages.length;
        expect(pages.map(({ begins }) => begins)).toEqual(pages.map((_page, index) => index === 0));
        expect(pages.map(({ ends }) => ends)).toEqual(pages.map((_page, index) => index === pages.length - 1));
      }
      expect(listings).toBeGreaterThan(10);
    });

    it('are asked for what is new when they are read again, and nothing is lost', async () => {
      const again = await read(undefined, { cursors });
      const known = new Set(idsOf(whole));
      expect(idsOf(again).filter((id) => !known.has(id))).toEqual([]);
      const requests = (pages: readonly ReadPage[]) => pages.flatMap(({ asked }) => asked).length;
      expect(requests(again)).toBeLessThan(requests(whole) * 0.6);
      // A cursor is stored as JSON.
      const asStored = new Map(JSON.parse(JSON.stringify([...cursors])) as [string, Json][]);
      const fromStored = await read(undefined, { cursors: asStored });
      expect(fromStored.map(({ asked }) => asked)).toEqual(again.map(({ asked }) => asked));
    });

    it('are read from the beginning where a cursor cannot be understood', async () => {
      const nonsense = [null, 42, '', [], {}, { newest: 5 }, { newest: 'yesterday' }, { version: [] }];
      for (const shift of [0, 3]) {
        const broken = new Map<string, Json>(
          [...cursors.keys()].map((list, index) => [list, nonsense[(index + shift) % nonsense.length] ?? null]),
        );
        broken.delete('account');
        expect(idsOf(await read(undefined, { cursors: broken }))).toEqual(idsOf(whole));
      }
    });
  },
);
