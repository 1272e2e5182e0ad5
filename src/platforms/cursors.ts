import type { ExtractionContext, ExtractionPage, Json } from './platform.js';

/** The cursor that names the account which the others are of. */
const ACCOUNT = 'account';
/** To be raised when items are made of more than before: everything is then read again. */
const VERSION = 1;

/** The name of a list among the cursors: the kind of its items, and which of that kind it is. */
export function listName(kind: string, within?: string): string {
  return within === undefined ? kind : `${kind} ${within}`;
}

/** Which of its ids an account is known by: a provider may add another one later, and it is still the same account. */
export function knownId({ cursors }: Pick<ExtractionContext, 'cursors'>, ids: readonly string[]): string {
  const known = cursors.get(ACCOUNT);
  return ids.find((id) => typeof known === 'string' && known.replace(/^\d+ /, '') === id) ?? ids[0] ?? '';
}

/** The cursors of a run's first page: they name the account, and forget what was known of another one. */
export function accountCursor({ cursors }: ExtractionContext, account: string) {
  const known = `${VERSION} ${account}`;
  return { cursors: { [ACCOUNT]: known }, forgetsCursors: cursors.has(ACCOUNT) && cursors.get(ACCOUNT) !== known };
}

/** Applies the cursors of a stored page to those that its run goes on with. */
export function moveCursors(
  known: Map<string, Json>,
  { forgetsCursors = false, cursors = {} }: Pick<ExtractionPage, 'forgetsCursors' | 'cursors'>,
): void {
  if (forgetsCursors) known.clear();
  for (const [list, cursor] of Object.entries(cursors)) known.set(list, cursor);
}
