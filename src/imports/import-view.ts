import { viewJob, type JobWithState } from '../queues/job-view.js';
import type { CountedEntry, Import, ImportFile } from './import-rows.js';
import { emptyReceipt, type Receipt, type RowCounts } from './receipt.js';

/** How an import stands, as the API shows it: its job's state, or `held` until it is started. */
export function viewImport(imported: Import, job: JobWithState | undefined, entries: readonly CountedEntry[]) {
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
    receipt: viewReceipt(receipt),
  };
}

/** The files of an import with the entries in each. */
export function viewFiles(files: readonly ImportFile[], entries: readonly CountedEntry[]) {
  return files.map(({ name, bytes }, n) => ({
    name,
    bytes,
    entries: entries.filter(({ file }) => file === n).map(viewEntry),
  }));
}

function viewEntry({ name, format, reason, counts }: CountedEntry) {
  return format === null ? { name, format, reason } : { name, format, rows: counts.read ?? 0, ...restOf(counts) };
}

function restOf({ accepted = 0, alreadyKnown = 0, merged = 0, skipped = 0, unread = 0 }: Partial<RowCounts>) {
  return { accepted, alreadyKnown, merged, skipped, unread };
}

/** A receipt without what only this server uses. */
export function viewReceipt({ accounts, otherAccount, ...receipt }: Receipt) {
  return {
    ...receipt,
    warnings: [...(accounts.length > 1 ? [SEVERAL_ACCOUNTS] : []), ...(otherAccount ? [OTHER_ACCOUNT] : [])],
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

/** How many rows came to what. */
export function summaryOf(receipt: Receipt = emptyReceipt()): RowCounts {
  const { read, accepted, alreadyKnown, merged } = receipt;
  const count = (reasons: Receipt['skipped']) => Object.values(reasons).reduce((sum, reason) => sum + reason.count, 0);
  return { read, accepted, alreadyKnown, merged, skipped: count(receipt.skipped), unread: count(receipt.unread) };
}
