/** SQLSTATE of a message that PostgreSQL does not understand; its class is that of lost connections. */
const PROTOCOL_VIOLATION = '08P01';

/** PostgreSQL has not answered in time. Whether it has run the statement is unknown. */
export class SilentServerError extends Error {
  override readonly name = 'SilentServerError';
  readonly code = 'ETIMEDOUT';

  constructor(forMs: number) {
    super(`PostgreSQL was silent for ${forMs / 1000} s`);
  }
}

/** The SQLSTATE of a failed statement, or Node's code of a failed connection; undefined for other errors. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * The database failed for a reason that passes, so the same work may succeed later. Work whose COMMIT failed with it may
 * have been committed: the answer can get lost.
 */
export class TransientDatabaseError extends Error {
  override readonly name = 'TransientDatabaseError';
  /** The SQLSTATE, or Node's code of a failed connection. */
  readonly code: string;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.code = sqlStateOf(cause) ?? 'CONNECTION_LOST';
  }
}

/** No connection got free in time: others use all that there are for such work. Nothing was sent. */
export class ConnectionsBusyError extends TransientDatabaseError {}

/** The message of pg's pool. */
const NONE_FREE = 'timeout exceeded when trying to connect';

/** Makes an error that passes recognizable; others stay as they are. */
export function asTransient(error: unknown): unknown {
  if (!(error instanceof Error) || !passes(error)) return error;
  return error.message === NONE_FREE ? new ConnectionsBusyError(error) : new TransientDatabaseError(error);
}

/**
 * A deadlock or a serialization failure (class 40 of PostgreSQL's appendix A), a server that is starting or shutting down
 * (classes 08 and 57P), or no connection (Node's codes and pg's messages).
 */
function passes(error: Error): boolean {
  if (error instanceof TransientDatabaseError) return false;
  const code = sqlStateOf(error);
  if (code !== undefined) return code !== PROTOCOL_VIOLATION && /^(08|40|57P|E[A-Z])/.test(code);
  return /connection terminated|connection error|trying to connect/i.test(error.message);
}

/** Whether PostgreSQL ended the transaction to resolve a deadlock (SQLSTATE 40P01): it can be tried again. */
export function isDeadlock(error: unknown): boolean {
  return sqlStateOf(error) === '40P01';
}
