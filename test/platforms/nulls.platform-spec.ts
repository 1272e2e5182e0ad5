import { PlatformError } from '../../src/platforms/platform-error.js';
import type { ListsCheckpoint } from '../../src/platforms/lists-checkpoint.js';
import type { ExtractionPage, Platform } from '../../src/platforms/platform.js';
import { findPlatform } from '../../src/platforms/registry.js';
import { contextOf } from '../support/extraction-context.js';
import { inFull } from '../support/length.js';
import { RecordedPlatform } from '../support/recorded-platform.js';
import { type Place, placesIn, spoil, SPOILINGS } from '../support/spoilt-json.js';

const NOW = new Date('2026-11-24T12:00:00Z');
/** In short only what is of another type: it costs most. */
const HOW = inFull(SPOILINGS, ['other']);
/** How many entries of a list are read. The first pages are looked at; a run in full goes on to the end. */
const MOST_ENTRIES = inFull(Infinity, 9);

/** Which fields cost more than themselves. */
interface Needed {
  /** Of the account: they cost the run. */
  readonly account: readonly string[];
  /** Of a page: they cost the list. */
  readonly page: readonly string[];
  /** By the list, of an entry: they cost the entry, because they identify it or say whether it is the person's. */
  readonly entries: Readonly<Record<string, readonly string[]>>;
}

const SPOTIFY_PAGE = ['', 'items', 'next', 'artists', 'artists.items', 'artists.next'];
const YOUTUBE_PAGE = ['', 'items', 'nextPageToken'];
const NEEDED: Readonly<Record<string, Needed>> = {
  spotify: {
    account: ['', 'account_id', 'id'],
    page: SPOTIFY_PAGE,
    entries: {
      play: ['', 'played_at', 'track', 'track.id'],
      'top-artist': ['', 'id'],
      'top-track': ['', 'id'],
      'saved-track': ['', 'track', 'track.id'],
      'followed-artist': ['', 'id'],
      'saved-album': ['', 'album', 'album.id'],
      'saved-show': ['', 'show', 'show.id'],
      'saved-episode': ['', 'episode', 'episode.id'],
      playlist: ['', 'id'],
      'playlist inside': ['', 'added_at', 'item', 'item.id'],
    },
  },
  github: {
    account: ['', 'id', 'login'],
    page: [''],
    entries: {
      event: ['', 'id'],
      repository: ['', 'id'],
      'repository inside': ['', 'author', 'sha'],
      issue: ['', 'id', 'pull_request'],
      star: ['', 'repo', 'repo.id'],
      gist: ['', 'id'],
      organisation: ['', 'id'],
      following: ['', 'id'],
    },
  },
  youtube: {
    account: ['', 'items', 'items.*', 'items.*.id'],
    page: YOUTUBE_PAGE,
    entries: {
      subscription: ['', 'snippet', 'snippet.resourceId', 'snippet.resourceId.channelId'],
      'liked-video': ['', 'contentDetails', 'contentDetails.videoId'],
      upload: ['', 'contentDetails', 'contentDetails.videoId'],
      playlist: ['', 'id'],
      'playlist inside': ['', 'contentDetails', 'contentDetails.videoId', 'id'],
    },
  },
};

/** The first page of a list: from where it is read, and what for. */
interface FirstPage {
  readonly list: string;
  readonly from: ListsCheckpoint | undefined;
  readonly page: ExtractionPage;
  readonly asked: readonly string[];
}

const asText = (place: Place) => place.map((step) => (typeof step === 'number' ? '*' : step)).join('.');

/** Whether something that was left out is counted or said. */
function isSaid({ warnings = [], checkpoint }: ExtractionPage): boolean {
  const { at, inner } = checkpoint as ListsCheckpoint;
  return warnings.length + at.skipped + inner.at.skipped + inner.unclear + inner.refused > 0;
}

describe.each(Object.entries(NEEDED))('a field of %s', (name, needed) => {
  const platform = findPlatform(name) as Platform;
  const bounds = Object.entries(platform.bounds).map(([kind, most]) => [kind, Math.min(most, MOST_ENTRIES)]);
  const context = contextOf({ now: NOW, bounds: Object.fromEntries(bounds) as Record<string, number> });
  let served: RecordedPlatform;
  /** One for each kind of list, with several entries: lists of one kind have the same form. */
  let firstPages: readonly FirstPage[];
  let whole: readonly ExtractionPage[];

  const readPages = async function* () {
    let from: ListsCheckpoint | undefined;
    for await (const page of platform.extract(served.client, undefined, context)) {
      const asked = served.requests.splice(0).map(({ path }) => path);
      yield { from, page, asked };
      from = JSON.parse(JSON.stringify(page.checkpoint)) as ListsCheckpoint;
    }
  };

  beforeAll(async () => {
    served = await RecordedPlatform.start(platform, 'night-owl', NOW, () => 3);
    const found = new Map<string, FirstPage>();
    const pages: ExtractionPage[] = [];
    for await (const { from, page, asked } of readPages()) {
      pages.push(page);
      const isInside = from !== undefined && from.inner.queue.length > 0;
      const list = from ? `${from.list?.replace(/ .*/, '') ?? ''}${isInside ? ' inside' : ''}` : 'profile';
      const known = found.get(list);
      const size = ({ page: { items }, asked: requests }: Pick<FirstPage, 'page' | 'asked'>) =>
        Math.min(items.length, 2) + requests.length;
      if (!known || size({ page, asked }) > size(known)) found.set(list, { list, from, page, asked });
    }
    firstPages = [...found.values()];
    whole = pages;
  });
  afterEach(() => served.replaced.clear());
  afterAll(() => served.close());

  /** The page as it is read now; undefined if the run fails. */
  const readAgain = async ({ from }: FirstPage): Promise<ExtractionPage | undefined> => {
    const run = platform.extract(served.client, from, context);
    try {
      return (await run.next()).value ?? undefined;
    } catch (error) {
      if (error instanceof PlatformError) return undefined;
      throw error;
    } finally {
      await run.return();
    }
  };

  it('that is null, missing or of another type costs no more than itself, unless it identifies something', async () => {
    const costly: Record<string, Set<string>> = { account: new Set(), page: new Set() };
    let cases = 0;
    for (const first of firstPages) {
      for (const path of first.asked) {
        const answer = served.answerTo(path);
        for (const place of placesIn(JSON.parse(answer.body))) {
          for (const how of HOW) {
            const body = spoil(answer.body, place, how);
            if (body === undefined) continue;
            cases += 1;
            served.replaced.set(path, { ...answer, body });
            const page = await readAgain(first);
            served.replaced.clear();
            const index = place.findIndex((step) => typeof step === 'number');
            const at = `${first.list} ${asText(place)} ${how}`;
            if (first.list === 'profile') {
              const same = page?.items.every(
                ({ externalId }, each) => externalId === first.page.items[each]!.externalId,
              );
              if (!same) costly['account']!.add(asText(place));
              continue;
            }
            // Only the account fails a run.
            expect([at, page === undefined]).toEqual([at, false]);
            const others = new Map(page!.items.map((item) => [`${item.kind} ${item.externalId}`, item]));
            const changed = first.page.items.filter(
              (item) => JSON.stringify(others.get(`${item.kind} ${item.externalId}`)) !== JSON.stringify(item),
            );
            const lost = changed.filter((item) => !others.has(`${item.kind} ${item.externalId}`));
            const isListed = page!.listing?.ends === true || Object.keys(page!.cursors ?? {}).length > 0;
            if (index >= 0) expect([at, changed.length < 2]).toEqual([at, true]);
            if (lost.length === 0) continue;
            if (index < 0) (costly['page'] ??= new Set()).add(asText(place));
            else (costly[first.list] ??= new Set()).add(asText(place.slice(index + 1)));
            if (index < 0 || how === 'other') expect([at, isSaid(page!), isListed]).toEqual([at, true, false]);
          }
        }
      }
    }
    expect(cases).toBeGreaterThan(inFull(500, 150));
    const { account, page, ...entries } = Object.fromEntries(
      Object.entries(costly).map(([list, places]) => [list, [...places].sort()]),
    );
    expect({ account, page, entries }).toEqual({ ...needed, page: [...needed.page].sort() });
  });

  it('that identifies an entry costs that entry, and the run reads on to its end', async () => {
    const lists = firstPages.filter(({ list }) => !/ inside$|^profile$/.test(list));
    for (const { asked } of lists) {
      const answer = served.answerTo(asked[0]!);
      const body = JSON.parse(answer.body);
      const entries: unknown[] = Array.isArray(body) ? body : (body.artists ?? body).items;
      entries[0] = 'of another type';
      served.replaced.set(asked[0]!, { ...answer, body: JSON.stringify(body) });
    }
    const pages: ExtractionPage[] = [];
    for await (const { page } of readPages()) pages.push(page);
    const idsOf = (some: readonly ExtractionPage[]) =>
      some.flatMap(({ items }) => items.map(({ kind, externalId }) => `${kind} ${externalId}`));
    const read = new Set(idsOf(pages));
    const lost = new Set(idsOf(whole).filter((id) => !read.has(id)));
    const kinds = [...lost].map((id) => id.replace(/ .*/, ''));
    // With an owner goes what is inside it.
    expect(kinds.filter((kind) => !/^(playlist-item|commit|repository-languages)$/.test(kind))).toHaveLength(
      lists.length,
    );
    expect(pages.at(-1)).toMatchObject({ done: 1, checkpoint: { list: null } });
    const warned = pages.flatMap(({ warnings = [] }) => warnings.map(({ code }) => code));
    expect(warned.filter((code) => code === 'NOT_UNDERSTOOD')).toHaveLength(lists.length);
  });
});
