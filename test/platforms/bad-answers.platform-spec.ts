import type { ListsCheckpoint } from '../../src/platforms/lists-checkpoint.js';
import type { ExtractionPage, Platform } from '../../src/platforms/platform.js';
import { platforms } from '../../src/platforms/registry.js';
import { contextOf } from '../support/extraction-context.js';
import { inFull } from '../support/length.js';
import { type RecordedAnswer, RecordedPlatform } from '../support/recorded-platform.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };
const HTML_TYPE = { 'content-type': 'text/html; charset=utf-8' };
const HTML = '<!DOCTYPE html><html><head><title>Unicorn!</title></head><body>We are having a moment.</body></html>';

const json = (status: number, body: unknown): RecordedAnswer => ({
  status,
  headers: JSON_TYPE,
  body: JSON.stringify(body),
});
const google = (status: number, reason: string, message: string) =>
  json(status, { error: { code: status, message, errors: [{ message, domain: 'youtube.parameter', reason }] } });

/** What may come instead of a page. The error bodies have the form that the provider documents, without anybody's data. */
const INSTEAD: Readonly<Record<string, (answer: RecordedAnswer) => RecordedAnswer>> = {
  // developer.spotify.com/documentation/web-api/concepts/api-calls, "Regular error object"
  'a 400 of Spotify': () => json(400, { error: { status: 400, message: 'Invalid limit' } }),
  'a 404 of Spotify': () => json(404, { error: { status: 404, message: 'Resource not found' } }),
  // developers.google.com/youtube/v3/docs/errors
  invalidPageToken: () => google(400, 'invalidPageToken', 'The request specifies an invalid page token.'),
  failedPrecondition: () =>
    json(400, { error: { code: 400, message: 'Precondition check failed.', status: 'FAILED_PRECONDITION' } }),
  playlistNotFound: () => google(404, 'playlistNotFound', 'The playlist cannot be found.'),
  // docs.github.com/rest/using-the-rest-api/troubleshooting-the-rest-api, and the pagination limit of /user/starred
  'a 422 of GitHub': () =>
    json(422, { message: 'In order to keep the API fast for everyone, pagination is limited for this resource.' }),
  'a 451 of GitHub': () => json(451, { message: 'Repository access blocked', block: { reason: 'dmca' } }),
  'a 405': () => ({ status: 405, headers: HTML_TYPE, body: HTML }),
  'a 410': () => json(410, { message: 'Gone' }),
  'a 500': () => json(500, { error: { status: 500, message: 'Server error.' } }),
  'a 502': () => ({ status: 502, headers: HTML_TYPE, body: HTML }),
  'a 204': () => ({ status: 204, headers: {}, body: '' }),
  'a 304 that nobody asked for': () => ({ status: 304, headers: {}, body: '' }),
  'a 302 to nowhere': () => ({ status: 302, headers: {}, body: '' }),
  'HTML with the type of JSON': () => ({ status: 200, headers: JSON_TYPE, body: HTML }),
  'JSON with the type of HTML': (answer) => ({ ...answer, headers: { ...answer.headers, ...HTML_TYPE } }),
  'a body of nothing': (answer) => ({ ...answer, body: '' }),
  'JSON that ends in the middle': (answer) => ({ ...answer, body: answer.body.slice(0, answer.body.length / 2) }),
  'a connection that ends in the middle': (answer) => ({ ...answer, cut: true }),
  'gzip that is none': (answer) => ({ ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } }),
  'an encoding nobody asked for': (answer) => ({ ...answer, headers: { ...answer.headers, 'content-encoding': 'br' } }),
  'an error with status 200': () => json(200, { error: { status: 500, message: 'Server error.' } }),
  null: () => json(200, null),
  'numbers as strings': (answer) => ({ ...answer, body: answer.body.replace(/:\s*(-?\d+(\.\d+)?)(?=[,}])/g, ':"$1"') }),
};

/** A page of a list that is answered otherwise. */
interface Place {
  readonly where: string;
  readonly from: ListsCheckpoint;
  readonly asked: string;
  /** What is read usually, until the list is left. */
  readonly usual: readonly string[];
}

const positionIn = ({ at, inner }: ListsCheckpoint) => (inner.queue.length > 0 ? inner.at : at);

describe.each(platforms.map((platform) => [platform.name, platform] as const))(
  'instead of a page %s gives',
  (_, platform: Platform) => {
    const context = contextOf({ now: NOW, bounds: platform.bounds });
    let served: RecordedPlatform;
    /** The first and the second page of each list, and of the first list inside with two. */
    let places: Place[];

    const pagesFrom = async function* (from?: ListsCheckpoint) {
      let before = from;
      for await (const page of platform.extract(served.client, from, context)) {
        const asked = served.requests.splice(0).map(({ path }) => path);
        const at = JSON.parse(JSON.stringify(page.checkpoint)) as ListsCheckpoint;
        yield { before, page, asked, at };
        before = at;
      }
    };

    beforeAll(async () => {
      // Enough that the longest list inside does not take the longest time.
      served = await RecordedPlatform.start(platform, 'night-owl', NOW, (path) =>
        /repos\?|playlists\?/.test(path) ? 3 : inFull(12, 40),
      );
      const found = new Map<string, Place>();
      for await (const { before, asked } of pagesFrom()) {
        if (!before || asked.length === 0 || positionIn(before).pages > 1) continue;
        const isInside = before.inner.queue.length > 0;
        const where = `${before.list ?? ''}${isInside ? ' inside' : ''}${positionIn(before).pages > 0 ? ', in the middle' : ''}`;
        if (!found.has(where)) found.set(where, { where, from: before, asked: asked[0]!, usual: [] });
      }
      places = [];
      for (const place of found.values()) places.push({ ...place, usual: idsOf(await readList(place)) });
    });
    afterEach(() => served.replaced.clear());
    afterAll(() => served.close());

    const isInside = ({ inner }: ListsCheckpoint) => inner.queue.length > 0;
    const ownerOf = ({ inner }: ListsCheckpoint) => inner.queue[0]?.id;
    /** What went wrong so far in the list at which a checkpoint stands. */
    const wrongIn = ({ at, inner }: ListsCheckpoint) =>
      at.skipped + inner.at.skipped + inner.refused + inner.unclear + inner.failing;

    /** Reads on until the list is left, or something has gone wrong. */
    const readList = async ({ from }: Place) => {
      const pages: ExtractionPage[] = [];
      const isLeft = (at: ListsCheckpoint) =>
        at.list !== from.list || (isInside(from) && ownerOf(at) !== ownerOf(from));
      for await (const { page, at } of pagesFrom(from)) {
        pages.push(page);
        const isWrong = (page.warnings ?? []).length > 0 || wrongIn(at) > wrongIn(from);
        if (isWrong || isLeft(at)) return { pages, isWrong, at };
      }
      throw new Error('The list has no end');
    };
    const idsOf = ({ pages }: { readonly pages: readonly ExtractionPage[] }) =>
      [...new Set(pages.flatMap(({ items }) => items.map(({ kind, externalId }) => `${kind} ${externalId}`)))].sort();

    it.each(Object.entries(INSTEAD).map(([what, instead], number) => [what, instead, number] as const))(
      '%s: that is said, nothing counts as gone or known, and it reads on',
      async (what, instead, number) => {
        expect(places.length).toBeGreaterThan(8);
        // In the short form each at one of the places, another than the one before.
        for (const place of inFull(places, [places[number % places.length]!])) {
          const { where, from, asked, usual } = place;
          served.replaced.set(asked, instead(served.answerTo(asked)));
          const read = await readList(place);
          // It reads on from there.
          if (read.at.list !== null) await pagesFrom(read.at).next();
          served.replaced.clear();
          const isNothingLost = !read.isWrong && idsOf(read).join() === usual.join();
          if (isNothingLost || (what === 'a 204' && where === 'play')) continue;
          const list = isInside(from) ? from.inner.queue[0]!.id : undefined;
          const ends = read.pages.some(({ listing }) => listing?.ends === true && listing.within === list);
          const known = read.pages.flatMap(({ cursors = {} }) => Object.keys(cursors));
          const own = known.filter((cursor) =>
            list === undefined ? cursor === from.list : cursor.endsWith(` ${list}`),
          );
          expect([what, where, read.isWrong, ends, own]).toEqual([what, where, true, false, []]);
        }
      },
    );
  },
);
