import { toSeconds } from '../to-seconds.js';
import type { Account } from './account.js';
import { PAGES } from './account-answer.js';
import { hexId, nodeId } from './github-id.js';

const DAY_MS = 86_400_000;
const KEPT_DAYS = 30;
const KEPT = 300;

interface Event {
  readonly at: number;
  readonly key: string;
  readonly type: string;
  readonly public: boolean;
  readonly repository: { readonly id: number; readonly path: string };
  readonly payload: object;
}

/** The last events of an account that GitHub still returns: of 30 days, at most 300, newest first. */
export function recentEvents(account: Account, api: string, now: number, privateToo: boolean): readonly object[] {
  const since = now - KEPT_DAYS * DAY_MS;
  const { user } = account;
  const actor = {
    id: user.id,
    login: user.login,
    display_login: user.login,
    gravatar_id: '',
    url: `${api}/users/${user.login}`,
    avatar_url: `${PAGES}/avatars/${user.id}`,
  };
  return [...pushes(account, now), ...otherActs(account, now)]
    .filter((event) => event.at > since && (event.public || privateToo))
    .sort((a, b) => b.at - a.at)
    .slice(0, KEPT)
    .map(({ at, key, type, payload, repository: { id, path }, public: isPublic }) => ({
      id: String(Number.parseInt(hexId('event', `${user.login}/${key}`).slice(0, 12), 16)),
      type,
      actor,
      repo: { id, name: path, url: `${api}/repos/${path}` },
      payload,
      public: isPublic,
      created_at: toSeconds(at),
    }));
}

/** Each own commit is pushed at once; since 2025 the payload no longer carries the commits themselves. */
function pushes(account: Account, now: number): readonly Event[] {
  return account.repositories(now).flatMap(({ id, owner, name, project, commits }) =>
    commits.flatMap((commit, index): readonly Event[] => {
      if (commit.author.id !== account.user.id || commit.merge) return [];
      const before = commits[index - 1]?.sha ?? '0'.repeat(40);
      const push = { ref: 'refs/heads/main', head: commit.sha, before, repository_id: id };
      return [
        {
          at: commit.committedAt,
          key: commit.sha,
          type: 'PushEvent',
          public: project.private !== true,
          repository: { id, path: `${owner.login}/${name}` },
          payload: { ...push, push_id: Number.parseInt(commit.sha.slice(0, 10), 16) },
        },
      ];
    }),
  );
}

function otherActs(account: Account, now: number): readonly Event[] {
  const stars = account.acts('star', now).map(({ at, repository: { id, owner, name } }): Event => {
    const repository = { id, path: `${owner.login}/${name}` };
    return { at, key: `star/${id}`, type: 'WatchEvent', public: true, repository, payload: { action: 'started' } };
  });
  const opened = account.acts('contribution', now).map((act): Event => {
    const { id, owner, name } = act.repository;
    const kind = act.pullRequest ? 'PullRequest' : 'Issue';
    const about = { id: act.id, node_id: nodeId(kind, act.id), number: act.number, title: act.title };
    return {
      at: act.at,
      key: `opened/${act.id}`,
      type: act.pullRequest ? 'PullRequestEvent' : 'IssuesEvent',
      public: true,
      repository: { id, path: `${owner.login}/${name}` },
      payload: { action: 'opened', number: act.number, [act.pullRequest ? 'pull_request' : 'issue']: about },
    };
  });
  return [...stars, ...opened];
}
