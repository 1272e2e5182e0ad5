import { ApiError } from '../api-error.js';
import { withQuery } from '../request-address.js';

/** A whole number from the query; anything else is Spotify's 400. */
function numberFrom(query: URLSearchParams, name: string, fallback: number, low: number, high: number): number {
  const text = query.get(name);
  if (text === null) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < low || value > high) throw new ApiError(400, `Invalid ${name}`);
  return value;
}

/** `limit`, 20 unless given, 50 at most. */
export const limitFrom = (query: URLSearchParams): number => numberFrom(query, 'limit', 20, 1, 50);

/** One page of a list by `limit` and `offset`, with absolute links to its neighbours. */
export function offsetPage<T>(address: URL, all: readonly T[], toAnswer: (item: T, index: number) => object): object {
  const limit = limitFrom(address.searchParams);
  const offset = numberFrom(address.searchParams, 'offset', 0, 0, 100_000);
  const at = (start: number) => withQuery(address, { offset: start, limit });
  return {
    href: at(offset),
    limit,
    next: offset + limit < all.length ? at(offset + limit) : null,
    offset,
    previous: offset > 0 ? at(Math.max(0, offset - limit)) : null,
    total: all.length,
    items: all.slice(offset, offset + limit).map((item, index) => toAnswer(item, offset + index)),
  };
}

/**
 * One page of plays, newest first. `before` gives the plays just before a time, `after` those just after it; both are
 * exclusive, in ms, and only one may be given. Where nothing is found, `cursors` is null.
 */
export function playsPage<T extends { readonly at: number }>(
  address: URL,
  newestFirst: readonly T[],
  toAnswer: (play: T) => object,
): object {
  const query = address.searchParams;
  const limit = limitFrom(query);
  if (query.has('after') && query.has('before')) throw new ApiError(400, 'Only one of before and after may be given');
  const after = numberFrom(query, 'after', 0, 0, Number.MAX_SAFE_INTEGER);
  const before = numberFrom(query, 'before', Number.MAX_SAFE_INTEGER, 0, Number.MAX_SAFE_INTEGER);
  const fitting = newestFirst.filter(({ at }) => at > after && at < before);
  const page = query.has('after') ? fitting.slice(-limit) : fitting.slice(0, limit);
  const [newest, oldest] = [page[0], page.at(-1)];
  const cursors = newest && oldest ? { after: String(newest.at), before: String(oldest.at) } : null;
  const more = cursors !== null && fitting.length > page.length;
  const onward = query.has('after') ? { after: cursors?.after ?? '' } : { before: cursors?.before ?? '' };
  return {
    href: address.href,
    limit,
    next: more ? withQuery(address, { ...onward, limit }) : null,
    cursors,
    items: page.map(toAnswer),
  };
}
