import { toSeconds } from '../to-seconds.js';
import type { Account, Repository } from './account.js';
import { organisationAnswer, PAGES, userAnswer } from './account-answer.js';
import type { GitHubUser } from './catalogue.js';
import type { Commit } from './commits.js';
import { hexId, nodeId, numericId } from './github-id.js';
import type { Contribution, Gist, Star } from './life.js';
import { foreignFacts, ownFacts, repositoryAnswer, type RepositoryFacts } from './repository-answer.js';

/** GitHub's own JSON for the invented accounts. */
export class Answers {
  constructor(
    /** Base of the API as the client reached it: `http://host:port/github`. */
    private readonly api: string,
    private readonly account: Account,
    private readonly now: number,
  ) {}

  /** The account's own profile, with its private half or without. `email` is the published one: there is none. */
  me(repositories: readonly Repository[], full: boolean): object {
    const { persona, user, createdAt } = this.account;
    const owned = repositories.filter(({ owner }) => owner.id === user.id);
    const hidden = owned.filter(({ project }) => project.private).length;
    const gists = this.account.acts('gist', this.now);
    const publicGists = gists.filter((gist) => gist.public).length;
    return {
      ...this.user(user),
      user_view_type: full ? 'private' : 'public',
      name: user.name,
      company: null,
      blog: '',
      location: persona.location,
      email: null,
      hireable: null,
      bio: persona.bio,
      twitter_username: null,
      public_repos: owned.length - hidden,
      public_gists: publicGists,
      followers: persona.followers,
      following: persona.following,
      created_at: toSeconds(createdAt),
      updated_at: toSeconds(createdAt),
      ...(full && {
        private_gists: gists.length - publicGists,
        total_private_repos: hidden,
        owned_private_repos: hidden,
        disk_usage: owned.reduce((sum, { commits }) => sum + commits.length * 3, 0),
        collaborators: 0,
        two_factor_authentication: true,
        plan: { name: 'free', space: 976_562_499, collaborators: 0, private_repos: 10_000 },
      }),
    };
  }

  emails(): readonly object[] {
    const { id, login } = this.account.persona;
    return [
      { email: `${id}@sandbox.example`, primary: true, verified: true, visibility: 'private' },
      { email: `${login}@users.noreply.github.example`, primary: false, verified: true, visibility: null },
    ];
  }

  repository(repository: Repository): object {
    const mine = repository.owner.id === this.account.user.id;
    const permissions = { admin: mine, maintain: mine, push: true, triage: true, pull: true };
    return { ...this.anyRepository(ownFacts(repository)), permissions };
  }

  /** `parent` is the commit before it in the history. */
  commit(repository: Repository, commit: Commit, parent: Commit | undefined): object {
    const url = `${this.api}/repos/${repository.owner.login}/${repository.name}`;
    const { sha, author, linked, merge } = commit;
    const written = { name: author.name, email: `${author.login}@mail.example`, date: toSeconds(commit.at) };
    const committed = { ...written, date: toSeconds(commit.committedAt) };
    const button = { name: 'GitHub', email: 'noreply@github.example', date: committed.date };
    const tree = hexId('tree', sha);
    const parents = [parent?.sha, ...(merge && parent ? [hexId('branch', sha)] : [])].filter(
      (each) => each !== undefined,
    );
    const html = `${PAGES}/${repository.owner.login}/${repository.name}/commit`;
    const person = linked ? this.user(author) : null;
    return {
      sha,
      node_id: nodeId('Commit', sha),
      commit: {
        author: written,
        committer: merge ? button : committed,
        message: commit.message,
        tree: { sha: tree, url: `${url}/git/trees/${tree}` },
        url: `${url}/git/commits/${sha}`,
        comment_count: 0,
        verification: { verified: false, reason: 'unsigned', signature: null, payload: null, verified_at: null },
      },
      url: `${url}/commits/${sha}`,
      html_url: `${html}/${sha}`,
      comments_url: `${url}/commits/${sha}/comments`,
      author: person,
      committer: merge ? this.user(WEB_FLOW) : person,
      parents: parents.map((each) => ({ sha: each, url: `${url}/commits/${each}`, html_url: `${html}/${each}` })),
    };
  }

  /** A starred repository; the time comes only with the media type that asks for it. */
  star(star: Star, timed: boolean): object {
    const repo = this.anyRepository(foreignFacts(star.repository));
    return timed ? { starred_at: toSeconds(star.at), repo } : repo;
  }

  issue(issue: Contribution): object {
    const { id, number, repository, pullRequest } = issue;
    const path = `${repository.owner.login}/${repository.name}`;
    const base = `${this.api}/repos/${path}`;
    const url = `${base}/issues/${number}`;
    const page = `${PAGES}/${path}/${pullRequest ? 'pull' : 'issues'}/${number}`;
    const closedAt = this.closedAt(issue);
    const closed = closedAt === null ? null : toSeconds(closedAt);
    const pull = `${base}/pulls/${number}`;
    return {
      url,
      repository_url: base,
      labels_url: `${url}/labels{/name}`,
      comments_url: `${url}/comments`,
      events_url: `${url}/events`,
      timeline_url: `${url}/timeline`,
      html_url: page,
      id,
      node_id: nodeId(pullRequest ? 'PullRequest' : 'Issue', id),
      number,
      title: issue.title,
      user: this.user(this.account.user),
      labels: [],
      state: closed === null ? 'open' : 'closed',
      state_reason: closed === null || pullRequest ? null : 'completed',
      locked: false,
      assignee: null,
      assignees: [],
      milestone: null,
      comments: issue.comments,
      created_at: toSeconds(issue.at),
      updated_at: toSeconds(closedAt ?? issue.at),
      closed_at: closed,
      author_association: 'CONTRIBUTOR',
      active_lock_reason: null,
      body: `${issue.title}, as talked about on the train.`,
      ...(pullRequest && {
        draft: false,
        pull_request: {
          url: pull,
          html_url: page,
          diff_url: `${page}.diff`,
          patch_url: `${page}.patch`,
          merged_at: closed,
        },
      }),
      repository: this.anyRepository(foreignFacts(repository)),
    };
  }

  /** When an issue was closed, if it was by now. */
  closedAt({ closesAt }: Contribution): number | null {
    return closesAt !== null && closesAt <= this.now ? closesAt : null;
  }

  gist(gist: Gist): object {
    const url = `${this.api}/gists/${gist.id}`;
    const page = `https://gist.github.example/${gist.id}`;
    const { name: language } = this.account.persona.gistLanguage;
    const raw = `${page}/raw/${gist.file}`;
    return {
      url,
      forks_url: `${url}/forks`,
      commits_url: `${url}/commits`,
      id: gist.id,
      node_id: nodeId('Gist', gist.id),
      git_pull_url: `${page}.git`,
      git_push_url: `${page}.git`,
      html_url: page,
      files: {
        [gist.file]: { filename: gist.file, type: 'text/plain', language, raw_url: raw, size: 120 + gist.title.length },
      },
      public: gist.public,
      created_at: toSeconds(gist.at),
      updated_at: toSeconds(gist.at),
      description: gist.title,
      comments: 0,
      comments_enabled: true,
      user: null,
      comments_url: `${url}/comments`,
      owner: this.user(this.account.user),
      truncated: false,
    };
  }

  organisation(organisation: GitHubUser): object {
    return organisationAnswer(organisation, this.api);
  }

  user(user: GitHubUser): object {
    return userAnswer(user, this.api);
  }

  private anyRepository(facts: RepositoryFacts): object {
    return repositoryAnswer(facts, this.api);
  }
}

/** The account that GitHub's merge button commits as. */
const WEB_FLOW: GitHubUser = { id: numericId('account', 'web-flow'), login: 'web-flow', name: 'GitHub', type: 'User' };
