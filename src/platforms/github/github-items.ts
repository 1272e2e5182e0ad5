import { type Fields, instant, meaningOf, trimmed } from '../item-fields.js';
import type { ExtractedItem } from '../platform.js';
import type { Me, RepositoryOwner } from './github-account.js';
import type {
  GithubAccount,
  GithubCommit,
  GithubEvent,
  GithubFollowed,
  GithubGist,
  GithubIssue,
  GithubOrganisation,
  GithubProfile,
  GithubRepository,
  GithubStar,
} from './github-schemas.js';

/** Imported histories are older than Git and GitHub, but not than this; 1970 is the date of a broken clock. */
const BEGINNING = Date.UTC(1990, 0);
const DAY_MS = 86_400_000;
/** First line of a commit's message, as far as it helps to recognise the commit. */
const SUBJECT = /^[^\r\n]{0,200}/u;

/*
 * Repositories are known by their number everywhere, so that a renamed or transferred one stays the same. Each mapper
 * returns null for what cannot be identified or is not the person's.
 */

export function profileItem(profile: GithubProfile): ExtractedItem {
  return snapshot('profile', profile.id, null, {
    login: profile.login,
    name: profile.name,
    company: profile.company,
    location: profile.location,
    bio: profile.bio,
    createdAt: profile.created_at,
    publicRepositories: profile.public_repos,
    publicGists: profile.public_gists,
    followers: profile.followers,
    following: profile.following,
    url: profile.html_url,
  });
}

/** Creating a repository is the person's act only if it is theirs; otherwise it is the age of what they work on. */
export function repositoryItem(repository: GithubRepository, me: Me): ExtractedItem {
  return dated('repository', repository.id, repositoryKey(repository.id), {
    at: repository.created_at,
    own: repository.owner?.id === me.id,
    payload: {
      ...repositoryFields(repository),
      ownerId: repository.owner?.id,
      owner: repository.owner?.login,
      fork: repository.fork,
      private: repository.private,
      archived: repository.archived,
      pushedAt: repository.pushed_at,
    },
  });
}

/**
 * A commit counts when GitHub knows its author to be the person, whatever the list was filtered by. Its date is the
 * author's, not the committer's: a rebase changes the latter. `latest` is when the extraction started.
 */
export function commitItem(
  commit: GithubCommit,
  repository: RepositoryOwner,
  me: Me,
  latest: Date,
): ExtractedItem | null {
  if (!isMe(commit.author, me)) return null;
  const authoredAt = instant(commit.commit?.author?.date, BEGINNING);
  const plausible = authoredAt !== null && authoredAt.getTime() < latest.getTime() + DAY_MS;
  return {
    kind: 'commit',
    externalId: `${repository.id}:${commit.sha}`,
    key: repositoryKey(repository.number),
    occurredAt: plausible ? authoredAt : null,
    timeMeaning: plausible ? 'user_act' : 'snapshot',
    payload: {
      ...trimmed({
        sha: commit.sha,
        subject: SUBJECT.exec(commit.commit?.message ?? '')?.[0] || null,
        fork: repository.fork || null,
        url: commit.html_url,
      }),
      repositoryId: repository.number,
      repository: repository.name,
      language: repository.language,
    },
  };
}

export function languagesItem(languages: Readonly<Record<string, number>>, repository: RepositoryOwner) {
  return snapshot('repository-languages', repository.number, repositoryKey(repository.number), {
    repositoryId: repository.number,
    repository: repository.name,
    fork: repository.fork || null,
    languages,
  });
}

export function starItem({ starred_at, repo }: GithubStar): ExtractedItem | null {
  if (!repo) return null;
  const fields = { ...repositoryFields(repo), owner: repo.owner?.login };
  return dated('star', repo.id, repositoryKey(repo.id), { at: starred_at, own: true, payload: fields });
}

/** Without its repository, which GitHub gives with each, an issue is known but counts nowhere. */
export function issueItem(issue: GithubIssue, me: Me): ExtractedItem {
  const { repository } = issue;
  return dated(
    issue.pull_request ? 'pull-request' : 'issue',
    issue.id,
    repository ? repositoryKey(repository.id) : null,
    {
      at: issue.created_at,
      own: !issue.user || isMe(issue.user, me),
      payload: {
        number: issue.number,
        title: issue.title,
        state: issue.state,
        comments: issue.comments,
        closedAt: issue.closed_at,
        mergedAt: issue.pull_request?.merged_at,
        repositoryId: repository?.id,
        repository: repository?.full_name,
        language: repository?.language,
        url: issue.html_url,
      },
    },
  );
}

export function eventItem(event: GithubEvent, me: Me): ExtractedItem {
  const repositoryId = event.repo?.id ?? null;
  return dated('event', event.id, repositoryId === null ? null : repositoryKey(repositoryId), {
    at: event.created_at,
    own: !event.actor || isMe(event.actor, me),
    payload: { type: event.type, action: event.payload?.action, repositoryId, repository: event.repo?.name },
  });
}

export function gistItem(gist: GithubGist): ExtractedItem {
  const files = Object.values(gist.files ?? {});
  return dated('gist', gist.id, null, {
    at: gist.created_at,
    own: true,
    payload: {
      description: gist.description || null,
      public: gist.public,
      fileCount: files.length,
      languages: [...new Set(files.flatMap((file) => file?.language || []))].sort(),
      comments: gist.comments,
      url: gist.html_url,
    },
  });
}

export function organisationItem(organisation: GithubOrganisation): ExtractedItem {
  const { login, description } = organisation;
  return snapshot('organisation', organisation.id, `org:${organisation.id}`, {
    login,
    description: description || null,
  });
}

export function followingItem({ id, login, type }: GithubFollowed): ExtractedItem {
  return snapshot('following', id, `user:${id}`, { login, type });
}

function repositoryKey(id: number): string {
  return `repo:${id}`;
}

function isMe(account: GithubAccount | null | undefined, me: Me): boolean {
  if (account?.id != null) return account.id === me.id;
  return account?.login?.toLowerCase() === me.login.toLowerCase();
}

function repositoryFields(repository: GithubRepository): Fields {
  return {
    repository: repository.full_name,
    description: repository.description,
    language: repository.language,
    topics: repository.topics,
    stars: repository.stargazers_count,
    url: repository.html_url,
  };
}

interface Dated {
  readonly at: string | null | undefined;
  /** Whether the person did it; otherwise the time is only that of the content. */
  readonly own: boolean;
  readonly payload: Fields;
}

function dated(kind: string, id: number | string, key: string | null, { at, own, payload }: Dated): ExtractedItem {
  const occurredAt = instant(at, BEGINNING);
  const timeMeaning = meaningOf(occurredAt, own);
  return { kind, externalId: String(id), key, occurredAt, timeMeaning, payload: trimmed(payload) };
}

function snapshot(kind: string, id: number, key: string | null, payload: Fields): ExtractedItem {
  return {
    kind,
    externalId: String(id),
    key,
    occurredAt: null,
    timeMeaning: 'snapshot',
    payload: trimmed(payload),
  };
}
