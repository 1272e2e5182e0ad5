import { contextOf } from '../../../test/support/extraction-context.js';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlatformClient } from '../platform-client.js';
import type { ExtractedItem, ExtractionContext, ExtractionPage } from '../platform.js';
import { findPlatform } from '../registry.js';
import type { ListsCheckpoint } from '../lists-checkpoint.js';
import type { Me } from './github-account.js';
import { github } from './github.js';

type GithubCheckpoint = ListsCheckpoint<Me>;

const NOW = new Date('2026-11-24T23:59:00Z');
const ME = { id: 583231, login: 'Octo-Cat', type: 'User' };
const OTHER = { id: 9, login: 'other', type: 'User' };
const ORG = { id: 44, login: 'big-org', type: 'Organization' };

const repository = (id: number, owner: typeof ME, name: string, more: object = {}) => ({
  id,
  node_id: `R_${id}`,
  name,
  full_name: `${owner.login}/${name}`,
  owner,
  private: false,
  fork: false,
  description: null,
  language: 'Rust',
  topics: ['cli'],
  archived: false,
  stargazers_count: 3,
  license: null,
  created_at: `2020-01-0${id % 9 || 9}T10:00:00Z`,
  pushed_at: '2026-11-20T10:00:00Z',
  html_url: `https://github.com/${owner.login}/${name}`,
  ...more,
});

const commit = (sha: string, date: string | null, author: object | null = ME, message = `Do ${sha}\n\nbecause`) => ({
  sha,
  node_id: 'C_1',
  html_url: `https://github.com/c/${sha}`,
  commit: {
    message,
    author: date === null ? null : { name: 'Octo', email: 'octo@secret.example', date },
    committer: { name: 'GitHub', email: 'noreply@github.com', date: '2026-11-23T00:00:00Z' },
  },
  author,
  committer: null,
  parents: [],
});

const issue = (id: number, more: object = {}) => ({
  id,
  number: id,
  title: `Issue ${id}`,
  state: 'open',
  user: ME,
  comments: 0,
  body: 'secret body',
  labels: [],
  repository: repository(1, ME, 'tool'),
  created_at: '2026-03-01T10:00:00Z',
  closed_at: null,
  html_url: `https://github.com/i/${id}`,
  ...more,
});

type Lists = Record<string, unknown>;

/** A small account; every list has pages of two. */
function account(): Lists {
  return {
    '/users/Octo-Cat/events': ['e1', 'e2', 'e3'].map((id, index) => ({
      id,
      type: index === 0 ? null : 'PushEvent',
      actor: ME,
      repo: { id: 1, name: 'Octo-Cat/tool', url: 'x' },
      payload: index === 1 ? { action: 'opened' } : {},
      public: true,
      created_at: `2026-11-2${index + 1}T08:00:00Z`,
    })),
    '/user/repos': [
      repository(1, ME, 'tool'),
      repository(2, ORG, 'their.app', { language: null, topics: undefined }),
      repository(3, ME, 'empty', { language: null, pushed_at: null }),
      repository(4, ME, 'forked', { fork: true, language: 'C' }),
      repository(5, ORG, 'gone'),
    ],
    '/repos/Octo-Cat/tool/commits': [
      commit('a1', '2026-11-22T23:30:00-07:00'),
      commit('a2', '2026-10-01T10:00:00Z'),
      commit('a3', '1970-01-01T00:00:00Z'),
      commit('a4', '2042-01-01T00:00:00Z'),
      commit('a5', null),
    ],
    '/repos/big-org/their.app/commits': [
      commit('b1', '2026-05-01T10:00:00Z', { login: 'octo-cat' }),
      commit('b2', '2026-05-02T10:00:00Z', OTHER),
      commit('b3', '2026-05-03T10:00:00Z', null),
      commit('b4', '2026-05-04T10:00:00Z', {}),
    ],
    '/repos/Octo-Cat/forked/commits': [commit('a1', '2026-11-22T23:30:00-07:00')],
    '/repos/Octo-Cat/tool/languages': { Rust: 12_345, 'Jupyter Notebook': 1 },
    '/repos/Octo-Cat/forked/languages': {},
    '/issues': [
      issue(100),
      issue(101, { pull_request: { merged_at: '2026-03-02T00:00:00Z' }, state: 'closed', user: null }),
      issue(102, { repository: undefined }),
    ],
    '/user/starred': [
      { starred_at: '2026-02-01T10:00:00Z', repo: repository(70, OTHER, 'nice') },
      { starred_at: '2026-02-02T10:00:00Z', repo: null },
      { starred_at: null, repo: repository(71, OTHER, 'fine', { owner: null }) },
    ],
    '/gists': [
      {
        id: 'aa5a315d61ae9438b18d',
        description: '',
        public: true,
        owner: ME,
        files: { 'a.py': { language: 'Python' }, 'b.txt': { language: null }, 'c.py': { language: 'Python' } },
        comments: 0,
        created_at: '2026-04-01T10:00:00Z',
        html_url: 'https://gist.github.com/1',
      },
    ],
    '/user/orgs': [{ ...ORG, description: null }],
    '/user/following': [OTHER, { ...OTHER, id: 10 }, null],
  };
}

let server: Server;
let apiUrl: string;
let lists: Lists;
/** Paths answered with a status instead of data. */
let refused: Record<string, number>;
let message: string;
/** Where the first path now lives. */
let moved: Record<string, string>;
/** Replaces the address of the next page. */
let nextOf: (path: string, page: number, next: string | null) => string | null;
let pageSize: number;
/** More headers of the answers to a path. */
let headers: Record<string, Record<string, string>>;
let requests: { path: string; query: string; headers: IncomingHttpHeaders }[];

beforeEach(async () => {
  lists = account();
  message = 'no';
  refused = { '/repos/Octo-Cat/empty/commits': 409, '/repos/big-org/gone/commits': 404 };
  moved = {};
  nextOf = (_path, _page, next) => next;
  pageSize = 2;
  headers = {};
  requests = [];
  server = createServer((request, response) => {
    const url = new URL(request.url ?? '', apiUrl);
    // Like GitHub, next pages are below the repository's number.
    const path = url.pathname.replace('/github', '').replace('/repositories/1/', '/repos/Octo-Cat/tool/');
    requests.push({ path, query: url.search, headers: request.headers });
    const send = (status: number, body: unknown, more: Record<string, string> = {}) =>
      response
        .writeHead(status, { 'content-type': 'application/json; charset=utf-8', ...more })
        .end(JSON.stringify(body));
    const status = refused[path] ?? refused[`${path}?page=${url.searchParams.get('page') ?? 1}`];
    if (status !== undefined) return void send(status, { message });
    const location = moved[path];
    if (location !== undefined) return void send(301, {}, { location: `${apiUrl}${location}${url.search}` });
    if (path === '/user') return void send(200, { ...ME, name: null, email: 'octo@secret.example', followers: 2 });
    const list = lists[path];
    if (list === undefined) return void send(404, { message: 'Not Found' });
    if (!Array.isArray(list)) return void send(200, list);
    const page = Number(url.searchParams.get('page') ?? 1);
    const last = Math.ceil(list.length / pageSize);
    const below = path.replace('/repos/Octo-Cat/tool/', '/repositories/1/');
    const addressOf = (number: number) => {
      url.searchParams.set('page', String(number));
      return `${apiUrl}${below}?${url.searchParams.toString().replaceAll('%2C', ',')}`;
    };
    const next = nextOf(path, page, page < last ? addressOf(page + 1) : null);
    const links = next === null ? [] : [`<${next}>; rel="next"`, `<${addressOf(last)}>; rel="last"`];
    const body = list.slice((page - 1) * pageSize, page * pageSize);
    send(200, body, { ...(links.length > 0 && { link: links.join(', ') }), ...headers[path] });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  apiUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/github`;
});

afterEach(async () => {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeAllConnections();
  await closed;
});

type Page = ExtractionPage<GithubCheckpoint>;

async function extract(
  checkpoint?: GithubCheckpoint,
  now = NOW,
  context: Partial<ExtractionContext> = {},
): Promise<Page[]> {
  const client = new PlatformClient({
    platform: 'github',
    apiUrl,
    accessToken: () => Promise.resolve('token'),
    signal: new AbortController().signal,
    retryBaseMs: 1,
    headers: github.headers,
    refusals: github.refusals,
    rateLimitedUntil: github.rateLimitedUntil,
  });
  const pages: Page[] = [];
  for await (const page of github.extract(client, checkpoint, contextOf({ now, ...context }))) pages.push(page);
  return pages;
}

const itemsOf = (pages: Page[]): ExtractedItem[] => pages.flatMap((page) => page.items);
const idsOf = (pages: Page[]) => itemsOf(pages).map((item) => `${item.kind} ${item.externalId}`);
const warningsOf = (pages: Page[]) => pages.flatMap((page) => page.warnings ?? []);
const itemOf = (pages: Page[], kind: string, externalId: string) =>
  itemsOf(pages).find((item) => item.kind === kind && item.externalId === externalId);
const pathsOf = (path: string) => requests.filter((request) => request.path === path);

/** What `account()` holds, in reading order. */
const EXPECTED = [
  'profile 583231',
  ...['event e1', 'event e2', 'event e3'],
  ...['repository 1', 'repository 2'],
  ...['commit 1:a1', 'commit 1:a2', 'commit 1:a3', 'commit 1:a4', 'commit 1:a5'],
  'repository-languages 1',
  'commit 2:b1',
  ...['repository 3', 'repository 4'],
  ...['commit 4:a1', 'repository-languages 4'],
  'repository 5',
  ...['issue 100', 'pull-request 101', 'issue 102'],
  ...['star 70', 'star 71'],
  'gist aa5a315d61ae9438b18d',
  'organisation 44',
  ...['following 9', 'following 10'],
];
const GONE = {
  code: 'NOT_AVAILABLE',
  message: 'The commits or languages of one repository could not be read: GitHub refused',
};

const notUnderstood = (title: string) => ({
  code: 'NOT_UNDERSTOOD',
  message: `${title} could not be read: the answer of GitHub could not be understood`,
});

test('the registry knows GitHub by its name', () => {
  expect(findPlatform('github')).toBe(github);
});

describe('a whole extraction', () => {
  test('yields every item once, says how far it is and ends at 1', async () => {
    const pages = await extract();
    expect(idsOf(pages)).toEqual(EXPECTED);
    expect(warningsOf(pages)).toEqual([GONE]);
    const shares = pages.map((page) => page.done);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(pages.at(-1)!.checkpoint.list).toBeNull();
  });

  test('resumes from every checkpoint with exactly the pages that follow, even on another day and below another address', async () => {
    const pages = await extract();
    apiUrl = new URL(apiUrl).origin;
    for (const [index, page] of pages.entries()) {
      const stored = github.checkpointSchema.parse(JSON.parse(JSON.stringify(page.checkpoint)));
      expect(stored).toEqual(page.checkpoint);
      expect(JSON.stringify(stored)).not.toContain('127.0.0.1');
      const rest = await extract(stored, new Date('2042-06-01T00:10:00Z'));
      expect(rest).toEqual(pages.slice(index + 1));
    }
  });

  test('asks as GitHub wants to be asked', async () => {
    await extract();
    for (const { headers, path } of requests) {
      expect(headers).toMatchObject({
        'x-github-api-version': '2022-11-28',
        authorization: 'Bearer token',
        'user-agent': expect.any(String),
        accept: path === '/user/starred' ? 'application/vnd.github.v3.star+json' : 'application/vnd.github+json',
      });
    }
    const queryOf = (path: string) => new URLSearchParams(pathsOf(path)[0]!.query);
    expect([...queryOf('/repos/Octo-Cat/tool/commits')]).toEqual([
      ['author', 'Octo-Cat'],
      ['per_page', '100'],
    ]);
    expect([...queryOf('/user/repos')]).toEqual([
      ['sort', 'updated'],
      ['affiliation', 'owner,collaborator,organization_member'],
      ['per_page', '100'],
    ]);
    expect(queryOf('/issues').get('filter')).toBe('created');
    expect(queryOf('/issues').get('state')).toBe('all');
    expect(requests.filter(({ path }) => path.endsWith('/languages')).map(({ path }) => path)).toEqual([
      '/repos/Octo-Cat/tool/languages',
      '/repos/Octo-Cat/forked/languages',
    ]);
  });

  test('an empty account is read to its end', async () => {
    lists = Object.fromEntries(Object.keys(lists).map((path) => [path, []]));
    const pages = await extract();
    expect(idsOf(pages)).toEqual(['profile 583231']);
    expect(pages).toHaveLength(8);
    expect(pages.at(-1)!.done).toBe(1);
  });
});

describe('items', () => {
  test('say when the person acted, and only then', async () => {
    const pages = await extract();
    expect(itemOf(pages, 'commit', '1:a1')).toEqual({
      kind: 'commit',
      externalId: '1:a1',
      key: 'repo:1',
      occurredAt: new Date('2026-11-23T06:30:00Z'),
      timeMeaning: 'user_act',
      payload: {
        sha: 'a1',
        subject: 'Do a1',
        url: 'https://github.com/c/a1',
        repositoryId: 1,
        repository: 'Octo-Cat/tool',
        language: 'Rust',
      },
    });
    // Broken clocks and commits without an author's date are known, but no act at a time.
    for (const sha of ['a3', 'a4', 'a5']) {
      expect(itemOf(pages, 'commit', `1:${sha}`)).toMatchObject({ occurredAt: null, timeMeaning: 'snapshot' });
    }
    expect(itemOf(pages, 'commit', '2:b1')!.payload).toMatchObject({ repository: 'big-org/their.app', language: null });
    expect(itemOf(pages, 'commit', '4:a1')!.payload).toMatchObject({ fork: true, language: 'C' });
    expect(itemOf(pages, 'repository', '1')).toMatchObject({
      key: 'repo:1',
      occurredAt: new Date('2020-01-01T10:00:00Z'),
      timeMeaning: 'user_act',
      payload: { owner: 'Octo-Cat', fork: false, language: 'Rust', topics: ['cli'] },
    });
    expect(itemOf(pages, 'repository', '2')).toMatchObject({ timeMeaning: 'content' });
    expect(itemOf(pages, 'repository-languages', '1')).toMatchObject({
      key: 'repo:1',
      timeMeaning: 'snapshot',
      payload: { languages: { Rust: 12_345, 'Jupyter Notebook': 1 } },
    });
    expect(itemOf(pages, 'star', '70')).toMatchObject({
      key: 'repo:70',
      occurredAt: new Date('2026-02-01T10:00:00Z'),
      timeMeaning: 'user_act',
    });
    expect(itemOf(pages, 'star', '71')).toMatchObject({ occurredAt: null, timeMeaning: 'snapshot' });
    expect(itemOf(pages, 'issue', '100')).toMatchObject({ key: 'repo:1', timeMeaning: 'user_act' });
    expect(itemOf(pages, 'pull-request', '101')).toMatchObject({
      timeMeaning: 'user_act',
      payload: { mergedAt: '2026-03-02T00:00:00Z', repositoryId: 1, language: 'Rust' },
    });
    expect(itemOf(pages, 'issue', '102')).toMatchObject({ key: null, timeMeaning: 'user_act' });
    expect(itemOf(pages, 'event', 'e2')).toMatchObject({
      key: 'repo:1',
      timeMeaning: 'user_act',
      payload: { type: 'PushEvent', action: 'opened' },
    });
    expect(itemOf(pages, 'gist', 'aa5a315d61ae9438b18d')).toMatchObject({
      key: null,
      timeMeaning: 'user_act',
      payload: { languages: ['Python'], fileCount: 3 },
    });
    expect(itemOf(pages, 'organisation', '44')).toMatchObject({ key: 'org:44', timeMeaning: 'snapshot' });
    expect(itemOf(pages, 'following', '9')).toMatchObject({ key: 'user:9', timeMeaning: 'snapshot' });
  });

  test('hold nothing private', async () => {
    expect(JSON.stringify(await extract())).not.toContain('secret');
  });

  test('of a long subject are cut between characters', async () => {
    lists['/repos/Octo-Cat/forked/commits'] = [commit('f', null, ME, `${'x'.repeat(199)}😀😀\nmore`)];
    expect(itemOf(await extract(), 'commit', '4:f')!.payload['subject']).toBe(`${'x'.repeat(199)}😀`);
  });

  test('stay the same when a repository is renamed or moves to somebody else', async () => {
    const before = idsOf(await extract());
    lists['/user/repos'] = [repository(1, ORG, 'renamed'), ...(lists['/user/repos'] as unknown[]).slice(1)];
    lists['/repos/big-org/renamed/commits'] = lists['/repos/Octo-Cat/tool/commits'];
    const after = await extract();
    expect(idsOf(after)).toEqual(before.filter((id) => id !== 'repository-languages 1'));
    expect(itemOf(after, 'commit', '1:a1')!.payload['repository']).toBe('big-org/renamed');
  });

  test('are found where a repository went between two requests', async () => {
    lists['/user/repos'] = [repository(1, ME, 'old')];
    moved = { '/repos/Octo-Cat/old/commits': '/repositories/1/commits' };
    const commits = idsOf(await extract()).filter((id) => id.startsWith('commit'));
    expect(commits).toEqual(EXPECTED.filter((id) => id.startsWith('commit 1:')));
  });
});

describe('what cannot be read', () => {
  test('becomes one warning for all repositories and one for each list, and the rest is read', async () => {
    refused = {
      '/repos/Octo-Cat/tool/languages': 403,
      '/repos/Octo-Cat/empty/commits': 409,
      '/repos/big-org/their.app/commits': 451,
      '/repos/big-org/gone/commits': 404,
      '/user/orgs': 403,
      '/gists': 404,
    };
    const pages = await extract();
    const gone = /^(organisation|gist) |^commit 2:|^repository-languages 1$/;
    expect(idsOf(pages)).toEqual(EXPECTED.filter((id) => !gone.test(id)));
    expect(warningsOf(pages)).toEqual([
      { ...GONE, message: GONE.message.replace('one repository', '3 repositories') },
      { code: 'NOT_AVAILABLE', message: 'Gists could not be read: GitHub refused (404)' },
      { code: 'NOT_AVAILABLE', message: 'Organisations could not be read: GitHub refused (403)' },
    ]);
    for (const [index, page] of pages.entries()) {
      expect(await extract(page.checkpoint)).toEqual(pages.slice(index + 1));
    }
  });

  test('from the second page on is a list that GitHub ends', async () => {
    refused = { ...refused, '/user/starred?page=2': 422, '/repos/Octo-Cat/tool/commits?page=2': 422 };
    const pages = await extract();
    // Each was begun anew once.
    expect([...new Set(idsOf(pages))]).toEqual(
      EXPECTED.filter((id) => !/^(star 71|commit 1:a[345]|repository-languages 1)$/.test(id)),
    );
    expect(warningsOf(pages)).toEqual([
      { ...GONE, message: GONE.message.replace('one repository', '2 repositories') },
      { code: 'NOT_AVAILABLE', message: 'Stars were read only in part: GitHub refused (422)' },
    ]);
  });

  test('because of organisations with their own sign-in is said, and does not count as gone', async () => {
    headers = { '/user/orgs': { 'x-github-sso': 'partial-results; organizations=21955855,20582480' } };
    const pages = await extract();
    expect(idsOf(pages)).toEqual(EXPECTED);
    expect(warningsOf(pages)).toEqual([
      GONE,
      { code: 'NOT_AVAILABLE', message: 'Organisations could be read only in part: GitHub held some back' },
    ]);
    const listed = pages.flatMap(({ listing }) => (listing?.ends ? listing.kind : []));
    expect(listed).toContain('gist');
    expect(listed).not.toContain('organisation');
  });

  test('because GitHub fails at it alone is left out in the last attempt, not before', async () => {
    refused = {
      ...refused,
      '/repos/Octo-Cat/tool/commits': 500,
      '/gists': 502,
      '/repos/Octo-Cat/forked/languages': 500,
    };
    await expect(extract(undefined, NOW, { willRetry: true })).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    const pages = await extract();
    expect(idsOf(pages)).toEqual(EXPECTED.filter((id) => !/^(commit 1:|gist|repository-languages)/.test(id)));
    expect(warningsOf(pages)).toEqual([
      { ...GONE, message: GONE.message.replace('one repository', '2 repositories') },
      {
        code: 'NOT_AVAILABLE',
        message: 'The commits or languages of one repository could not be read: GitHub failed at them alone',
      },
      { code: 'NOT_AVAILABLE', message: 'Gists could not be read: GitHub failed (502)' },
    ]);
    const later = pages.findIndex(({ checkpoint }) => checkpoint.inner.failing > 0);
    expect(await extract(pages[later]!.checkpoint)).toEqual(pages.slice(later + 1));
  });

  test('because GitHub fails at all of it ends the run', async () => {
    refused = Object.fromEntries(['tool', 'empty', 'forked'].map((name) => [`/repos/Octo-Cat/${name}/commits`, 500]));
    refused['/repos/big-org/their.app/commits'] = 500;
    await expect(extract()).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE' });
    refused = { '/gists': 500 };
    const { checkpoint } = (await extract()).find((page) => page.checkpoint.list === 'gist')!;
    refused = { '/gists': 500, '/user': 503 };
    await expect(extract(checkpoint)).rejects.toMatchObject({ code: 'PLATFORM_UNAVAILABLE', details: { status: 500 } });
  });

  test('is told with its reason, once for all repositories, also after a run was resumed', async () => {
    message = 'Resource protected by organization SAML enforcement.';
    refused = { ...refused, '/repos/big-org/their.app/commits': 403, '/repos/big-org/gone/commits': 403 };
    const pages = await extract();
    const problem = { code: 'SSO_REQUIRED', actor: 'person', message: expect.stringContaining('single sign-on') };
    const reason = expect.stringMatching(
      /^The commits or languages of 2 repositories could not be read\. An organisation/,
    );
    expect(warningsOf(pages)).toEqual([{ code: 'NOT_AVAILABLE', message: reason, problem }]);
    for (const [index, page] of pages.entries()) {
      const stored = github.checkpointSchema.parse(JSON.parse(JSON.stringify(page.checkpoint)));
      expect(await extract(stored)).toEqual(pages.slice(index + 1));
    }
  });

  test('ends the run when it is about the account as a whole', async () => {
    message = 'Sorry. Your account was suspended.';
    refused = { '/user/starred': 403 };
    await expect(extract()).rejects.toMatchObject({ details: { refusal: { code: 'ACCOUNT_SUSPENDED' } } });
  });

  test('is an error when it is the profile, and when the grant is gone', async () => {
    refused = { '/user': 403 };
    await expect(extract()).rejects.toMatchObject({ code: 'PLATFORM_FORBIDDEN' });
    refused = { '/repos/Octo-Cat/tool/commits': 401 };
    await expect(extract()).rejects.toMatchObject({ code: 'PLATFORM_UNAUTHORIZED' });
  });

  test('for now, because of a limit, is no repository to skip', async () => {
    refused = { '/repos/Octo-Cat/tool/commits': 429 };
    await expect(extract()).rejects.toMatchObject({
      code: 'PLATFORM_RATE_LIMITED',
      details: { retryAt: expect.any(Date) },
    });
    expect(pathsOf('/repos/Octo-Cat/tool/commits')).toHaveLength(1);
  });

  test('is a repository with a name that is none', async () => {
    lists['/user/repos'] = ['../user', 'a/..', 'a/b/c', 'a/b?x', ''].map((full_name, index) => ({
      ...repository(index, ME, 'x'),
      full_name,
    }));
    expect(idsOf(await extract()).filter((id) => id.startsWith('repository '))).toHaveLength(5);
    expect(requests.filter(({ path }) => path.includes('commits'))).toEqual([]);
  });
});

describe('bounds', () => {
  test('lists that run in circles end with a warning', async () => {
    nextOf = (path, page, next) =>
      path === '/user/starred' || path === '/repos/Octo-Cat/tool/commits'
        ? `${apiUrl}${path}?page=${page === 3 ? 1 : page + 1}`
        : next;
    const pages = await extract();
    expect(warningsOf(pages)).toEqual([
      GONE,
      { code: 'LIMIT_REACHED', message: 'The commits in one repository were read only in part: there are too many' },
      { code: 'LIMIT_REACHED', message: 'Stars were read only in part: the list repeats itself' },
    ]);
    expect(new Set(idsOf(pages))).toEqual(new Set(EXPECTED));
    expect(requests.length).toBeLessThan(40);
  });

  test('of one repository 20 pages of commits are read, counted over resumed runs', async () => {
    nextOf = (path, page, next) =>
      path === '/repos/Octo-Cat/tool/commits' ? `${apiUrl}${path}?page=${page + 1}` : next;
    const pages = await extract();
    expect(pathsOf('/repos/Octo-Cat/tool/commits')).toHaveLength(20);
    expect(warningsOf(pages)).toEqual([GONE, expect.objectContaining({ code: 'LIMIT_REACHED' })]);
    const late = pages.filter(({ checkpoint }) => checkpoint.inner.at.next?.includes('/tool/')).at(-1)!;
    requests = [];
    await extract(late.checkpoint);
    expect(pathsOf('/repos/Octo-Cat/tool/commits')).toHaveLength(1);
  });

  test('of the repositories the 500 that were changed last are read', async () => {
    pageSize = 98;
    refused = {};
    lists = { '/user/repos': Array.from({ length: 700 }, (_, index) => repository(index + 1, ORG, `r${index + 1}`)) };
    const pages = await extract();
    const read = requests.filter(({ path }) => path.endsWith('/commits')).map(({ path }) => path);
    expect(read).toEqual(Array.from({ length: 500 }, (_, index) => `/repos/big-org/r${index + 1}/commits`));
    expect(pathsOf('/user/repos')).toHaveLength(6);
    expect(warningsOf(pages)).toEqual(
      expect.arrayContaining([
        { code: 'LIMIT_REACHED', message: 'Only the 500 repositories that were changed last were read' },
        { ...GONE, message: GONE.message.replace('one repository', '500 repositories') },
      ]),
    );
    expect(pages.at(-1)!.done).toBe(1);
  });

  test.each(['https://evil.example/user/starred?page=2', 'ORIGIN/user/starred?page=2', 'not an address'])(
    'a list that leads to %s is not followed',
    async (template) => {
      const next = template.replace('ORIGIN', new URL(apiUrl).origin);
      nextOf = (path, _page, usual) => (path === '/user/starred' ? next : usual);
      const pages = await extract();
      expect(warningsOf(pages)).toEqual([GONE, notUnderstood('Stars')]);
      expect(idsOf(pages)).toEqual(EXPECTED.filter((id) => !id.startsWith('star ')));
    },
  );

  test('millions of wrong entries are refused at once', async () => {
    lists['/user/orgs'] = [];
    const at = { ...(await extract())[0]!.checkpoint, list: 'gist' };
    const gists = (answer: unknown) => {
      const client = {
        get: (_path: string, schema: any) => Promise.resolve({ data: schema.parse(answer), headers: new Map() }),
      };
      return github.extract(client as unknown as PlatformClient, at, contextOf({ now: NOW })).next();
    };
    const start = Date.now();
    await expect(gists(new Array(5_000_000).fill(1))).rejects.toThrow(/Too big/);
    // Files say nothing about which gist it is.
    const { value: page } = await gists([{ id: 'g', files: Object.fromEntries(new Array(300_000).fill(1).entries()) }]);
    expect(page!.items).toMatchObject([{ externalId: 'g', payload: { fileCount: 0 } }]);
    expect(Date.now() - start).toBeLessThan(4_000);
  });
});

test.each([
  ['/users/Octo-Cat/events', /^event /],
  ['/user/repos', /^(repository|commit|repository-languages) /],
  ['/repos/Octo-Cat/tool/commits', /^(commit 1:|repository-languages 1$)/],
  ['/repos/Octo-Cat/tool/languages', /^repository-languages 1$/],
  ['/issues', /^(issue|pull-request) /],
  ['/user/starred', /^star /],
  ['/gists', /^gist /],
  ['/user/orgs', /^organisation /],
  ['/user/following', /^following /],
])('%s that is not understood ends with a warning that names it, and the others are read', async (path, ofList) => {
  // Of languages any name may be one, so only another form is not understood.
  for (const wrong of path.endsWith('/languages') ? [[42], 'x'] : [[42], [[]], { message: 5, x: 'y' }]) {
    lists[path] = wrong;
    const pages = await extract();
    const others = (ids: readonly string[]) => ids.filter((id) => !ofList.test(id));
    expect(others(idsOf(pages))).toEqual(others(EXPECTED));
    const warnings = warningsOf(pages).filter(({ message }) => message !== GONE.message);
    expect(warnings).toEqual([{ code: expect.any(String), message: expect.stringMatching(/^[A-Z][\w ]+: /) }]);
  }
});

test('a name that does not say which repository it is costs its commits alone', async () => {
  const [first, ...others] = lists['/user/repos'] as object[];
  lists['/user/repos'] = [{ ...first, full_name: 5, topics: [null, 'cli'], stargazers_count: '3' }, ...others];
  const pages = await extract();
  expect(itemOf(pages, 'repository', '1')!.payload).toMatchObject({ topics: ['cli'] });
  expect(idsOf(pages)).toEqual(EXPECTED.filter((id) => !/^(commit 1:|repository-languages 1$)/.test(id)));
  expect(warningsOf(pages)).toEqual([
    GONE,
    {
      code: 'NOT_UNDERSTOOD',
      message:
        'The commits or languages of one repository were read only in part: not all that came could be understood',
    },
  ]);
});
