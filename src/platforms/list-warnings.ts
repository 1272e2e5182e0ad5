import { failureOf } from './list-failure.js';
import { counted, type InnerList, type List } from './list.js';
import type { ListsCheckpoint } from './lists-checkpoint.js';
import type { PlatformError } from './platform-error.js';
import type { ExtractionWarning } from './platform.js';
import type { Problem } from './problem.js';
import type { ReadListPage } from './read-list-page.js';
import { problemIn } from './refusal-reasons.js';

/** The warnings about a list that has ended without having been read as a whole. */
export function listWarnings(
  list: Pick<List<never>, 'title' | 'tooLong'>,
  { end, at, failure, missing }: Pick<ReadListPage, 'end' | 'at' | 'failure' | 'missing'>,
  { provider, atMost }: { readonly provider: string; readonly atMost: number },
): ExtractionWarning[] {
  if (end === null) return [];
  const { title } = list;
  const warnings = tooLongWarnings(list, end, atMost);
  if (failure) warnings.push(failed(title, failure, { provider, begun: at.pages > 0 }));
  if (end === 'whole' && at.incomplete) {
    warnings.push(notAvailable(`${title} could be read only in part: ${provider} held some back`));
  }
  if (missing !== undefined) {
    const more = counted(missing, 'entry', 'entries');
    warnings.push(
      notAvailable(`${title} may have been read only in part: ${provider} counts ${more} more than it showed`),
    );
  }
  if (at.skipped > 0) {
    const entries = counted(at.skipped, 'entry', 'entries');
    warnings.push(notUnderstood(`${title} were read only in part: ${entries} could not be understood`));
  }
  return warnings;
}

/** The warning about a list that has more pages than are read, or none. */
export function tooLongWarnings(
  { title, tooLong }: Pick<List<never>, 'title' | 'tooLong'>,
  end: ReadListPage['end'],
  atMost: number,
): ExtractionWarning[] {
  if (end === 'circle') return [limitReached(`${title} were read only in part: the list repeats itself`)];
  if (end !== 'bound') return [];
  return [limitReached(tooLong?.(atMost) ?? `${title} were read only in part: the list is too long`)];
}

/** The warnings about the lists inside an outer list, at the end of it. */
export function innerWarnings(
  list: Pick<InnerList<never, never>, 'several' | 'severalTooLong'> | undefined,
  { refused, problem, tooLong, unclear, failing, doubted }: ListsCheckpoint['inner'],
  provider: string,
): ExtractionWarning[] {
  const warnings: ExtractionWarning[] = [];
  if (list && refused > 0) {
    const what = list.several(refused);
    warnings.push(
      problem
        ? notRead(`${what} could not be read`, problem)
        : notAvailable(`${what} could not be read: ${provider} refused`),
    );
  }
  if (list && failing > 0) {
    warnings.push(notAvailable(`${list.several(failing)} could not be read: ${provider} failed at them alone`));
  }
  if (list && doubted > 0) {
    warnings.push(
      notAvailable(
        `${list.several(doubted)} may have been read only in part: ${provider} counts more entries than it showed`,
      ),
    );
  }
  if (list && unclear > 0) {
    warnings.push(
      notUnderstood(`${list.several(unclear)} were read only in part: not all that came could be understood`),
    );
  }
  if (list?.severalTooLong && tooLong > 0) {
    warnings.push(limitReached(`${list.severalTooLong(tooLong)} were read only in part: there are too many`));
  }
  return warnings;
}

function failed(
  title: string,
  failure: PlatformError,
  { provider, begun }: { readonly provider: string; readonly begun: boolean },
): ExtractionWarning {
  const { refusal, status } = failure.details;
  const what = begun ? `${title} were read only in part` : `${title} could not be read`;
  if (refusal) return notRead(what, problemIn(refusal));
  const how = failureOf(failure);
  if (how === 'unclear') return notUnderstood(`${what}: the answer of ${provider} could not be understood`);
  const did = how === 'outage' ? 'failed' : 'refused';
  return notAvailable(`${what}: ${provider} ${did}${status === undefined ? '' : ` (${status})`}`);
}

/** A scope is missing only where the provider says so. */
function notRead(what: string, problem: Problem): ExtractionWarning {
  const code = problem.code === 'SCOPE_MISSING' ? 'SCOPE_MISSING' : 'NOT_AVAILABLE';
  return { code, message: `${what}. ${problem.message}`, problem };
}

function notAvailable(message: string): ExtractionWarning {
  return { code: 'NOT_AVAILABLE', message };
}

function notUnderstood(message: string): ExtractionWarning {
  return { code: 'NOT_UNDERSTOOD', message };
}

function limitReached(message: string): ExtractionWarning {
  return { code: 'LIMIT_REACHED', message };
}
