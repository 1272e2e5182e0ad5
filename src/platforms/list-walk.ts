import { listName } from './cursors.js';
import { type Cursor, cursorFrom } from './list-cursor.js';
import { START } from './list-position.js';
import { doneAt, shareOf, shareWithInner } from './list-progress.js';
import { failureOf } from './list-failure.js';
import { innerWarnings, listWarnings, tooLongWarnings } from './list-warnings.js';
import { type InnerList, isListing, type List, type ListOwner, type Reading } from './list.js';
import { checkpointAt, type ListsCheckpoint, nameOf } from './lists-checkpoint.js';
import { UNREADABLE } from './page-entries.js';
import type { PlatformClient } from './platform-client.js';
import type { ExtractionContext, ExtractionPage, JsonObject } from './platform.js';
import { boundOf, readListPage, type ReadListPage } from './read-list-page.js';
import { problemIn } from './refusal-reasons.js';

/** A page of an extraction that goes from list to list. */
export type ListsPage<Account extends JsonObject> = ExtractionPage<ListsCheckpoint<Account>>;

/** A page, and where it leads. */
interface Step<Account extends JsonObject> {
  readonly page: Omit<ListsPage<Account>, 'checkpoint' | 'done'>;
  /** The checkpoint, unless the list is over. */
  readonly after: ListsCheckpoint<Account>;
  /** Whether the outer list has no further page. */
  readonly listed: boolean;
  /** Share of the first waiting owner's list that is read, 0 to 1. */
  readonly begun: number;
}

/** Goes through a platform's lists in one run; all that has to outlive the run is in the checkpoints. */
export class ListWalk<Account extends JsonObject> {
  /** Paths that were read in this run, of the current list and of the current list inside it. */
  readonly #trails = { outer: new Set<string>(), inner: new Set<string>() };

  constructor(
    private readonly provider: string,
    private readonly lists: readonly List<Account>[],
    private readonly client: PlatformClient,
    private readonly context: ExtractionContext,
    private readonly readProfile: () => Promise<unknown>,
  ) {}

  /** The list at which a checkpoint stands; undefined when all are read. */
  listAt({ list }: ListsCheckpoint<Account>): List<Account> | undefined {
    return this.lists.find((each) => nameOf(each) === list);
  }

  /** The page after a checkpoint: of the list itself, or of the list inside the first waiting owner. */
  async next(list: List<Account>, at: ListsCheckpoint<Account>): Promise<ListsPage<Account>> {
    const [owner] = at.inner.queue;
    const step =
      owner && list.within ? await this.#readInner(list, list.within, owner, at) : await this.#readOuter(list, at);
    const { page, after } = step;
    const isOver = step.listed && after.inner.queue.length === 0;
    const done = Math.max(at.done, doneAt(this.lists, list, isOver ? 1 : this.#share(list, step)));
    if (!isOver) return { ...page, checkpoint: { ...after, done }, done };
    const checkpoint = checkpointAt(this.lists[this.lists.indexOf(list) + 1], { ...after, done });
    const warnings = [...(page.warnings ?? []), ...innerWarnings(list.within, after.inner, this.provider)];
    return { ...page, warnings, checkpoint, done };
  }

  async #readOuter(list: List<Account>, at: ListsCheckpoint<Account>): Promise<Step<Account>> {
    const { client, context, provider } = this;
    const { within, title } = list;
    const [name, reading] = [nameOf(list), readingOf(at, undefined)];
    const run = { client, context, list, name, reading, trail: this.#trails.outer, other: this.readProfile };
    const page = await readListPage(run, at.at);
    const cursor = within ? this.#outerCursor(name, page) : page.cursor;
    const owners = within ? this.#owners(within, page.entries, reading) : { unread: [], unclear: 0 };
    return {
      page: {
        items: page.items,
        step: title,
        warnings: listWarnings(list, page, { provider, atMost: boundOf(list, context) }),
        ...(page.listing && {
          listing: { ...page.listing, ...(within && isListing(within) && { holds: within.kind }) },
        }),
        ...(cursor && { cursors: { [name]: cursor } }),
      },
      after: {
        ...at,
        at: page.at,
        inner: { ...at.inner, queue: owners.unread, unclear: at.inner.unclear + owners.unclear },
      },
      listed: page.end !== null,
      begun: 0,
    };
  }

  async #readInner(
    { title }: List<Account>,
    list: InnerList<Account, unknown>,
    owner: ListOwner,
    at: ListsCheckpoint<Account>,
  ): Promise<Step<Account>> {
    const { client, context } = this;
    const [name, reading] = [listName(list.kind, owner.id), readingOf(at, owner)];
    const other = () => this.#askOfAnother(list, at);
    const run = { client, context, list, name, reading, owner, trail: this.#trails.inner, other };
    const page = await readListPage(run, at.inner.at);
    const atMost = boundOf(list, context);
    return {
      page: {
        items: page.items,
        step: list.step?.(owner) ?? title,
        warnings: list.severalTooLong ? [] : tooLongWarnings(list, page.end, atMost),
        ...(page.listing && { listing: page.listing }),
        ...(page.cursor && { cursors: { [name]: page.cursor } }),
      },
      after: { ...at, inner: innerAfter(at.inner, page) },
      listed: at.at.pages > 0 && at.at.next === null,
      begun: page.end === null ? shareOf(page.at, atMost) : 0,
    };
  }

  #share(list: List<Account>, { after, begun }: Step<Account>): number {
    const atMost = boundOf(list, this.context);
    if (!list.within) return shareOf(after.at, atMost);
    return shareWithInner(after.at, atMost, after.inner.queue.length, begun);
  }

  /** Asks for the first page of the next owner's list, and for the profile where none is waiting. */
  async #askOfAnother(list: InnerList<Account, unknown>, at: ListsCheckpoint<Account>): Promise<unknown> {
    const next = at.inner.queue.slice(1).find(({ empty }) => empty !== true);
    if (!next) return this.readProfile();
    const reading = readingOf(at, next);
    const path = list.first(reading, undefined);
    return path === null ? this.readProfile() : list.page(this.client, path, reading, undefined);
  }

  /** What is inside an outer list is not read yet, so of it only what is hidden may be taken for known by the next run. */
  #outerCursor(name: string, { cursor }: ReadListPage): Cursor | undefined {
    if (!cursor || (!cursor.hidden && !this.context.cursors.has(name))) return undefined;
    return cursor.hidden ? { hidden: cursor.hidden } : {};
  }

  /** The owners on a page whose lists are not known in their version, and how many entries do not say what they own. */
  #owners(within: InnerList<Account, unknown>, entries: readonly unknown[], reading: Reading<Account, undefined>) {
    const all = entries.map((entry) => within.ownerOf(entry, reading));
    const unique = new Map<string, ListOwner>();
    for (const owner of all) if (owner !== null && owner !== UNREADABLE) unique.set(owner.id, owner);
    const unread = [...unique.values()].filter(({ id, version }) => {
      const known = cursorFrom(this.context.cursors.get(listName(within.kind, id)), within.order);
      return version === null || known.version !== version;
    });
    return { unread, unclear: all.filter((owner) => owner === UNREADABLE).length };
  }
}

/** Moves on to the next owner when the first one's list has ended. */
function innerAfter(
  inner: ListsCheckpoint['inner'],
  { end, at, failure, missing }: ReadListPage,
): ListsCheckpoint['inner'] {
  if (end === null) return { ...inner, at };
  const how = failure && failureOf(failure);
  const problem = inner.problem ?? (failure?.details.refusal && problemIn(failure.details.refusal));
  return {
    ...(problem && { problem }),
    queue: inner.queue.slice(1),
    at: START,
    refused: inner.refused + Number(how === 'refused' || at.incomplete),
    tooLong: inner.tooLong + Number(end === 'bound' || end === 'circle'),
    unclear: inner.unclear + Number(how === 'unclear' || at.skipped > 0),
    failing: inner.failing + Number(how === 'outage'),
    doubted: inner.doubted + Number(missing !== undefined),
  };
}

function readingOf<Account extends JsonObject, Owner>(
  { account, startedAt }: ListsCheckpoint<Account>,
  owner: Owner,
): Reading<Account, Owner> {
  return { account, owner, startedAt: new Date(startedAt), day: startedAt.slice(0, 10) };
}
