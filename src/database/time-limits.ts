/** How long one statement of a kind of work may take on a server. */
interface TimeLimit {
  /** When the server ends the statement. */
  readonly statementMs: number;
  /** When the connection is given up because no answer came. */
  readonly answerMs: number;
}

const STATEMENT_MS = 10_000;
const LONG_STATEMENT_MS = 600_000;

/** From the end of a statement by the server to the arrival of its answer. */
const ON_THE_WAY_MS = 5_000;

/**
 * Linux repeats what is not acknowledged for about 15 minutes, and probes only connections on which nothing is on its
 * way. A query sent to a server that vanished would wait for as long. The server ends a statement before its answer is
 * given up, so a slow server is not taken for a vanished one.
 *
 * - `vital`: leases, heartbeats and the dispatcher. They wait for no lock for long and look every second, so they notice a
 *   vanished server for everybody, before leases run out.
 * - `ordinary`: everything that has no kind.
 * - `long`: a whole account, all people, or old rows in a large table. Sent only on a connection that has just answered.
 *
 * Migrations have no limit. Nor has the embedded database, which cannot vanish.
 */
export const TIME_LIMITS = {
  vital: { statementMs: 4_000, answerMs: 5_000 },
  ordinary: { statementMs: STATEMENT_MS, answerMs: STATEMENT_MS + ON_THE_WAY_MS },
  long: { statementMs: LONG_STATEMENT_MS, answerMs: LONG_STATEMENT_MS + ON_THE_WAY_MS },
} satisfies Record<string, TimeLimit>;

export type KindOfWork = keyof typeof TIME_LIMITS;

/** When the server ends a transaction whose process sends nothing, so that its locks become free. */
export const IDLE_IN_TRANSACTION_MS = 15_000;

/** The silence after which the operating system probes whether the other side is still there. */
export const KEEP_ALIVE_AFTER_MS = 10_000;

/** The silence after which it gives the connection up: libuv sets ten probes, one a second. */
export const KEEP_ALIVE_GIVES_UP_MS = KEEP_ALIVE_AFTER_MS + 10_000;
