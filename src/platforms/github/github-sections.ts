import type { z } from 'zod';
import { distinct, follow, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import type { ExtractedItem, ExtractionPage, ExtractionWarning } from '../platform.js';
import { sectionProgress } from '../section-progress.js';
import { type GithubCheckpoint, nextSection, SECTION_NAMES, type SectionName } from './github-checkpoint.js';
import { eventItem, followingItem, gistItem, issueItem, type Me, organisationItem, starItem } from './github-items.js';
import { readPage } from './github-pages.js';
import {
  accountPage,
  eventPage,
  gistPage,
  type GithubPage,
  issuePage,
  organisationPage,
  starPage,
} from './github-schemas.js';

/** How many pages of one list are followed: 20,000 entries at 100 a page. It bounds what an endless list can cost. */
export const MAX_PAGES = 200;

/** A page of a plain list, mapped. */
interface SectionPage {
  readonly items: readonly ExtractedItem[];
  readonly next: string | null;
  readonly lastPage: number | undefined;
}

/** A list that is read page by page. */
interface Section {
  /** For people, in messages: "Gists could not be read". */
  readonly title: string;
  readonly path: (me: Me) => string;
  readonly read: (client: PlatformClient, path: string, me: Me) => Promise<SectionPage>;
}

function list<Entry>(
  title: string,
  path: string | ((me: Me) => string),
  schema: z.ZodType<GithubPage<Entry>>,
  toItem: (entry: Entry, me: Me) => ExtractedItem | null,
  accept?: string,
): Section {
  return {
    title,
    path: typeof path === 'string' ? () => path : path,
    read: async (client, here, me) => {
      const { entries, ...page } = await readPage(client, here, schema, accept);
      return { ...page, items: distinct(entries.map((entry) => toItem(entry, me))) };
    },
  };
}

/**
 * Every list but the repositories, which have lists inside. Pages are as long as GitHub allows, except of issues:
 * each brings its text and its repository along, and a hundred could be more than the client reads.
 */
const SECTIONS: Readonly<Record<Exclude<SectionName, 'repositories' | 'end'>, Section>> = {
  events: list('Recent activity', ({ login }) => `/users/${login}/events?per_page=100`, eventPage, eventItem),
  issues: list('Issues and pull requests', '/issues?filter=created&state=all&per_page=50', issuePage, issueItem),
  // Only this media type says when.
  starred: list('Stars', '/user/starred?per_page=100', starPage, starItem, 'application/vnd.github.v3.star+json'),
  gists: list('Gists', '/gists?per_page=100', gistPage, gistItem),
  organisations: list('Organisations', '/user/orgs?per_page=100', organisationPage, organisationItem),
  following: list('Followed people', '/user/following?per_page=100', accountPage, followingItem),
};

/** Share of the extraction that is done, see `sectionProgress`. */
export const doneAt = sectionProgress(SECTION_NAMES, { events: 3, repositories: 60, issues: 4, starred: 5, end: 0 });

/** The page that ends a section and moves the checkpoint to the next one. */
export function sectionEnd(
  at: GithubCheckpoint,
  step: string,
  items: ExtractionPage['items'],
  warnings: readonly ExtractionWarning[],
): ExtractionPage<GithubCheckpoint> {
  const done = doneAt(at.section, 1, at.done);
  return { items, checkpoint: nextSection(at, done), done, step, warnings };
}

/** Reads the page of a plain list at which a checkpoint stands. A list that GitHub refuses ends with a warning. */
export async function readSection(
  client: PlatformClient,
  at: GithubCheckpoint,
  section: keyof typeof SECTIONS,
  seen: Set<string>,
): Promise<ExtractionPage<GithubCheckpoint>> {
  const { title, path, read } = SECTIONS[section];
  const here = at.next ?? path(at.me);
  if (at.next === null) seen.clear();
  seen.add(here);
  let page: SectionPage;
  try {
    page = await read(client, here, at.me);
  } catch (error) {
    return sectionEnd(at, title, [], [refusal(error, title, 'GitHub')]);
  }
  const pages = at.pages + 1;
  const { next, warnings } = follow(page.next, pages, seen, { title, maxPages: MAX_PAGES });
  if (next === null) return sectionEnd(at, title, page.items, warnings);
  const done = doneAt(section, page.lastPage === undefined ? 0 : pages / page.lastPage, at.done);
  return { items: page.items, checkpoint: { ...at, next, pages, done }, done, step: title };
}
