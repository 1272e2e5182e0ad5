import { viewJob, type JobWithState } from '../queues/job-view.js';
import type { Trial } from './import-intake.js';
import type { CountedEntry, FormatCounts, Import, ImportFile } from './import-rows.js';
import { emptyReceipt, hasSeveralAccounts, type Receipt, type RowCounts } from './receipt.js';

/**
 * How an import stands, as the API shows it: its job's state, or `held` until it is started.
 * @param entries all of them or some
 * @param formats of all of its entries
 */
export function viewImport(
  imported: Import,
  job: JobWithState | undefined,
  entries: readonly CountedEntry[],
  formats: readonly FormatCounts[],
) {
  const { id, jobId, outcome, error, createdAt, finishedAt, files, receipt } = imported;
  const state = outcome ?? (job ? viewJob(job).state : 'held');
  return {
    id,
    jobId,
    state,
    progress: outcome === 'completed' ? 100 : (job?.progress ?? 0),
    createdAt,
    finishedAt,
    error: outcome === 'failed' ? error : null,
    files: viewFiles(files, entries),
    entriesLeftOut: formats.reduce((sum, { entries }) => sum + entries, 0) - entries.length,
    formats: formats.filter(({ format }) => format !== null),
    receipt: viewReceipt(receipt),
  };
}

/** What an import would come to, in the same form. */
export function viewTrial({ files, entries, book, isEstimate }: Trial) {
  const counted = entries.map((entry) => ({ ...entry, counts: book.countsOf(entry.entry) }));
  const { warnings, ...receipt } = viewReceipt(book.receipt);
  return {
    files: viewFiles(files, counted),
    receipt: { ...receipt, warnings: isEstimate ? [...warnings, ESTIMATE] : warnings },
  };
}

/** The files of an import with the entries in each. */
function viewFiles(files: readonly ImportFile[], entries: readonly CountedEntry[]) {
  const views = files.map(({ name, bytes }) => ({ name, bytes, entries: [] as ReturnType<typeof viewEntry>[] }));
  for (const entry of entries) views[entry.file]?.entries.push(viewEntry(entry));
  return views;
}

function viewEntry({ name, format, reason, counts }: CountedEntry) {
  return format === null ? { name, format, reason } : { name, format, rows: counts.read ?? 0, ...restOf(counts) };
}

function restOf({ accepted = 0, alreadyKnown = 0, merged = 0, skipped = 0, unread = 0 }: Partial<RowCounts>) {
  return { accepted, alreadyKnown, merged, skipped, unread };
}

/** A receipt without what only this server uses. */
function viewReceipt({ accounts, otherAccount, ...receipt }: Receipt) {
  return {
    ...receipt,
    warnings: [
      ...(hasSeveralAccounts({ accounts }) ? [SEVERAL_ACCOUNTS] : []),
      ...(otherAccount ? [OTHER_ACCOUNT] : []),
    ],
  };
}

const SEVERAL_ACCOUNTS = {
  code: 'SEVERAL_ACCOUNTS',
  message: 'The files name more than one account. If one of them is not yours, take the import out again.',
};

const OTHER_ACCOUNT = {
  code: 'OTHER_ACCOUNT',
  message:
    'The files name another account than what you have brought before. If it is not yours, take the import out again.',
};

const ESTIMATE = {
  code: 'ESTIMATE',
  message:
    'The files are so large that how many rows are new, and how many are known or told by another source too, is an estimate. The import counts them exactly.',
};

/** How many rows came to what. */
export function summaryOf(receipt: Receipt = emptyReceipt()): RowCounts {
  const { read, accepted, alreadyKnown, merged } = receipt;
  const count = (reasons: Receipt['skipped']) => Object.values(reasons).reduce((sum, reason) => sum + reason.count, 0);
  return { read, accepted, alreadyKnown, merged, skipped: count(receipt.skipped), unread: count(receipt.unread) };
}
