import type { z } from 'zod';
import { parseLinks } from '../link-header.js';
import type { PlatformAnswer, PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import { pathSchema } from './github-checkpoint.js';
import type { GithubPage } from './github-schemas.js';

/** One page of a list. */
export interface ListPage<Entry> {
  readonly entries: readonly Entry[];
  /** Path of the page that follows, exactly as GitHub gives it; often another than the one asked for. */
  readonly next: string | null;
  /** How many pages the list has, where GitHub tells it: in the number of the last one. */
  readonly lastPage: number | undefined;
  /** Tells later whether the page is still the same. */
  readonly etag: string | undefined;
}

/** What else to ask for. */
export interface PageOptions {
  readonly accept?: string | undefined;
  /** Of the answer that we know already. */
  readonly etag?: string | undefined;
}

/** Reads the page at a path; undefined if it is still the one with the given tag. Where its `Link` header leads outside the API, that is `PLATFORM_BAD_ANSWER`. */
export async function readPageUnlessSame<Entry>(
  client: PlatformClient,
  path: string,
  schema: z.ZodType<GithubPage<Entry>>,
  { accept, etag }: PageOptions,
): Promise<ListPage<Entry> | undefined> {
  const options = accept === undefined ? {} : { headers: { accept } };
  if (etag === undefined) return listPage(client, await client.get(path, schema, options));
  const answer = await client.getUnlessSame(path, schema, etag, options);
  return answer && listPage(client, answer);
}

/** Reads the page at a path, whatever is known of it. */
export async function readPage<Entry>(
  client: PlatformClient,
  path: string,
  schema: z.ZodType<GithubPage<Entry>>,
): Promise<ListPage<Entry>> {
  return listPage(client, await client.get(path, schema));
}

function listPage<Entry>(
  client: PlatformClient,
  { data, headers }: PlatformAnswer<GithubPage<Entry>>,
): ListPage<Entry> {
  const links = parseLinks(headers.get('link'));
  const next = links.get('next');
  return {
    entries: data.filter((entry) => entry !== null),
    next: next === undefined ? null : pathOfNext(client, next),
    lastPage: pageNumber(links.get('last')),
    etag: headers.get('etag')?.slice(0, 200),
  };
}

function pathOfNext(client: PlatformClient, url: string): string {
  const path = pathSchema.safeParse(client.pathOf(url));
  if (!path.success) throw new PlatformError('PLATFORM_BAD_ANSWER', 'GitHub named a next page that is too long');
  return path.data;
}

function pageNumber(url: string | undefined): number | undefined {
  if (url === undefined || !URL.canParse(url)) return undefined;
  const page = Number(new URL(url).searchParams.get('page'));
  return Number.isSafeInteger(page) && page > 0 ? page : undefined;
}
