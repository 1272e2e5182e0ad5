import type { InnerList, List } from './list.js';
import type { ListsCheckpoint } from './lists-checkpoint.js';
import type { PlatformError } from './platform-error.js';
import type { ExtractionWarning } from './platform.js';
import type { ReadListPage } from './read-list-page.js';

/** The warning about a list that has ended without having been read as a whole. */
export function listWarnings(
  { title, tooLong }: Pick<List<never>, 'title' | 'tooLong'>,
  { end, at, refusal }: Pick<ReadListPage, 'end' | 'at' | 'refusal'>,
  { provider, atMost }: { readonly provider: string; readonly atMost: number },
): ExtractionWarning[] {
  switch (end) {
    case 'refused':
      return refusal ? [refused(title, refusal, provider)] : [];
    case 'circle':
      return [limitReached(`${title} were read only in part: the list repeats itself`)];
    case 'bound':
      return [limitReached(tooLong?.(atMost) ?? `${title} were read only in part: the list is too long`)];
    case 'whole':
      return at.incomplete ? [notAvailable(`${title} could be read only in part: ${provider} held some back`)] : [];
    case 'known':
    case 'unread':
    case null:
      return [];
  }
}

/** The warnings about the lists inside an outer list, at the end of it. */
export function innerWarnings(
  list: Pick<InnerList<never, never>, 'several' | 'severalTooLong'> | undefined,
  { refused, tooLong }: ListsCheckpoint['inner'],
  provider: string,
): ExtractionWarning[] {
  const warnings: ExtractionWarning[] = [];
  if (list && refused > 0) {
    warnings.push(notAvailable(`${list.several(refused)} could not be read: ${provider} refused`));
  }
  if (list?.severalTooLong && tooLong > 0) {
    warnings.push(limitReached(`${list.severalTooLong(tooLong)} were read only in part: there are too many`));
  }
  return warnings;
}

function refused(title: string, { code, details: { status } }: PlatformError, provider: string): ExtractionWarning {
  const message = `${title} could not be read: ${provider} refused${status === undefined ? '' : ` (${status})`}`;
  return code === 'PLATFORM_FORBIDDEN' ? { code: 'SCOPE_MISSING', message } : notAvailable(message);
}

function notAvailable(message: string): ExtractionWarning {
  return { code: 'NOT_AVAILABLE', message };
}

function limitReached(message: string): ExtractionWarning {
  return { code: 'LIMIT_REACHED', message };
}
