import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Pool } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import { Connections, sqlStateOf, type Connection, type Statement } from './connection.js';

/** A running transaction: everything done through it commits or vanishes together. */
export class Transaction {
  private readonly unanswered: Statement[] = [];
  private readonly last: { readonly statement: () => Statement; rows: unknown[] }[] = [];
  private readonly committed: (() => void)[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly connection: Connection) {}

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.connection.query<Row>({ sql, parameters });
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /** A statement of whose answer nothing depends but that it is no error: it makes one journey with the commit. */
  withCommit(sql: string, parameters: readonly unknown[] = []): void {
    this.unanswered.push({ sql, parameters });
  }

  /**
   * A statement to run after all others, right before the commit and in one journey with it; asked for then. For rows
   * that many transactions lock: taken last, none of them can be waited for by somebody who already holds one, and they
   * are held no longer than the commit takes.
   * @param committed gets its rows once the transaction is committed
   */
  beforeCommit(statement: () => Statement, committed?: (rows: readonly unknown[]) => void): void {
    const last = { statement, rows: [] as unknown[] };
    this.last.push(last);
    if (committed) this.afterCommit(() => committed(last.rows));
  }

  /** Runs once the transaction is committed, and never when it is rolled back: wake-ups, doorbells. */
  afterCommit(action: () => void): void {
    this.committed.push(action);
  }

  /** Runs what was put off, and commits. */
  async commit(): Promise<void> {
    const statements = this.last.map(({ statement }) => statement());
    // PostgreSQL answers the COMMIT of a transaction in which a statement failed with a silent rollback.
    if (this.failure) throw this.failure.error;
    const answers = await this.connection.commit([...this.unanswered, ...statements]);
    for (const [n, last] of this.last.entries()) last.rows = answers[this.unanswered.length + n] ?? [];
  }

  /** What is committed stays so, whatever becomes of those who are told. */
  tellCommitted(onFailure: (error: unknown) => void): void {
    for (const action of this.committed) {
      try {
        action();
      } catch (error) {
        onFailure(error);
      }
    }
  }
}

const insideTransaction = new AsyncLocalStorage<true>();

/**
 * The one door to PostgreSQL. The embedded database has a single connection: a query outside the running transaction
 * would wait for it for ever, so asking for one from within is refused. On a server, where it costs a connection and not
 * the process, nobody is watched for it: every request would pay for it on Node 20, where every promise is followed.
 */
@Injectable()
export class Database {
  private readonly logger = new Logger('Database');

  private readonly isSingleConnection: boolean;
  private readonly connections: Connections;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.isSingleConnection = dataSource.options.poolSize === 1;
    this.connections = new Connections((dataSource.driver as PostgresDriver).master as Pool); // Its types leave both open.
  }

  /** Rows of one statement, for `RETURNING` as well. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    this.refuseInsideTransaction();
    const connection = await this.connections.take();
    try {
      return await connection.query<Row>({ sql, parameters });
    } finally {
      connection.release();
    }
  }

  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity> {
    this.refuseInsideTransaction();
    return this.dataSource.getRepository(entity);
  }

  /** Runs `work` in one transaction; what it registered with `afterCommit` runs when the commit has succeeded. */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.inTransaction(undefined, work);
  }

  /** Reads with several statements that all see the database as of one instant. */
  snapshot<Result>(read: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.inTransaction('REPEATABLE READ', read);
  }

  /** How the pool of this process is used. */
  get connectionCounts(): Connections['counts'] {
    return this.connections.counts;
  }

  private async inTransaction<Result>(
    isolation: 'REPEATABLE READ' | undefined,
    work: (tx: Transaction) => Promise<Result>,
  ): Promise<Result> {
    this.refuseInsideTransaction();
    const connection = await this.connections.take();
    const tx = new Transaction(connection);
    let result: Result;
    try {
      await connection.begin(isolation);
      const run = async () => {
        const answer = await work(tx);
        await tx.commit();
        return answer;
      };
      result = await (this.isSingleConnection ? insideTransaction.run(true, run) : run());
    } catch (error) {
      await connection.rollback();
      throw error;
    } finally {
      connection.release();
    }
    tx.tellCommitted((error) => {
      this.logger.error(`After a commit: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    });
    return result;
  }

  private refuseInsideTransaction(): void {
    if (this.isSingleConnection && insideTransaction.getStore())
      throw new Error('A query outside the running transaction; use the transaction that was passed in.');
  }
}

/** Whether a statement was ended because two transactions waited for each other (SQLSTATE 40P01): the one to try again. */
export function isDeadlock(error: unknown): boolean {
  return sqlStateOf(error) === '40P01';
}
