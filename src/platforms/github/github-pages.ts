import type { z } from 'zod';
import { parseLinks } from '../link-header.js';
import type { PlatformClient } from '../platform-client.js';
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
}

/** Reads the page at a path. Where its `Link` header leads outside the API, that is `PLATFORM_BAD_ANSWER`. */
export async function readPage<Entry>(
  client: PlatformClient,
  path: string,
  schema: z.ZodType<GithubPage<Entry>>,
  accept?: string,
): Promise<ListPage<Entry>> {
  const { data, headers } = await client.get(path, schema, accept === undefined ? {} : { headers: { accept } });
  const links = parseLinks(headers.get('link'));
  const next = links.get('next');
  return {
    entries: data.filter((entry) => entry !== null),
    next: next === undefined ? null : pathOfNext(client, next),
    lastPage: pageNumber(links.get('last')),
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
