import { withQuery } from '../request-address.js';

/** One page of a list and the `Link` header that leads to its neighbours (RFC 8288); null where one page holds it all. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly link: string | null;
}

/** Cuts a page by `per_page` (30 unless given, 100 at most) and `page`; like GitHub it forgives nonsense. */
export function pageOf<T>(address: URL, all: readonly T[]): Page<T> {
  const perPage = Math.min(100, positive(address, 'per_page') ?? 30);
  const page = positive(address, 'page') ?? 1;
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const links: string[] = [];
  const add = (number: number, relation: string) =>
    links.push(`<${withQuery(address, { page: number })}>; rel="${relation}"`);
  if (page > 1) add(Math.min(page - 1, last), 'prev');
  if (page < last) {
    add(page + 1, 'next');
    add(last, 'last');
  }
  if (page > 1) add(1, 'first');
  const items = all.slice((page - 1) * perPage, page * perPage);
  return { items, link: links.length > 0 ? links.join(', ') : null };
}

function positive(address: URL, name: string): number | undefined {
  const text = address.searchParams.get(name) ?? '';
  return /^[1-9]\d{0,8}$/.test(text) ? Number(text) : undefined;
}
