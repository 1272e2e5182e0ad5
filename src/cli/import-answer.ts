/** Rows that came to the same for the same reason, as the API shows them. */
export interface Reasoned {
  readonly count: number;
  readonly example: { readonly file: string; readonly entry: string; readonly row: number };
}

type Counts = Readonly<Record<string, number>>;

/** A file that was sent or is inside of one, as the API shows it: `format` is null where it is not read, for `reason`. */
export interface EntryAnswer {
  readonly name: string;
  readonly format: string | null;
  readonly reason?: string;
  readonly rows?: number;
  readonly accepted?: number;
  readonly alreadyKnown?: number;
  readonly merged?: number;
  readonly skipped?: number;
  readonly unread?: number;
}

/** What the API answers to a dry run. */
export interface TrialAnswer {
  readonly files: readonly { readonly name: string; readonly entries: readonly EntryAnswer[] }[];
  readonly receipt: {
    readonly read: number;
    readonly accepted: number;
    readonly alreadyKnown: number;
    readonly merged: number;
    readonly skipped: Readonly<Record<string, Reasoned>>;
    readonly unread: Readonly<Record<string, Reasoned>>;
    readonly range: { readonly from: string; readonly to: string } | null;
    readonly kinds: Counts;
    readonly fields: { readonly unknown: Counts; readonly missing: Counts };
    readonly warnings: readonly { readonly code: string; readonly message: string }[];
  };
}

/** What the API answers of an import. */
export interface ImportAnswer extends TrialAnswer {
  readonly id: string;
  readonly state: string;
  readonly progress: number;
  readonly error: { readonly code: string; readonly message: string } | null;
}
