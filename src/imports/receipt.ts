import { createHash } from 'node:crypto';
import type { RowOutcome } from './format.js';

/** Where a row is: never what is in it. Rows count from 1. */
export interface RowPlace {
  readonly file: string;
  readonly entry: string;
  readonly row: number;
}

interface Reasoned {
  count: number;
  /** The first one. */
  readonly example: RowPlace;
}

/** How many rows of an entry, or of all, came to what: `read` is the sum of the others. */
export interface RowCounts {
  read: number;
  /** New items. */
  accepted: number;
  /** Told by this or another import in the same words. */
  alreadyKnown: number;
  /** Listenings that another source had told. */
  merged: number;
  skipped: number;
  unread: number;
}

/** What became of the rows of an import. */
export interface Receipt extends Omit<RowCounts, 'skipped' | 'unread'> {
  skipped: Record<string, Reasoned>;
  unread: Record<string, Reasoned>;
  /** ISO 8601, UTC; null where nothing has a time. */
  range: { from: string; to: string } | null;
  /** Rows that are items, by kind. */
  kinds: Record<string, number>;
  /** Fields that this version does not know, and that it expects and did not find, with how many rows. */
  fields: { unknown: Record<string, number>; missing: Record<string, number> };
  /** Hashes of the names of the accounts in the files, for a warning when they are those of another person. */
  accounts: string[];
  /** Whether none of them is known of this person, where others are. */
  otherAccount: boolean;
}

/** What became of a row that is an item. */
export type ItemFate = 'accepted' | 'alreadyKnown' | 'merged';

/** How many names of new or missing fields, and of accounts, are kept. */
const MOST_NAMES = 50;

export function emptyReceipt(): Receipt {
  return {
    read: 0,
    accepted: 0,
    alreadyKnown: 0,
    merged: 0,
    skipped: {},
    unread: {},
    range: null,
    kinds: {},
    fields: { unknown: {}, missing: {} },
    accounts: [],
    otherAccount: false,
  };
}

export function emptyCounts(): RowCounts {
  return { read: 0, accepted: 0, alreadyKnown: 0, merged: 0, skipped: 0, unread: 0 };
}

/** Adds a row to a receipt and to the counts of its entry. */
export function addRow(
  receipt: Receipt,
  counts: RowCounts,
  outcome: RowOutcome,
  place: RowPlace,
  fate: ItemFate | undefined,
): void {
  receipt.read += 1;
  counts.read += 1;
  if ('item' in outcome) {
    const { kind, occurredAt } = outcome.item;
    const became = fate ?? 'alreadyKnown';
    receipt[became] += 1;
    counts[became] += 1;
    receipt.kinds[kind] = (receipt.kinds[kind] ?? 0) + 1;
    if (occurredAt) receipt.range = widened(receipt.range, occurredAt.toISOString());
  } else if ('skipped' in outcome) {
    counts.skipped += 1;
    addReason(receipt.skipped, outcome.skipped, place);
  } else {
    counts.unread += 1;
    addReason(receipt.unread, outcome.unread, place);
  }
  for (const field of outcome.unknown ?? []) addName(receipt.fields.unknown, field);
  for (const field of outcome.missing ?? []) addName(receipt.fields.missing, field);
  if (outcome.account !== undefined) addAccount(receipt.accounts, outcome.account);
}

/** Notes whether the files are those of another account than what the person has brought so far. */
export function compareAccounts(receipt: Receipt, known: ReadonlySet<string>): void {
  const { accounts } = receipt;
  receipt.otherAccount = known.size > 0 && accounts.length > 0 && !accounts.some((account) => known.has(account));
}

/** The name of an account as a receipt keeps it. */
export function accountHash(name: string): string {
  return createHash('sha256').update(name.normalize('NFKC').toLowerCase()).digest('base64url').slice(0, 16);
}

function addReason(reasons: Record<string, Reasoned>, reason: string, example: RowPlace): void {
  const known = (reasons[reason] ??= { count: 0, example });
  known.count += 1;
}

function addName(names: Record<string, number>, name: string): void {
  if (names[name] === undefined && Object.keys(names).length >= MOST_NAMES) return;
  names[name] = (names[name] ?? 0) + 1;
}

function addAccount(accounts: string[], name: string): void {
  if (accounts.length >= MOST_NAMES) return;
  const hash = accountHash(name);
  if (!accounts.includes(hash)) accounts.push(hash);
}

function widened(range: Receipt['range'], at: string): { from: string; to: string } {
  if (!range) return { from: at, to: at };
  return { from: at < range.from ? at : range.from, to: at > range.to ? at : range.to };
}
