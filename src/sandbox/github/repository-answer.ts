import { toSeconds } from '../to-seconds.js';
import type { Repository } from './account.js';
import { PAGES, userAnswer } from './account-answer.js';
import type { ForeignRepository, GitHubUser } from './catalogue.js';
import { nodeId } from './github-id.js';

/** What GitHub returns about a repository, whoever owns it. */
export interface RepositoryFacts {
  readonly id: number;
  readonly owner: GitHubUser;
  readonly name: string;
  readonly description: string | null;
  readonly private: boolean;
  readonly fork: boolean;
  readonly language: string | null;
  readonly topics: readonly string[];
  readonly stars: number;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly pushedAt: number;
  readonly kilobytes: number;
}

/** Templates of the addresses of a repository's parts, below the repository's own. */
const PARTS: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** The facts of a repository the persona works in. */
export function ownFacts({ id, owner, name, project, createdAt, commits, languages }: Repository): RepositoryFacts {
  const pushedAt = commits.at(-1)?.committedAt ?? createdAt;
  return {
    id,
    owner,
    name,
    description: project.description,
    private: project.private === true,
    fork: project.fork === true,
    language: Object.keys(languages)[0] ?? null,
    topics: project.topics,
    stars: Math.floor(commits.length / 40),
    createdAt,
    // GitHub counts a push as an update, but notices it a little later.
    updatedAt: pushedAt + 4_000,
    pushedAt,
    kilobytes: commits.length * 3,
  };
}

/** The facts of somebody else's repository, which never changes. */
export function foreignFacts(repository: ForeignRepository): RepositoryFacts {
  const { createdAt } = repository;
  const still = { updatedAt: createdAt, pushedAt: createdAt, kilobytes: repository.stars };
  return { ...repository, ...still, private: false, fork: false };
}

/** A repository in GitHub's JSON. */
export function repositoryAnswer(facts: RepositoryFacts, api: string): object {
  const { id, name, fork, language, topics, description, stars, kilobytes } = facts;
  const path = `${facts.owner.login}/${name}`;
  const url = `${api}/repos/${path}`;
  const page = `${PAGES}/${path}`;
  return {
    id,
    node_id: nodeId('Repository', id),
    name,
    full_name: path,
    private: facts.private,
    owner: userAnswer(facts.owner, api),
    html_url: page,
    description,
    fork,
    url,
    ...Object.fromEntries(Object.entries(PARTS).map(([field, part]) => [field, url + part])),
    git_url: `git:${page.replace(/^https:/, '')}.git`,
    ssh_url: `git@${new URL(PAGES).host}:${path}.git`,
    clone_url: `${page}.git`,
    svn_url: page,
    mirror_url: null,
    homepage: null,
    size: kilobytes,
    stargazers_count: stars,
    watchers_count: stars,
    watchers: stars,
    language,
    forks_count: 0,
    forks: 0,
    open_issues_count: 0,
    open_issues: 0,
    license: null,
    topics,
    visibility: facts.private ? 'private' : 'public',
    default_branch: 'main',
    is_template: false,
    archived: false,
    disabled: false,
    has_issues: !fork,
    has_projects: true,
    has_downloads: true,
    has_wiki: true,
    has_pages: false,
    has_discussions: false,
    allow_forking: true,
    web_commit_signoff_required: false,
    created_at: toSeconds(facts.createdAt),
    updated_at: toSeconds(facts.updatedAt),
    pushed_at: toSeconds(facts.pushedAt),
  };
}
