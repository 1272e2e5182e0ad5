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
  /** New items, and those that show something new. */
  accepted: number;
  /** Told by this or another import, or by the connection. */
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
  /** The accounts in the files, see `accountHash`, for a warning when they are those of another person. */
  accounts: string[];
  /** Whether none of a platform's is known of this person, where others are. */
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

/** Adds a row of a platform's file to a receipt and to the counts of its entry. */
export function addRow(
  receipt: Receipt,
  counts: RowCounts,
  { platform, outcome }: { readonly platform: string; readonly outcome: RowOutcome },
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
  if (outcome.account !== undefined) addAccount(receipt.accounts, platform, outcome.account);
}

/**
 * Notes whether the files are those of another account than what the person has brought so far. People are called
 * differently on different platforms, so that only the accounts of one platform are compared.
 */
export function compareAccounts(receipt: Receipt, known: ReadonlySet<string>): void {
  const earlier = new Set([...known].map(platformOf));
  const compared = receipt.accounts.filter((account) => earlier.has(platformOf(account)));
  const own = new Set(compared.filter((account) => known.has(account)).map(platformOf));
  receipt.otherAccount = compared.some((account) => !own.has(platformOf(account)));
}

/** Whether accounts of a receipt are several of one platform. */
export function hasSeveralAccounts({ accounts }: Pick<Receipt, 'accounts'>): boolean {
  return new Set(accounts.map(platformOf)).size < accounts.length;
}

/** The name of an account as a receipt keeps it: `<platform>:<hash>`. */
export function accountHash(platform: string, name: string): string {
  const comparable = name.normalize('NFKC').toLowerCase();
  const hash = createHash('sha256').update(`${platform}\n${comparable}`).digest('base64url').slice(0, 16);
  return `${platform}:${hash}`;
}

function platformOf(account: string): string {
  return account.slice(0, account.indexOf(':'));
}

function addReason(reasons: Record<string, Reasoned>, reason: string, example: RowPlace): void {
  const known = (reasons[reason] ??= { count: 0, example });
  known.count += 1;
}

/** A field may be called like something that every object has, such as `constructor` or `__proto__`. */
function addName(names: Record<string, number>, name: string): void {
  const known = Object.hasOwn(names, name) ? (names[name] ?? 0) : 0;
  if (known === 0 && Object.keys(names).length >= MOST_NAMES) return;
  Object.defineProperty(names, name, { value: known + 1, configurable: true, enumerable: true, writable: true });
}

function addAccount(accounts: string[], platform: string, name: string): void {
  if (accounts.length >= MOST_NAMES) return;
  const hash = accountHash(platform, name);
  if (!accounts.includes(hash)) accounts.push(hash);
}

function widened(range: Receipt['range'], at: string): { from: string; to: string } {
  if (!range) return { from: at, to: at };
  return { from: at < range.from ? at : range.from, to: at > range.to ? at : range.to };
}
