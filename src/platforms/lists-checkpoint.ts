import { z } from 'zod';
import { type Position, positionSchema, START } from './list-position.js';
import type { List, ListOwner } from './list.js';
import { listName } from './cursors.js';
import type { JsonObject } from './platform.js';
import type { Problem } from './problem.js';

/** All that is needed to go on after a page of an extraction. */
export type ListsCheckpoint<Account extends JsonObject = JsonObject> = {
  /** Name of the list that is read; null when all are. */
  readonly list: string | null;
  /** How far it is read. */
  readonly at: Position;
  readonly inner: {
    /** The owners on the list's last page whose own lists are still to be read; the first may be begun. */
    readonly queue: readonly ListOwner[];
    /** How far the first one's list is read. */
    readonly at: Position;
    /** How many lists the provider refused, how many were too long, and of how many not all was understood. */
    readonly refused: number;
    readonly tooLong: number;
    readonly unclear: number;
    /** How many lists the provider failed at, and how many may have been cut short. */
    readonly failing: number;
    readonly doubted: number;
    /** Why the first of them was refused, where that is known. */
    readonly problem?: Problem | undefined;
  };
  /** Share of the extraction that is done, 0 to 1; stored because it must not fall. */
  readonly done: number;
  /** When the extraction began. */
  readonly startedAt: string;
  readonly account: Account;
};

const count = z.number().int().nonnegative();

const problemSchema = z.object({
  code: z.string(),
  message: z.string(),
  actor: z.enum(['person', 'operator', 'provider', 'nobody']),
});

/**
 * Checks a stored checkpoint. One that names a list which is no longer declared, or has the form of an earlier version,
 * does not pass: the extraction then begins anew.
 */
export function checkpointSchemaOf<Account extends JsonObject>(
  account: z.ZodType<Account>,
  lists: readonly List<Account>[],
): z.ZodType<ListsCheckpoint<Account>> {
  const names = new Set(lists.map(nameOf));
  const owners = lists.flatMap(({ within }) => within?.owner ?? []);
  const isOwner = (value: unknown) => owners.some((owner) => owner.safeParse(value).success);
  return z.object({
    list: z
      .string()
      .refine((name) => names.has(name))
      .nullable(),
    at: positionSchema,
    inner: z.object({
      queue: z.array(z.custom<ListOwner>(isOwner)).max(1_000),
      at: positionSchema,
      refused: count,
      tooLong: count,
      // Not counted before November 2026.
      unclear: count.default(0),
      failing: count.default(0),
      doubted: count.default(0),
      problem: problemSchema.optional(),
    }),
    done: z.number().min(0).max(1),
    startedAt: z.iso.datetime(),
    account,
  });
}

/** The checkpoint before a list. */
export function checkpointAt<Account extends JsonObject>(
  list: List<Account> | undefined,
  { done, startedAt, account }: Pick<ListsCheckpoint<Account>, 'done' | 'startedAt' | 'account'>,
): ListsCheckpoint<Account> {
  const inner = { queue: [], at: START, refused: 0, tooLong: 0, unclear: 0, failing: 0, doubted: 0 };
  return { list: list ? nameOf(list) : null, at: START, inner, done, startedAt, account };
}

/** The name of a list in checkpoints and among the cursors. */
export function nameOf({ kind, part }: { readonly kind: string; readonly part?: string }): string {
  return listName(kind, part);
}
