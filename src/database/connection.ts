import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { Pool, PoolClient, QueryResult } from 'pg';

/** One statement with its parameters, `$1` being the first. */
export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
}

/** What a pooler answers that hands our statements to whatever session is free (PostgreSQL's appendix A: error codes). */
const STATEMENT_OF_ANOTHER_SESSION = ['26000', '42P05'];

/** A session's plan that a migration has made useless. */
const PLAN_OUT_OF_DATE = '0A000';

/**
 * What is read at length has to be planned for whom it is read: a plan made for nobody in particular, which PostgreSQL
 * may settle on after five runs of a prepared statement, took a hundred times as long for a person with a million items.
 */
const PLANNED_EACH_TIME = 'SET LOCAL plan_cache_mode = force_custom_plan';

/** A process that freezes in the middle of a transaction must not hold its locks until it thaws. */
const IDLE_LIMIT = `SET LOCAL idle_in_transaction_session_timeout = '30s'`;

/**
 * The connections of TypeORM's pool, spoken to by `pg` itself. On a server every statement is prepared: parsing and
 * planning cost more than running most of them. Poolers that cannot keep prepared statements (PgBouncer before 1.21)
 * are noticed by their first error, and done without from there on.
 */
export class Connections {
  private readonly logger = new Logger('Database');
  private readonly names = new Map<string, string>();
  private prepares = true;

  constructor(private readonly pool: Pool) {
    pool.on('connect', surviveBreaking);
  }

  /** Connections that are idle, in use, and waited for. */
  get counts(): { readonly idle: number; readonly busy: number; readonly awaited: number } {
    const { totalCount, idleCount, waitingCount } = this.pool;
    return { idle: idleCount, busy: totalCount - idleCount, awaited: waitingCount };
  }

  async take(): Promise<Connection> {
    const client = await this.pool.connect();
    surviveBreaking(client); // TypeORM has opened one before there was anybody to listen.
    return new Connection(client, this);
  }

  /** The name under which a session keeps a statement: the same everywhere for the same text, and for no other. */
  nameOf(sql: string): string | undefined {
    if (!this.prepares) return undefined;
    const known = this.names.get(sql);
    if (known !== undefined) return known;
    const name = createHash('sha256').update(sql).digest('base64url');
    this.names.set(sql, name);
    return name;
  }

  /** Whether a connection on which this happened is of no more use. */
  spoils(error: unknown): boolean {
    const code = sqlStateOf(error) ?? '';
    if (code === PLAN_OUT_OF_DATE) return true;
    if (!STATEMENT_OF_ANOTHER_SESSION.includes(code)) return false;
    if (this.prepares) this.logger.warn('The pooler before PostgreSQL keeps no prepared statements; going on without');
    this.prepares = false;
    return true;
  }
}

/** What PostgreSQL calls the failure of a statement: five characters of its appendix A. */
export function sqlStateOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/**
 * Whether nobody answered, so that asking again may help: PostgreSQL goes down or comes up (classes 08 and 57P of its
 * appendix A), or there is no connection (Node's codes, and pg's words for it).
 */
export function isUnreachable(error: unknown): boolean {
  const code = sqlStateOf(error);
  if (code !== undefined) return /^(08|57P|E[A-Z])/.test(code);
  return error instanceof Error && /connection terminated|connection error|trying to connect/i.test(error.message);
}

/**
 * A connection that is taken from the pool, for one statement or one transaction. Statements that need no answer in
 * between travel together: BEGIN with the first, the last ones with COMMIT. That halves the round trips of a short
 * transaction. The embedded database has no network to save, and is asked one thing after the other.
 */
export class Connection {
  private readonly pipelined: boolean;
  private begun: Promise<unknown> | undefined;
  private spoiled = false;

  constructor(
    private readonly client: PoolClient,
    private readonly connections: Connections,
  ) {
    this.pipelined = client.pipeline;
  }

  async query<Row>(statement: Statement): Promise<Row[]> {
    const [result] = await Promise.all([this.send(statement), this.begun]);
    return result.rows as Row[]; // The caller names the row type beside its SQL.
  }

  /** Begins a transaction; the answer is awaited with that of its first statement. */
  async begin(isolation: 'REPEATABLE READ' | undefined): Promise<void> {
    this.gather();
    const begin = isolation ? `BEGIN ISOLATION LEVEL ${isolation}; ${PLANNED_EACH_TIME}` : 'BEGIN';
    const begun = this.command(`${begin}; ${IDLE_LIMIT}`);
    begun.catch(ignore);
    this.begun = begun;
    if (!this.pipelined) await begun;
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

  /** Ends a transaction without effect; one that is already over stays as it is. */
  async rollback(): Promise<void> {
    await this.command('ROLLBACK').catch(ignore);
  }

  /** Gives it back to the pool, which lets go of one that is broken. */
  release(): void {
    this.client.release(this.spoiled);
  }

  /** What is sent in this turn goes to the socket as one piece: a write costs more than what is in it. */
  private gather(): void {
    const { stream } = this.client.connection;
    stream.cork();
    process.nextTick(() => stream.uncork());
  }

  private async send({ sql, parameters = [] }: Statement): Promise<QueryResult> {
    const values = [...parameters];
    const name = this.pipelined ? this.connections.nameOf(sql) : undefined;
    try {
      return await this.client.query(name === undefined ? { text: sql, values } : { name, text: sql, values });
    } catch (error) {
      this.spoiled ||= this.connections.spoils(error);
      throw error;
    }
  }

  private command(sql: string): Promise<unknown> {
    return this.client.query(sql);
  }
}

/**
 * A connection that breaks fails its statements, and leaves the pool; that it also says so must not end the process.
 * The listener stays for good: the pool's own is missing at the moments of taking and giving back.
 */
function surviveBreaking(client: PoolClient): void {
  if (!client.listeners('error').includes(ignore)) client.on('error', ignore);
}

function ignore(): void {}
