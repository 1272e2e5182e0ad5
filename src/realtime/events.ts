/** Why something failed: a code for programs, a message for people. */
interface EventError {
  readonly code: string;
  readonly message: string;
}

/** Why something is not read and who can mend it: the person, this server's operator, the provider, or nobody has to. */
interface EventProblem extends EventError {
  readonly actor: 'person' | 'operator' | 'provider' | 'nobody';
}

interface OfJob {
  readonly jobId: string;
  readonly batchId?: string;
}

interface OfExtraction extends OfJob {
  readonly platform: string;
}

interface OfImport extends OfJob {
  readonly importId: string;
}

/** How many rows of an archive came to what; `read` is the sum of the others. */
interface ReceiptSummary {
  readonly read: number;
  readonly accepted: number;
  readonly alreadyKnown: number;
  readonly merged: number;
  readonly skipped: number;
  readonly unread: number;
}

/** The durable events by type. Names and fields are a contract with clients. */
export interface EventPayloads {
  extraction_queued: OfExtraction;
  /** `code`: a provider asked us to wait (`RATE_LIMITED`), or other work has to end first (`BLOCKED`). */
  extraction_delayed: OfExtraction & {
    readonly code: string;
    readonly reason: string;
    readonly problem: EventProblem | null;
    readonly retryAt: string;
  };
  extraction_started: OfExtraction & { readonly attempt: number };
  extraction_completed: OfExtraction & {
    readonly itemsExtracted: number;
    readonly warnings: readonly (EventError & { readonly problem?: EventProblem })[];
    readonly problem: EventProblem | null;
  };
  extraction_failed: OfExtraction & {
    readonly error: EventError;
    readonly problem: EventProblem | null;
    readonly attempt: number;
    readonly willRetry: boolean;
    readonly retryAt?: string;
  };
  extraction_cancelled: OfExtraction;
  /** It was not started in time, or the provider allowed nothing for a day. */
  extraction_expired: OfExtraction & {
    readonly reason: 'not_started' | 'provider';
    readonly problem: EventProblem | null;
  };
  import_queued: OfImport;
  /** Other work has to end first. */
  import_delayed: OfImport & { readonly code: string; readonly reason: string; readonly retryAt: string };
  import_started: OfImport & { readonly attempt: number };
  import_completed: OfImport & { readonly receipt: ReceiptSummary };
  import_failed: OfImport & {
    readonly error: EventError;
    readonly attempt: number;
    readonly willRetry: boolean;
    readonly retryAt?: string;
  };
  /** What was read until then stays. */
  import_cancelled: OfImport & { readonly receipt: ReceiptSummary };
  import_expired: OfImport;
  /** What only it had told is gone. */
  import_deleted: OfImport;
  signature_started: OfJob;
  signature_completed: OfJob & { readonly version: number };
  signature_failed: OfJob & {
    readonly error: EventError;
    readonly attempt: number;
    readonly willRetry: boolean;
    readonly retryAt?: string;
  };
  batch_completed: { readonly batchId: string };
  /** `grantExpiresAt` comes with `expiring`: when the provider ends the grant. */
  connection_status: { readonly platform: string; readonly status: string; readonly grantExpiresAt?: string };
}

export type DurableEventType = keyof EventPayloads;

/** An event of the log as clients get it; `seq` counts from 1 for each user. */
export type DurableEvent = { readonly seq: number; readonly at: string; readonly type: DurableEventType };

/** Events that are sent once and not stored: they are not in replays. */
interface TransientPayloads {
  extraction_progress: OfExtraction & { readonly progress: number; readonly items: number; readonly step: string };
  /** `bytes` of `of` have been read; `items` are new. */
  import_progress: OfImport & {
    readonly progress: number;
    readonly bytes: number;
    readonly of: number;
    readonly items: number;
    readonly step: string;
  };
  signature_progress: OfJob & { readonly progress: number };
}

export type TransientEvent = {
  [Type in keyof TransientPayloads]: { readonly type: Type } & TransientPayloads[Type];
}[keyof TransientPayloads];
