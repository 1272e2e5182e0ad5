import type { z } from 'zod';
import { accountCursor, knownId } from './cursors.js';
import { doneAt } from './list-progress.js';
import { type ListsPage, ListWalk } from './list-walk.js';
import type { List } from './list.js';
import { checkpointAt, checkpointSchemaOf, type ListsCheckpoint, nameOf } from './lists-checkpoint.js';
import type { PlatformClient } from './platform-client.js';
import type { ExtractedItem, ExtractionContext, JsonObject, Platform } from './platform.js';

/** What a platform declares whose data are lists. */
export interface ListedPlatform<Account extends JsonObject> {
  /** Its name in warnings. */
  readonly provider: string;
  readonly profile: {
    /** What is being read, for people. */
    readonly title: string;
    /** Checks the account's facts from a stored checkpoint. */
    readonly account: z.ZodType<Account>;
    /**
     * Reads who the account is, before everything else; a failure of it fails the job.
     * @returns the facts of the account that its lists need, its unchanging ids, the best one first, and the item; its id
     *   becomes the one by which the account is known
     */
    read(client: PlatformClient): Promise<{
      readonly account: Account;
      readonly ids: readonly string[];
      readonly item: ExtractedItem | null;
    }>;
  };
  /** In the order in which they are read. */
  readonly lists: readonly List<Account>[];
}

type ReadsLists<Account extends JsonObject> = Pick<
  Platform<ListsCheckpoint<Account>>,
  'gives' | 'polling' | 'bounds' | 'keepDays' | 'checkpointSchema' | 'extract'
>;

/**
 * Makes the part of a `Platform` that follows from its lists. Every list is read page by page, and after each page of an
 * outer list the lists inside its entries. A run that is resumed goes on after the stored page, see `lists-checkpoint.ts`;
 * a later run asks only for what is new, see `ListOrder`. A list that the provider refuses or fails at, that is not
 * understood, too long or runs in circles ends with a warning, and the next one is read.
 */
export function readLists<Account extends JsonObject>(platform: ListedPlatform<Account>): ReadsLists<Account> {
  const { provider, lists, profile } = platform;
  if (new Set(lists.map(nameOf)).size < lists.length) throw new Error(`Two lists of ${provider} have the same name`);
  const polled = lists.find(({ polling }) => polling);
  const all = lists.flatMap((list) => (list.within ? [list, list.within] : [list]));
  return {
    gives: [...new Set(all.map(({ kind }) => kind))],
    ...(polled?.polling && { polling: { kind: polled.kind, ...polled.polling } }),
    bounds: Object.fromEntries(all.flatMap(({ kind, atMost }) => (atMost === undefined ? [] : [[kind, atMost]]))),
    keepDays: Object.fromEntries(
      lists.flatMap(({ kind, keepDays }) => (keepDays === undefined ? [] : [[kind, keepDays]])),
    ),
    checkpointSchema: checkpointSchemaOf(profile.account, lists),
    async *extract(client, checkpoint, context) {
      let at = checkpoint;
      if (at === undefined) {
        const page = await readProfile(platform, client, context);
        yield page;
        at = page.checkpoint;
      }
      const walk = new ListWalk(provider, lists, client, context, () => profile.read(client));
      for (let list = walk.listAt(at); list !== undefined; list = walk.listAt(at)) {
        if (context.scope === 'recent' && !list.polling) return;
        const page: ListsPage<Account> = await walk.next(list, at);
        yield page;
        at = page.checkpoint;
      }
    },
  };
}

/** Nothing can be read without knowing whose it is, so the profile comes first. */
async function readProfile<Account extends JsonObject>(
  { profile, lists }: ListedPlatform<Account>,
  client: PlatformClient,
  context: ExtractionContext,
): Promise<ListsPage<Account>> {
  const { account, ids, item } = await profile.read(client);
  const id = knownId(context, ids);
  const done = doneAt(lists, undefined, 0);
  const checkpoint = checkpointAt(lists[0], { done, startedAt: context.now.toISOString(), account });
  const items = item ? [{ ...item, externalId: id }] : [];
  return { items, checkpoint, done, step: profile.title, ...accountCursor(context, id) };
}
