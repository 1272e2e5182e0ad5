import { ApiError } from '../api-error.js';
import type { Repository } from './account.js';
import type { GitHubUser } from './catalogue.js';
import { choice, timeFrom } from './list-query.js';
import { ownFacts } from './repository-answer.js';

/** What `/user/repos` lists of the repositories a token may see: filtered and sorted as asked. */
export function listedRepositories(
  address: URL,
  repositories: readonly Repository[],
  me: GitHubUser,
): readonly Repository[] {
  const query = address.searchParams;
  if (query.has('type') && (query.has('visibility') || query.has('affiliation'))) {
    throw new ApiError(422, 'If you specify visibility or affiliation, you cannot specify type.');
  }
  const type = choice(query, 'type', ['all', 'owner', 'public', 'private', 'member']);
  const visibility = choice(query, 'visibility', ['all', 'public', 'private']);
  const affiliations = (query.get('affiliation') ?? 'owner,collaborator,organization_member').split(',');
  const [since, before] = [timeFrom(query, 'since') ?? -Infinity, timeFrom(query, 'before') ?? Infinity];
  const fits = (repository: Repository): boolean => {
    const affiliation = affiliationOf(repository, me);
    const kind = repository.project.private ? 'private' : 'public';
    const { updatedAt } = ownFacts(repository);
    return (
      affiliations.includes(affiliation) &&
      (visibility === 'all' || visibility === kind) &&
      (type === 'all' || type === kind || type === (affiliation === 'owner' ? 'owner' : 'member')) &&
      updatedAt >= since &&
      updatedAt < before
    );
  };
  return sorted(query, repositories.filter(fits));
}

function affiliationOf({ owner }: Repository, me: GitHubUser): string {
  if (owner.id === me.id) return 'owner';
  return owner.type === 'Organization' ? 'organization_member' : 'collaborator';
}

function sorted(query: URLSearchParams, repositories: readonly Repository[]): readonly Repository[] {
  const sort = choice(query, 'sort', ['full_name', 'created', 'updated', 'pushed']);
  const fallback = sort === 'full_name' ? (['asc', 'desc'] as const) : (['desc', 'asc'] as const);
  const direction = choice(query, 'direction', fallback) === 'asc' ? 1 : -1;
  const rank = (repository: Repository): string | number => {
    const { createdAt, updatedAt, pushedAt, owner, name } = ownFacts(repository);
    return { full_name: `${owner.login}/${name}`, created: createdAt, updated: updatedAt, pushed: pushedAt }[sort];
  };
  return repositories.toSorted((a, b) => direction * (rank(a) < rank(b) ? -1 : 1));
}
