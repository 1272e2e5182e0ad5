import { ApiError } from '../api-error.js';
import type { Repository } from './account.js';
import type { ApiCall } from './api-call.js';
import type { Commit } from './commits.js';
import { recentEvents } from './events.js';
import { choice, timeFrom } from './list-query.js';
import { pageOf } from './paging.js';
import { listedRepositories } from './repository-list.js';

/** What an endpoint answers; status 200 by default. */
export interface ApiAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object;
}

/** One path of the API. */
export interface Endpoint {
  /** Any of these scopes will do; without one GitHub answers with `otherwise`. Empty where every token will do. */
  readonly scopes: readonly string[];
  readonly otherwise?: 403 | 404;
  readonly answer: (call: ApiCall) => ApiAnswer;
}

const open = (answer: Endpoint['answer']): Endpoint => ({ scopes: [], answer });

/** The endpoints, under GitHub's documented paths; `/repositories/{id}` is where renamed repositories lead. */
export const ENDPOINTS: Readonly<Record<string, Endpoint>> = {
  '/user': open((call) => ({
    body: call.answers.me(call.account.repositories(call.now), call.may('read:user', 'user')),
  })),
  '/user/emails': {
    scopes: ['user:email', 'user'],
    otherwise: 404,
    answer: (call) => list(call, call.answers.emails(), (email) => email),
  },
  '/user/repos': open((call) =>
    list(call, listedRepositories(call.address, call.repositories(), call.account.user), (repository) =>
      call.answers.repository(repository),
    ),
  ),
  '/user/starred': open(starred),
  '/user/orgs': {
    scopes: ['read:org', 'user'],
    otherwise: 403,
    answer: (call) => list(call, call.account.organisations(), (one) => call.answers.organisation(one)),
  },
  '/user/following': open((call) => list(call, call.account.following(), (one) => call.answers.user(one))),
  '/user/followers': open((call) => list(call, call.account.followers(), (one) => call.answers.user(one))),
  '/users/:login/events': open(events),
  '/issues': open(issues),
  '/gists': open(gists),
  '/repos/:owner/:repo/commits': open((call) => inRepository(call, 'commits', commits)),
  '/repos/:owner/:repo/languages': open((call) => inRepository(call, 'languages', languages)),
  '/repositories/:id/commits': open((call) => commits(call, byId(call))),
  '/repositories/:id/languages': open((call) => languages(call, byId(call))),
};

function list<T>(call: ApiCall, all: readonly T[], toAnswer: (item: T) => object, address = call.address): ApiAnswer {
  const { items, link } = pageOf(address, all);
  return { body: items.map(toAnswer), ...(link !== null && { headers: { Link: link } }) };
}

function starred(call: ApiCall): ApiAnswer {
  const timed = /application\/vnd\.github(\.v3)?\.star\+json/.test(call.accept);
  choice(call.address.searchParams, 'sort', ['created', 'updated']);
  const direction = choice(call.address.searchParams, 'direction', ['desc', 'asc']);
  const newestFirst = call.account.acts('star', call.now);
  const stars = direction === 'desc' ? newestFirst : newestFirst.toReversed();
  return list(call, stars, (star) => call.answers.star(star, timed));
}

/** All issues and pull requests here were opened by the persona, so only the filters for those show any. */
function issues(call: ApiCall): ApiAnswer {
  const query = call.address.searchParams;
  const filter = choice(query, 'filter', ['assigned', 'created', 'mentioned', 'subscribed', 'repos', 'all']);
  const state = choice(query, 'state', ['open', 'closed', 'all']);
  const sort = choice(query, 'sort', ['created', 'updated', 'comments']);
  const direction = choice(query, 'direction', ['desc', 'asc']) === 'desc' ? -1 : 1;
  const since = timeFrom(query, 'since') ?? -Infinity;
  const found = call.account
    .acts('contribution', call.now)
    .filter(() => filter === 'created' || filter === 'subscribed' || filter === 'all')
    .map((issue) => ({ issue, closedAt: call.answers.closedAt(issue) }))
    .filter(({ closedAt }) => state === 'all' || state === (closedAt === null ? 'open' : 'closed'))
    .map(({ issue, closedAt }) => ({
      issue,
      created: issue.at,
      updated: closedAt ?? issue.at,
      comments: issue.comments,
    }))
    .filter(({ updated }) => updated >= since)
    .sort((a, b) => direction * (a[sort] - b[sort]));
  return list(call, found, ({ issue }) => call.answers.issue(issue));
}

function gists(call: ApiCall): ApiAnswer {
  const since = timeFrom(call.address.searchParams, 'since') ?? -Infinity;
  const found = call.account
    .acts('gist', call.now)
    .filter((gist) => gist.at >= since && (gist.public || call.may('gist')));
  return list(call, found, (gist) => call.answers.gist(gist));
}

function events(call: ApiCall): ApiAnswer {
  const account = call.accounts.ofLogin(call.parameter('login'));
  if (account === undefined) throw new ApiError(404, 'Not Found');
  const privateToo = account === call.account && call.may('repo');
  const page = list(call, recentEvents(account, call.base, call.now, privateToo), (event) => event);
  return { ...page, headers: { ...page.headers, 'X-Poll-Interval': '60' } };
}

/** Answers from the repository of the path; its former name leads to where it is found by its id. */
function inRepository(
  call: ApiCall,
  part: string,
  answer: (call: ApiCall, repository: Repository) => ApiAnswer,
): ApiAnswer {
  const path = `${call.parameter('owner')}/${call.parameter('repo')}`.toLowerCase();
  const repositories = call.repositories();
  const found = repositories.find(({ owner, name }) => `${owner.login}/${name}`.toLowerCase() === path);
  if (found !== undefined) return answer(call, found);
  const moved = repositories.find(
    ({ owner, formerName }) => `${owner.login}/${formerName ?? ''}`.toLowerCase() === path,
  );
  if (moved === undefined) throw new ApiError(404, 'Not Found');
  const url = `${call.base}/repositories/${moved.id}/${part}${call.address.search}`;
  return { status: 301, headers: { Location: url }, body: { message: 'Moved Permanently', url } };
}

function byId(call: ApiCall): Repository {
  const found = call.repositories().find(({ id }) => String(id) === call.parameter('id'));
  if (found === undefined) throw new ApiError(404, 'Not Found');
  return found;
}

/** Newest first; like GitHub's, the links of further pages name the repository by its id. */
function commits(call: ApiCall, repository: Repository): ApiAnswer {
  const all = repository.commits;
  if (all.length === 0) throw new ApiError(409, 'Git Repository is empty.');
  const query = call.address.searchParams;
  const [since, until] = [timeFrom(query, 'since') ?? -Infinity, timeFrom(query, 'until') ?? Infinity];
  const author = query.get('author')?.toLowerCase();
  const fits = ({ committedAt, author: { login }, linked }: Commit): boolean =>
    committedAt >= since &&
    committedAt <= until &&
    (author === undefined || (linked && author === login) || author === `${login}@mail.example`);
  const found = all.map((commit, index) => ({ commit, parent: all[index - 1] })).filter(({ commit }) => fits(commit));
  const address = new URL(`${call.base}/repositories/${repository.id}/commits${call.address.search}`);
  return list(
    call,
    found.toReversed(),
    ({ commit, parent }) => call.answers.commit(repository, commit, parent),
    address,
  );
}

function languages(_call: ApiCall, repository: Repository): ApiAnswer {
  return { body: repository.languages };
}
