import type { Position } from './list-position.js';
import type { List } from './list.js';

/** Of the whole extraction: about one request, like a list without a weight. */
const PROFILE_WEIGHT = 1;

/**
 * Share of an extraction that is done, 0 to 1, when all lists before one and this share of it are read; undefined stands
 * for the time before all lists.
 */
export function doneAt<Account>(
  lists: readonly List<Account>[],
  list: List<Account> | undefined,
  share: number,
): number {
  const earlier = list ? lists.slice(0, lists.indexOf(list)) : [];
  return Math.min((weightOf(earlier) + (list?.weight ?? 1) * share) / weightOf(lists), 1);
}

/** Share of a list that is read, 0 to 1; 0 where its length is unknown. */
export function shareOf({ read, estimate }: Position, atMost: number): number {
  const length = Math.min(estimate, atMost);
  return length === 0 ? 0 : Math.min(read / length, 1);
}

/**
 * Share of an outer list that is read with the lists inside it, 0 to 1.
 * @param waiting owners whose lists are not read to their end
 * @param begun share of the first one's list that is read
 */
export function shareWithInner(at: Position, atMost: number, waiting: number, begun: number): number {
  const read = Math.min(at.read, atMost);
  const length = Math.max(Math.min(at.estimate, atMost), read, 1);
  return (read - waiting + begun) / length;
}

function weightOf(lists: readonly { readonly weight?: number }[]): number {
  return lists.reduce((sum, { weight = 1 }) => sum + weight, PROFILE_WEIGHT);
}
