import { createHash } from 'node:crypto';
import { ApiError } from '../api-error.js';

/** A list with its kind, as every list endpoint answers it. Only the items of a page are made. */
export interface List {
  readonly kind: string;
  readonly items: readonly (() => object)[];
}

/** One page by `maxResults` (5 unless given, at most 50) and an opaque `pageToken`. */
export function page(query: URLSearchParams, { kind, items }: List): object {
  const limit = Number(query.get('maxResults') ?? 5);
  if (!Number.isInteger(limit) || limit < 0 || limit > 50) throw new ApiError(400, 'Invalid maxResults');
  const start = offsetOf(query.get('pageToken'));
  const end = start + limit;
  const shown = items.slice(start, end).map((make) => make());
  return {
    kind,
    etag: createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 27),
    ...(end < items.length && limit > 0 && { nextPageToken: tokenOf(end) }),
    ...(start > 0 && { prevPageToken: tokenOf(Math.max(0, start - limit)) }),
    pageInfo: { totalResults: items.length, resultsPerPage: limit },
    items: shown,
  };
}

const tokenOf = (offset: number): string => Buffer.from(`page:${offset}`).toString('base64url');

function offsetOf(token: string | null): number {
  if (token === null) return 0;
  const [, offset] = /^page:(\d{1,6})$/.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if (offset === undefined) throw new ApiError(400, 'invalidPageToken');
  return Number(offset);
}
