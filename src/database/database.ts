import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Pool } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral, type Repository } from 'typeorm';
import { asTransient, ConnectionPool, sqlStateOf, type PooledConnection, type Statement } from './connection.js';

/** A running transaction. */
export class Transaction {
  private readonly unanswered: Statement[] = [];
  private readonly last: { readonly statement: () => Statement; rows: unknown[] }[] = [];
  private readonly committed: (() => void)[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly connection: PooledConnection) {}

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await this.connection.query<Row>({ sql, parameters });
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /** Adds a statement whose result is not needed. It is sent in one round trip with the commit; its error rolls back. */
  withCommit(sql: string, parameters: readonly unknown[] = []): void {
    this.unanswered.push({ sql, parameters });
  }

  /**
   * Adds a statement that is made and sent right before the commit, in one round trip with it and after all others. It is
   * for rows that many transactions lock: locked last, they cannot take part in a deadlock with earlier locks, and are
   * held only for the time of the commit.
   * @param committed gets the statement's rows once the transaction is committed
   */
  beforeCommit(statement: () => Statement, committed?: (rows: readonly unknown[]) => void): void {
    const last = { statement, rows: [] as unknown[] };
    this.last.push(last);
    if (committed) this.afterCommit(() => committed(last.rows));
  }

  /** Adds an action to run once the transaction is committed: wake-ups, doorbells. A rollback discards it. */
  afterCommit(action: () => void): void {
    this.committed.push(action);
  }

  /** Runs the deferred statements and commits. */
  async commit(): Promise<void> {
    const statements = this.last.map(({ statement }) => statement());
    // PostgreSQL answers the COMMIT of a transaction in which a statement failed with a silent rollback.
    if (this.failure) throw this.failure.error;
    const answers = await this.connection.commit([...this.unanswered, ...statements]);
    for (const [n, last] of this.last.entries()) last.rows = answers[this.unanswered.length + n] ?? [];
  }

  /** Runs the actions of `afterCommit`. One that throws does not stop the others: the transaction is committed already. */
  runAfterCommit(onFailure: (error: unknown) => void): void {
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
 * The only access to PostgreSQL. The embedded database has a single connection: a query beside the running transaction
 * would wait for it for ever, so one made inside a transaction throws. On a server such a query only takes another
 * connection and is not checked: the check costs every request time, because on Node 20 it follows every promise.
 */
@Injectable()
export class Database {
  private readonly logger = new Logger('Database');

  private readonly isSingleConnection: boolean;
  private readonly connections: ConnectionPool;

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.isSingleConnection = dataSource.options.poolSize === 1;
    this.connections = new ConnectionPool((dataSource.driver as PostgresDriver).master as Pool); // TypeORM types neither.
  }

  /** Runs one statement outside transactions. @returns its rows, also those of `RETURNING` */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    this.refuseInsideTransaction();
    const connection = await this.connections.take();
    try {
      return await connection.query<Row>({ sql, parameters });
    } finally {
      connection.release();
    }
  }

  /** Runs one operation of an entity's repository, outside transactions. */
  async withRepository<Entity extends ObjectLiteral, Result>(
    entity: EntityTarget<Entity>,
    operation: (repository: Repository<Entity>) => Promise<Result>,
  ): Promise<Result> {
    this.refuseInsideTransaction();
    try {
      return await operation(this.dataSource.getRepository(entity));
    } catch (error) {
      throw asTransient(error);
    }
  }

  /** Runs `work` in one transaction; what it registered with `afterCommit` runs when the commit has succeeded. */
  transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.inTransaction(undefined, work);
  }

  /** Reads with several statements that all see the database at one instant. */
  snapshot<Result>(read: (tx: Transaction) => Promise<Result>): Promise<Result> {
    return this.inTransaction('REPEATABLE READ', read);
  }

  /** The use of this process's pool. */
  get connectionCounts(): ConnectionPool['counts'] {
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
    tx.runAfterCommit((error) => {
      this.logger.error(
        `An action after a commit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    });
    return result;
  }

  private refuseInsideTransaction(): void {
    if (this.isSingleConnection && insideTransaction.getStore()) {
      throw new Error('Query outside the running transaction. Use the transaction that was passed in.');
    }
  }
}

/** Whether PostgreSQL ended the transaction to resolve a deadlock (SQLSTATE 40P01): it can be tried again. */
export function isDeadlock(error: unknown): boolean {
  return sqlStateOf(error) === '40P01';
}
