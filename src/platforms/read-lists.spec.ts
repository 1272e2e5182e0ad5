import { z } from 'zod';
import { contextOf } from '../../test/support/extraction-context.js';
import { moveCursors } from './cursors.js';
import { listsOf, type List, type Page } from './list.js';
import { PlatformClient } from './platform-client.js';
import type { ExtractedItem, ExtractionPage, Json } from './platform.js';
import { readLists } from './read-lists.js';

const NOW = new Date('2026-11-24T12:00:00Z');
const account = z.object({ id: z.string() });
type Account = z.infer<typeof account>;
const { list, listWithin } = listsOf<Account>();

const itemOf = (kind: string, externalId: string): ExtractedItem => {
  return { kind, externalId, key: null, occurredAt: null, timeMeaning: 'snapshot', payload: {} };
};

/** Its lists answer from memory, so nothing is asked of the client. */
const client = new PlatformClient({
  platform: 'invented',
  apiUrl: 'http://127.0.0.1:9',
  accessToken: () => Promise.reject(new Error('nothing should be asked for')),
  signal: new AbortController().signal,
  retryBaseMs: 1,
});

const platformOf = (lists: readonly List<Account>[]) =>
  readLists({
    provider: 'Invented',
    profile: { title: 'Profile', account, read: async () => ({ account: { id: 'a' }, ids: ['a'], item: null }) },
    lists,
  });

async function read(lists: readonly List<Account>[]): Promise<ExtractionPage[]> {
  const pages: ExtractionPage[] = [];
  for await (const page of platformOf(lists).extract(client, undefined, contextOf({ now: NOW }))) pages.push(page);
  return pages;
}

/** A list of the pages `/1`, `/2` …, of which one is incomplete. */
const groups = (pageCount: number, incomplete: number, within?: List<Account, string>['within']) =>
  list({
    kind: 'group',
    title: 'Groups',
    order: 'whole',
    first: () => '/1',
    page: async (_client, path): Promise<Page<string>> => {
      const page = Number(path.slice(1));
      const next = page < pageCount ? `/${page + 1}` : null;
      return { entries: [`g${page}`], next, etag: 'tag', incomplete: page === incomplete };
    },
    toItem: (id) => itemOf('group', id),
    ...(within && { within }),
  });

const members = listWithin({
  kind: 'member',
  title: 'Members',
  order: 'whole',
  owner: z.object({ id: z.string(), version: z.string() }),
  ownerOf: (id: string) => ({ id, version: 'v1' }),
  first: ({ owner }) => `/${owner.id}/members`,
  page: async (_client, path): Promise<Page<string>> => ({
    entries: ['m'],
    next: null,
    incomplete: path === '/g1/members',
  }),
  toItem: (id, { owner }) => itemOf('member', `${owner.id}:${id}`),
  several: (owners) => `The members of ${owners} groups`,
});

test.each([1, 2])('a list of which the provider holds back a part of page %d warns and marks nothing', async (page) => {
  const pages = await read([groups(2, page)]);
  expect(pages.flatMap(({ items }) => items).map(({ externalId }) => externalId)).toEqual(['g1', 'g2']);
  expect(pages.flatMap(({ warnings = [] }) => warnings)).toEqual([
    { code: 'NOT_AVAILABLE', message: 'Groups could be read only in part: Invented held some back' },
  ]);
  expect(pages.flatMap(({ listing }) => listing ?? []).map(({ ends }) => ends)).toEqual([false, false]);
});

test('a list that is held back in part is read again by the next run', async () => {
  const cursorsOf = async (lists: readonly List<Account>[]) =>
    (await read(lists)).flatMap(({ cursors = {} }) => Object.keys(cursors)).filter((name) => name !== 'account');
  expect(await cursorsOf([groups(1, 0)])).toEqual(['group']);
  expect(await cursorsOf([groups(1, 1)])).toEqual([]);
  expect(await cursorsOf([groups(2, 0, members)])).toEqual(['member g2']);
});

test('lists inside that are held back in part are counted in one warning', async () => {
  const pages = await read([groups(2, 0, members)]);
  expect(pages.flatMap(({ warnings = [] }) => warnings)).toEqual([
    { code: 'NOT_AVAILABLE', message: 'The members of 1 groups could not be read: Invented refused' },
  ]);
  const ended = pages.flatMap(({ listing }) => (listing?.ends ? [`${listing.kind} ${listing.within ?? ''}`] : []));
  expect(ended).toEqual(['group ', 'member g2']);
});

describe('a list that shows fewer entries than the provider counts', () => {
  const DAY_MS = 86_400_000;
  let cursors: Map<string, Json>;
  let shown: string[];
  let counted: number;
  const readAt = async (day: number, within?: List<Account, string>['within']) => {
    const counting = list({
      kind: 'group',
      title: 'Groups',
      order: 'whole',
      first: () => '/1',
      page: async (): Promise<Page<string>> => ({ entries: shown, next: null, counted }),
      toItem: (id) => itemOf('group', id),
      ...(within && { within }),
    });
    const now = new Date(NOW.getTime() + day * DAY_MS);
    const pages: ExtractionPage[] = [];
    for await (const page of platformOf([counting]).extract(client, undefined, contextOf({ now, cursors }))) {
      pages.push(page);
      moveCursors(cursors, page);
    }
    const messages = pages.flatMap(({ warnings = [] }) => warnings.map(({ message }) => message));
    const isWhole = pages.some(({ listing }) => listing?.kind === 'group' && listing.ends);
    return { messages, isWhole };
  };
  const whole = { messages: [], isWhole: true };
  const doubted = (missing: string) => ({
    messages: [`Groups may have been read only in part: Invented counts ${missing} more than it showed`],
    isWhole: false,
  });

  beforeEach(() => {
    cursors = new Map();
    [shown, counted] = [['a', 'b', 'c'], 3];
  });

  test.each([undefined, members])('warns and marks nothing, until that has stayed so for long', async (within) => {
    expect(await readAt(0, within)).toEqual(whole);
    [shown, counted] = [['a'], 3];
    expect(await readAt(1, within)).toEqual(doubted('2 entries'));
    expect(await readAt(7.9, within)).toEqual(doubted('2 entries'));
    expect(await readAt(8, within)).toEqual(whole);
    // What is shown less from then on is looked at anew.
    [shown, counted] = [['a'], 4];
    expect(await readAt(9, within)).toEqual(doubted('3 entries'));
    [shown, counted] = [['a', 'b'], 3];
    expect(await readAt(10, within)).toEqual(doubted('one entry'));
    expect(await readAt(16, within)).toEqual(whole);
  });

  test('is no longer known for it once all were shown', async () => {
    counted = 4;
    await readAt(0);
    expect(await readAt(8)).toEqual(whole);
    counted = 3;
    expect(await readAt(9)).toEqual(whole);
    counted = 4;
    expect(await readAt(10)).toEqual(doubted('one entry'));
  });

  test('has nothing to warn of if it shows more', async () => {
    counted = 2;
    expect(await readAt(0)).toEqual(whole);
  });
});

test('two lists of the same name are a mistake in the declaration', () => {
  expect(() => platformOf([groups(1, 0), groups(2, 0)])).toThrow('Two lists of Invented have the same name');
});
