import { z } from 'zod';
import { cursorOf, listName } from '../cursors.js';
import { isoTime } from '../item-fields.js';
import { distinct, follow, isRefusal, isStale, refusal } from '../list-reading.js';
import type { PlatformClient } from '../platform-client.js';
import { PlatformError } from '../platform-error.js';
import type { ExtractedItem, ExtractionContext, ExtractionPage, ExtractionWarning } from '../platform.js';
import { fullNameSchema, type GithubCheckpoint, type QueuedRepository } from './github-checkpoint.js';
import { commitItem, languagesItem, type Me, repositoryItem } from './github-items.js';
import { type ListPage, readPage } from './github-pages.js';
import {
  commitPage,
  type GithubCommit,
  type GithubRepository,
  languagesSchema,
  repositoryPage,
} from './github-schemas.js';
import { doneAt, MAX_PAGES, sectionEnd } from './github-sections.js';

/**
 * How many repositories' commits are read, the ones changed last first: each costs a request or two of the 5,000 an
 * hour that a person's apps share, and members of large organisations see thousands they never touched.
 */
export const MAX_REPOSITORIES = 500;
/** How many own commits are read of one repository, the newest first. */
export const MAX_COMMITS = 2_000;
const COMMITS_A_PAGE = 100;
/**
 * GitHub's `since` is about when commits were made, not when they were pushed: what is merged later may be older than
 * the newest one that is known. So far back they are looked for again.
 */
const OVERLAP_MS = 30 * 86_400_000;

/** What is known of a repository's commits. */
const commitCursor = z.object({ pushedAt: z.string().nullable(), newest: z.iso.datetime().nullable() });

const TITLE = 'Repositories';
const FIRST_PAGE = '/user/repos?sort=updated&affiliation=owner,collaborator,organization_member&per_page=100';

type Progress = GithubCheckpoint['repositories'];

/** Paths of the pages read in this run, of the current list and of the current repository's commits. */
export interface Trails {
  readonly list: Set<string>;
  readonly commits: Set<string>;
}

/** Reads one page of the repositories section: of the list itself, or of the first queued repository. */
export async function readRepositories(
  client: PlatformClient,
  at: GithubCheckpoint,
  trails: Trails,
  context: ExtractionContext,
): Promise<ExtractionPage<GithubCheckpoint>> {
  const [repository] = at.repositories.queue;
  return repository === undefined
    ? readList(client, at, trails.list, context)
    : readRepository(client, at, repository, trails.commits, context);
}

async function readList(client: PlatformClient, at: GithubCheckpoint, seen: Set<string>, context: ExtractionContext) {
  const most = context.bounds['repository'] ?? MAX_REPOSITORIES;
  const here = at.next ?? FIRST_PAGE;
  if (at.next === null) seen.clear();
  seen.add(here);
  let page: ListPage<GithubRepository>;
  try {
    page = await readPage(client, here, repositoryPage);
  } catch (error) {
    if (isStale(error) && at.next !== null && !at.anew) {
      const again = { ...at, next: null, pages: 0, anew: true };
      return turn(again, { ...at.repositories, read: 0 }, { items: [], warnings: [], step: TITLE });
    }
    return sectionEnd(at, TITLE, [], [refusal(error, TITLE, 'GitHub'), ...summary(at.repositories)]);
  }
  const pages = at.pages + 1;
  const { next, warnings, end } = follow(page.next, pages, seen, { title: TITLE, maxPages: MAX_PAGES });
  const readable = page.entries.flatMap((repository) => queuedRepository(repository, at.me) ?? []);
  const all = [...new Map(readable.map((repository) => [repository.id, repository])).values()];
  const taken = all.slice(0, Math.max(0, most - at.repositories.read));
  const queue = taken.filter((repository) => !isKnown(repository, context));
  const read = at.repositories.read + taken.length;
  const full = taken.length < all.length || (next !== null && read >= most);
  const expected = (page.lastPage ?? 0) * Math.max(page.entries.length, 1);
  const repositories = {
    ...at.repositories,
    queue,
    read,
    listed: full || next === null,
    total: Math.min(Math.max(at.repositories.total, expected, read), most),
  };
  const items = distinct(page.entries.map((repository) => repositoryItem(repository, at.me)));
  const result = turn({ ...at, next: full ? null : next, pages }, repositories, {
    items,
    warnings: full ? [...warnings, limitReached(most)] : warnings,
    step: TITLE,
  });
  return { ...result, listing: { kind: 'repository', begins: at.next === null, ends: end === 'whole' && !full } };
}

function limitReached(most: number): ExtractionWarning {
  return { code: 'LIMIT_REACHED', message: `Only the ${most} repositories that were changed last were read` };
}

/** Whether nothing was pushed to a repository since its commits were read. */
function isKnown({ id, pushedAt }: QueuedRepository, context: ExtractionContext): boolean {
  const known = cursorOf(context, listName('commit', String(id)), commitCursor);
  return pushedAt !== null && known?.pushedAt === pushedAt;
}

function queuedRepository(repository: GithubRepository, me: Me): QueuedRepository | null {
  const name = fullNameSchema.safeParse(repository.full_name);
  if (!name.success) return null;
  return {
    id: repository.id,
    name: name.data,
    language: repository.language ?? null,
    fork: repository.fork ?? false,
    own: repository.owner?.id === me.id,
    pushedAt: repository.pushed_at ?? null,
  };
}

/** Reads a page of the person's commits, and after the last one the repository's languages. */
async function readRepository(
  client: PlatformClient,
  at: GithubCheckpoint,
  repository: QueuedRepository,
  seen: Set<string>,
  context: ExtractionContext,
) {
  const { repositories } = at;
  const most = context.bounds['commit'] ?? MAX_COMMITS;
  const list = listName('commit', String(repository.id));
  const known = cursorOf(context, list, commitCursor)?.newest;
  const step = `Commits in ${repository.name}`;
  const whole = `/repos/${repository.name}/commits?author=${at.me.login}&per_page=${COMMITS_A_PAGE}`;
  const since = known ? `&since=${new Date(Date.parse(known) - OVERLAP_MS).toISOString()}` : '';
  const here = repositories.commits ?? whole + since;
  if (repositories.commits === null) seen.clear();
  seen.add(here);
  const finished = {
    ...repositories,
    queue: repositories.queue.slice(1),
    commits: null,
    commitPages: 0,
    newestCommit: null,
  };
  const cursorAt = (newest: string | null) => ({ cursors: { [list]: { pushedAt: repository.pushedAt, newest } } });
  let page: ListPage<GithubCommit>;
  try {
    page = await readPage(client, here, commitPage);
  } catch (error) {
    if (isEmpty(error)) return { ...turn(at, finished, { items: [], warnings: [], step }), ...cursorAt(null) };
    if (!isRefusal(error)) throw error;
    return turn(at, { ...finished, refused: finished.refused + 1 }, { items: [], warnings: [], step });
  }
  const latest = new Date(at.startedAt);
  const commits = distinct(page.entries.map((commit) => commitItem(commit, repository, at.me, latest)));
  const commitPages = repositories.commitPages + 1;
  const maxPages = Math.ceil(most / COMMITS_A_PAGE);
  const { next, warnings, end } = follow(page.next, commitPages, seen, { title: step, maxPages });
  const times = page.entries.flatMap((commit) => isoTime(commit.commit?.committer?.date) ?? []);
  const newest = times.reduce<string | null>((a, b) => (a === null || b > a ? b : a), repositories.newestCommit);
  if (next !== null) {
    const begun = commitPages / Math.min(page.lastPage ?? maxPages, maxPages);
    return turn(
      at,
      { ...repositories, commits: next, commitPages, newestCommit: newest },
      { items: commits, warnings: [], step, begun },
    );
  }
  const languages = repository.own ? await readLanguages(client, repository) : [];
  const after = {
    ...finished,
    refused: finished.refused + (languages === null ? 1 : 0),
    // Said once for all repositories, at the end of the section.
    cut: finished.cut + (warnings.length > 0 ? 1 : 0),
  };
  const last = turn(at, after, { items: [...commits, ...(languages ?? [])], warnings: [], step });
  // What was refused is tried again by the next run.
  return end === 'circle' || languages === null ? last : { ...last, ...cursorAt(newest ?? known ?? null) };
}

/** A repository nobody pushed to yet has no commits to list, which GitHub calls a conflict. */
function isEmpty(error: unknown): boolean {
  return error instanceof PlatformError && error.details.status === 409;
}

/** Null where GitHub refuses. */
async function readLanguages(client: PlatformClient, repository: QueuedRepository): Promise<ExtractedItem[] | null> {
  try {
    const { data } = await client.get(`/repos/${repository.name}/languages`, languagesSchema);
    return [languagesItem(data, repository)];
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return null;
  }
}

interface Turn extends Required<Pick<ExtractionPage, 'items' | 'warnings' | 'step'>> {
  /** How much of the first repository is read, 0 to 1. */
  readonly begun?: number;
}

/** The page from what was read and where that leads; ends the section when nothing is left in it. */
function turn(at: GithubCheckpoint, after: Progress, { items, warnings, step, begun = 0 }: Turn) {
  const waiting = after.queue.length;
  if (waiting === 0 && after.listed) return sectionEnd(at, step, items, [...warnings, ...summary(after)]);
  const done = doneAt(at.section, (after.read - waiting + Math.min(begun, 1)) / Math.max(after.total, 1), at.done);
  const page: ExtractionPage<GithubCheckpoint> = {
    items,
    checkpoint: { ...at, repositories: after, done },
    done,
    step,
    warnings,
  };
  return page;
}

function summary({ refused, cut }: Progress): ExtractionWarning[] {
  const several = (count: number) => (count === 1 ? 'one repository' : `${count} repositories`);
  const warnings: ExtractionWarning[] = [];
  if (refused > 0) {
    const message = `The commits or languages of ${several(refused)} could not be read: GitHub refused`;
    warnings.push({ code: 'NOT_AVAILABLE', message });
  }
  if (cut > 0) {
    const message = `The commits in ${several(cut)} were read only in part: there are too many`;
    warnings.push({ code: 'LIMIT_REACHED', message });
  }
  return warnings;
}
