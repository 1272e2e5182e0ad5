import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Pool, PoolClient, QueryConfig, QueryResult } from 'pg';
import { asTransient, SilentServerError, sqlStateOf } from './failures.js';
import { KEEP_ALIVE_GIVES_UP_MS, TIME_LIMITS, type KindOfWork } from './time-limits.js';

/** One statement with its parameters; the first is `$1`. */
export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
}

/**
 * Who uses the database. Each share has connections of its own, so that none can use up those of the others:
 * - `requests`: people's requests, and whatever is in no other share
 * - `runs`: the runs of jobs
 * - `bulk`: what may read much and can wait: exports, evidence, metrics
 * - `machinery`: leases, heartbeat and dispatcher, which keep runs alive and hand them out. Each of them holds at most one
 *   connection at a time.
 */
export type Share = 'requests' | 'runs' | 'bulk' | 'machinery';

/**
 * SQLSTATEs of a prepared statement that a pooler sent to another session than the one it was prepared in (PostgreSQL,
 * appendix A: invalid_sql_statement_name, duplicate_prepared_statement).
 */
const STATEMENT_OF_ANOTHER_SESSION = ['26000', '42P05'];

/** SQLSTATE of a prepared statement whose result type a migration has changed. */
const PLAN_OUT_OF_DATE = '0A000';

/**
 * Plans each statement of a snapshot for its parameters. The generic plan, to which PostgreSQL may switch after five runs
 * of a prepared statement, took a hundred times as long for a person with a million items.
 */
const PLANNED_EACH_TIME = 'SET LOCAL plan_cache_mode = force_custom_plan';

/** The connection has the limit of ordinary statements. */
const LONG_LIMIT = `SET LOCAL statement_timeout = ${TIME_LIMITS.long.statementMs}`;

/** The message of pg's `query_timeout`. */
const NO_ANSWER = 'Query read timeout';

/** A query configuration of pg with a deadline, which its types leave out. */
type TimedQuery = QueryConfig & { readonly query_timeout: number };

/**
 * The connections of a process, used through `pg` itself. On a server every statement is prepared, because most of them
 * take longer to parse and plan than to run. A pooler that does not support prepared statements (PgBouncer before 1.21)
 * is recognised by its first error; from then on statements are not prepared.
 */
export class ConnectionPool {
  private readonly logger = new Logger('Database');
  private readonly names = new Map<string, string>();
  private prepares = true;
  /** When silence was last noticed, by `performance.now()`. */
  private silentAt = -Infinity;

  /** @param pools of each share; two may have the same one */
  constructor(private readonly pools: Readonly<Record<Share, Pool>>) {
    for (const pool of this.distinct) pool.on('connect', (client) => this.surviveBreaking(client));
  }

  /** How many connections are idle and in use, and how many callers wait for one. */
  get counts(): { readonly idle: number; readonly busy: number; readonly awaited: number } {
    const counts = { idle: 0, busy: 0, awaited: 0 };
    for (const { totalCount, idleCount, waitingCount } of this.distinct) {
      counts.idle += idleCount;
      counts.busy += totalCount - idleCount;
      counts.awaited += waitingCount;
    }
    return counts;
  }

  /** Whether runs have connections of their own. */
  get dividesRuns(): boolean {
    return this.pools.runs !== this.pools.requests;
  }

  /** @throws ConnectionsBusyError when none of the share's connections got free in time */
  async take(share: Share, kind: KindOfWork): Promise<PooledConnection> {
    const client = await this.pools[share].connect().catch((error: unknown) => {
      throw asTransient(error);
    });
    this.surviveBreaking(client); // TypeORM has opened a connection before this listened.
    return new PooledConnection(client, this, kind);
  }

  private get distinct() {
    return new Set(Object.values(this.pools));
  }

  /** The name of a prepared statement: the hash of its text. Undefined where statements are not prepared. */
  nameOf(sql: string): string | undefined {
    if (!this.prepares) return undefined;
    const known = this.names.get(sql);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(sql).digest('base64url');
    this.names.set(sql, name);
    return name;
  }

  /** Whether a connection must be closed after this error. */
  spoils(error: unknown): boolean {
    const code = sqlStateOf(error) ?? '';
    if (code === PLAN_OUT_OF_DATE) return true;
    if (!STATEMENT_OF_ANOTHER_SESSION.includes(code)) return false;
    if (this.prepares) {
      this.logger.warn('The pooler before PostgreSQL does not support prepared statements; continuing without them');
    }
    this.prepares = false;
    return true;
  }

  /**
   * Closes the idle connections when one was silent: whatever swallowed its packets has swallowed theirs, and each would
   * cost its next user the same wait. What is under way on others ends by its own deadline; of one silence all are
   * logged once.
   */
  noteSilence({ message }: SilentServerError, forMs: number): void {
    const now = performance.now();
    if (now - forMs > this.silentAt) this.logger.warn(`${message}; connecting anew`);
    this.silentAt = now;
    for (const pool of this.distinct) {
      for (let idle = pool.idleCount; idle > 0; idle--) pool.connect().then(destroy, ignore);
    }
  }

  /**
   * Handles the `error` event of a connection that breaks, which would otherwise end the process: its statements fail
   * and it leaves the pool anyway. The listener is never removed, because the pool's own is missing while a connection is
   * taken and returned.
   */
  private surviveBreaking(client: PoolClient): void {
    if (!client.listeners('error').includes(this.onBroken)) client.on('error', this.onBroken);
  }

  private readonly onBroken = (error: unknown): void => {
    if (sqlStateOf(error) !== 'ETIMEDOUT') return;
    this.noteSilence(new SilentServerError(KEEP_ALIVE_GIVES_UP_MS), KEEP_ALIVE_GIVES_UP_MS);
  };
}

/**
 * A connection taken from the pool for one statement or one transaction. Statements that do not depend on an answer in
 * between are sent together: BEGIN with the first, the last ones with COMMIT. That halves the round trips of a short
 * transaction. The embedded database has no network, so it gets one statement after the other.
 */
export class PooledConnection {
  private readonly pipelined: boolean;
  private begun: Promise<unknown> | undefined;
  private spoiled = false;

  constructor(
    private readonly client: PoolClient,
    private readonly connections: ConnectionPool,
    private readonly kind: KindOfWork,
  ) {
    this.pipelined = client.pipeline;
  }

  async query<Row>(statement: Statement): Promise<Row[]> {
    const [result] = await Promise.all([this.send(statement), this.begun]);
    return result.rows as Row[]; // The caller names the row type beside its SQL.
  }

  /** Begins a transaction; the answer is awaited with that of its first statement, unless that may take long. */
  async begin(isolation: 'REPEATABLE READ' | undefined): Promise<void> {
    this.gather();
    const statements = isolation ? [`BEGIN ISOLATION LEVEL ${isolation}`, PLANNED_EACH_TIME] : ['BEGIN'];
    const long = this.pipelined && this.kind === 'long';
    if (long) statements.push(LONG_LIMIT);
    const begun = this.command(statements.join('; '));
    begun.catch(ignore);
    this.begun = begun;
    if (long || !this.pipelined) await begun;
  }

  /**
   * Runs statements of which none needs the answer of another, and commits.
   * @returns the rows of each
   * @throws the error of the first that failed; nothing is committed then
   */
  async commit(statements: readonly Statement[]): Promise<unknown[][]> {
    this.gather();
    const sent: Promise<QueryResult>[] = [];
    for (const statement of statements) {
      const answer = this.send(statement);
      sent.push(answer);
      if (!this.pipelined) await answer;
    }
    const answers = await Promise.allSettled([this.begun, ...sent, this.command('COMMIT')]);
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
    return (await Promise.all(sent)).map(({ rows }) => rows as unknown[]);
  }

  /** Rolls the transaction back; one that has already ended stays as it is. */
  async rollback(): Promise<void> {
    await this.command('ROLLBACK').catch(ignore);
  }

  /** Returns it to the pool, which closes a broken one. */
  release(): void {
    this.client.release(this.spoiled);
  }

  /** Sends everything of this tick of the event loop in one write: system calls cost more than the bytes. */
  private gather(): void {
    const { stream } = this.client.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  private async send({ sql, parameters = [] }: Statement): Promise<QueryResult> {
    const values = [...parameters];
    const name = this.pipelined ? this.connections.nameOf(sql) : undefined;
    try {
      return await this.answer(name === undefined ? { text: sql, values } : { name, text: sql, values }, this.kind);
    } catch (error) {
      this.spoiled ||= this.connections.spoils(error);
      throw asTransient(error);
    }
  }

  /** Begins or ends a transaction, which is never long. */
  private async command(sql: string): Promise<unknown> {
    try {
      return await this.answer({ text: sql }, this.kind === 'long' ? 'ordinary' : this.kind);
    } catch (error) {
      throw asTransient(error);
    }
  }

  /** Sends a query; pg closes the connection when the answer does not come in time. */
  private async answer(query: QueryConfig, kind: KindOfWork): Promise<QueryResult> {
    if (!this.pipelined) return this.client.query(query);
    const { answerMs } = TIME_LIMITS[kind];
    const timed: TimedQuery = { ...query, query_timeout: answerMs };
    try {
      return await this.client.query(timed);
    } catch (error) {
      if (!(error instanceof Error && error.message === NO_ANSWER)) throw error;
      this.spoiled = true;
      const silence = new SilentServerError(answerMs);
      this.connections.noteSilence(silence, answerMs);
      throw silence;
    }
  }
}

/** Closes a connection without a goodbye, for whose answer it would wait. */
function destroy(client: PoolClient): void {
  client.connection.stream.destroy();
  client.release(true);
}

function ignore(): void {}
