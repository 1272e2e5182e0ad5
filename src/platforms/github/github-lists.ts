import type { z } from 'zod';
import { parseLinks } from '../link-header.js';
import { counted, type List, listsOf, type Page, type Reading } from '../list.js';
import { type PageEntry, UNREADABLE } from '../page-entries.js';
import type { PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import { type Me, type RepositoryOwner, repositoryOwner } from './github-account.js';
import {
  commitItem,
  eventItem,
  followingItem,
  gistItem,
  issueItem,
  languagesItem,
  organisationItem,
  repositoryItem,
  starItem,
} from './github-items.js';
import {
  commitPage,
  eventPage,
  followedPage,
  fullNameSchema,
  gistPage,
  type GithubCommit,
  type GithubEvent,
  type GithubIssue,
  type GithubPage,
  type GithubRepository,
  issuePage,
  languagesSchema,
  organisationPage,
  repositoryPage,
  starPage,
} from './github-schemas.js';

/**
 * GitHub's `since` is about when commits were made, not when they were pushed: what is merged later may be older than
 * the newest known one. So far back they are looked for again.
 */
const OVERLAP_MS = 30 * 86_400_000;

const { list, listWithin } = listsOf<Me>();

const commits = listWithin({
  kind: 'commit',
  title: 'Commits',
  order: 'since',
  atMost: 2_000,
  pageSize: 100,
  owner: repositoryOwner,
  ownerOf: (repository: GithubRepository, { account }): PageEntry<RepositoryOwner> => {
    const name = fullNameSchema.safeParse(repository.full_name);
    if (!name.success) return UNREADABLE;
    return {
      id: String(repository.id),
      version: repository.pushed_at ?? null,
      number: repository.id,
      name: name.data,
      language: repository.language ?? null,
      fork: repository.fork ?? false,
      own: repository.owner?.id === account.id,
    };
  },
  step: ({ name }) => `Commits in ${name}`,
  first: ({ account, owner }, since) => {
    const path = `/repos/${owner.name}/commits?author=${account.login}&per_page=100`;
    return since ? `${path}&since=${new Date(since.getTime() - OVERLAP_MS).toISOString()}` : path;
  },
  page: readCommits,
  toItem: (commit, { owner, account, startedAt }) => commitItem(commit, owner, account, startedAt),
  timeOf: (commit) => commit.commit?.committer?.date,
  several: (repositories) => `The commits or languages of ${counted(repositories, 'repository', 'repositories')}`,
  severalTooLong: (repositories) => `The commits in ${counted(repositories, 'repository', 'repositories')}`,
});

/** In the order in which they are read: what GitHub soon forgets, then what matters most to the signature. */
export const GITHUB_LISTS: readonly List<Me>[] = [
  list({
    kind: 'event',
    title: 'Recent activity',
    order: 'log',
    weight: 3,
    first: ({ account }) => `/users/${account.login}/events?per_page=100`,
    page: pages(eventPage),
    toItem: (event: GithubEvent, { account }) => eventItem(event, account),
  }),
  list({
    kind: 'repository',
    title: 'Repositories',
    order: 'whole',
    // Each costs a request or two of the 5,000 an hour that a person's apps share, and members of large organisations
    // see thousands they never touched.
    atMost: 500,
    tooLong: (atMost) => `Only the ${atMost} repositories that were changed last were read`,
    weight: 60,
    first: () => '/user/repos?sort=updated&affiliation=owner,collaborator,organization_member&per_page=100',
    page: pages(repositoryPage),
    toItem: (repository: GithubRepository, { account }) => repositoryItem(repository, account),
    within: commits,
  }),
  list({
    // Pull requests are among the issues.
    kind: 'issue',
    title: 'Issues and pull requests',
    order: 'since',
    atMost: 10_000,
    weight: 4,
    // Each brings its text and its repository along: a hundred could be more than the client reads.
    first: (_reading, since) => {
      const path = '/issues?filter=created&state=all&per_page=50';
      return since ? `${path}&since=${since.toISOString()}` : path;
    },
    page: pages(issuePage),
    toItem: (issue: GithubIssue, { account }) => issueItem(issue, account),
    timeOf: (issue) => issue.updated_at,
  }),
  list({
    kind: 'star',
    title: 'Stars',
    order: 'newest',
    atMost: 20_000,
    weight: 5,
    first: () => '/user/starred?per_page=100',
    // Only this media type has the time of the star.
    page: pages(starPage, { accept: 'application/vnd.github.v3.star+json' }),
    toItem: starItem,
    timeOf: (star) => star.starred_at,
  }),
  list({
    kind: 'gist',
    title: 'Gists',
    order: 'whole',
    atMost: 20_000,
    first: () => '/gists?per_page=100',
    page: pages(gistPage),
    toItem: gistItem,
  }),
  list({
    kind: 'organisation',
    title: 'Organisations',
    order: 'whole',
    atMost: 20_000,
    first: () => '/user/orgs?per_page=100',
    page: pages(organisationPage),
    toItem: organisationItem,
  }),
  list({
    kind: 'following',
    title: 'Followed people',
    order: 'whole',
    atMost: 20_000,
    first: () => '/user/following?per_page=100',
    page: pages(followedPage),
    toItem: followingItem,
  }),
];

/** Reads pages in GitHub's form, whose `Link` header leads to the next one; often to another path. */
function pages<Entry>(schema: z.ZodType<GithubPage<Entry>>, headers: Readonly<Record<string, string>> = {}) {
  return async (
    client: PlatformClient,
    path: string,
    _reading: unknown,
    etag: string | undefined,
  ): Promise<Page<Entry> | undefined> => {
    const answer =
      etag === undefined
        ? await client.get(path, schema, { headers })
        : await client.getUnlessSame(path, schema, etag, { headers });
    if (answer === undefined) return undefined;
    const links = parseLinks(answer.headers.get('link'));
    const next = links.get('next');
    const lastPage = pageNumber(links.get('last'));
    return {
      entries: answer.data,
      next: next === undefined ? null : client.pathOf(next),
      estimate: lastPage && lastPage * Math.max(answer.data.length, 1),
      etag: answer.headers.get('etag')?.slice(0, 200),
      // Organisations that ask for their own sign-in hide what is theirs, and the answer is a 200 all the same.
      incomplete: /^\s*partial-results/i.test(answer.headers.get('x-github-sso') ?? ''),
    };
  };
}

function pageNumber(url: string | undefined): number | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const page = Number(new URL(url).searchParams.get('page'));
  return Number.isSafeInteger(page) && page > 0 ? page : undefined;
}

/** Reads commits, and after the last of an own repository its languages. */
async function readCommits(
  client: PlatformClient,
  path: string,
  reading: Reading<Me, RepositoryOwner>,
): Promise<Page<GithubCommit> | undefined> {
  const { owner } = reading;
  try {
    const page = await pages(commitPage)(client, path, reading, undefined);
    return page && { ...page, ...(owner.own && { atEnd: () => readLanguages(client, owner) }) };
  } catch (error) {
    // A repository nobody pushed to yet has no commits to list, which GitHub calls a conflict.
    if (error instanceof PlatformError && error.details.status === 409) return { entries: [], next: null };
    throw error;
  }
}

async function readLanguages(client: PlatformClient, repository: RepositoryOwner) {
  const { data } = await client.get(`/repos/${repository.name}/languages`, languagesSchema);
  return [languagesItem(data, repository)];
}
