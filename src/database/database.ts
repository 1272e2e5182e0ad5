import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { EntityTarget, ObjectLiteral, Repository } from 'typeorm';
import type { ConnectionPool, PooledConnection, Share, Statement } from './connection.js';
import { asTransient } from './failures.js';
import { DividedDataSource } from './shares.js';
import type { KindOfWork } from './time-limits.js';

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
const insideRun = new AsyncLocalStorage<true | undefined>();

/**
 * The only access to PostgreSQL, on the connections of requests, or of runs inside `forRun`. The embedded database has a
 * single connection: a query beside the running transaction would wait for it for ever, so one made inside a transaction
 * throws. On a server such a query only takes another connection and is not checked: the check costs every request time,
 * because on Node 20 it follows every promise.
 */
@Injectable()
export class Database {
  private readonly logger = new Logger('Database');

  private readonly isSingleConnection: boolean;
  private readonly connections: ConnectionPool;

  constructor(@InjectDataSource() private readonly dataSource: DividedDataSource) {
    this.isSingleConnection = dataSource.options.poolSize === 1;
    this.connections = dataSource.connections;
  }

  /** Runs one statement outside transactions. @returns its rows, also those of `RETURNING` */
  async query<Row>(
    sql: string,
    parameters: readonly unknown[] = [],
    kind: Exclude<KindOfWork, 'long'> = this.usualKind,
  ): Promise<Row[]> {
    this.refuseInsideTransaction();
    const connection = await this.connections.take(this.share, kind);
    try {
      return await connection.query<Row>({ sql, parameters });
    } finally {
      connection.release();
    }
  }

  /** Runs one operation of an entity's repository, outside transactions, on the connections of requests even in a run. */
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
  transaction<Result>(work: (tx: Transaction) => Promise<Result>, kind: KindOfWork = this.usualKind): Promise<Result> {
    return this.inTransaction(undefined, work, kind);
  }

  /** Reads with several statements that all see the database at one instant. */
  snapshot<Result>(read: (tx: Transaction) => Promise<Result>, kind: KindOfWork = this.usualKind): Promise<Result> {
    return this.inTransaction('REPEATABLE READ', read, kind);
  }

  /**
   * Does the work of a run on the connections of runs. Only a process that answers requests as well divides them; others
   * do without the cost of following every promise.
   */
  forRun<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.connections.dividesRuns ? insideRun.run(true, work) : work();
  }

  /** The use of this process's connections. */
  get connectionCounts(): ConnectionPool['counts'] {
    return this.connections.counts;
  }

  private async inTransaction<Result>(
    isolation: 'REPEATABLE READ' | undefined,
    work: (tx: Transaction) => Promise<Result>,
    kind: KindOfWork,
  ): Promise<Result> {
    this.refuseInsideTransaction();
    const connection = await this.connections.take(this.share, kind);
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
    const onFailure = (error: unknown) => {
      this.logger.error(
        `An action after a commit failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
    };
    // What a run wakes is no part of it.
    if (insideRun.getStore()) insideRun.run(undefined, () => tx.runAfterCommit(onFailure));
    else tx.runAfterCommit(onFailure);
    return result;
  }

  /** The kind of work that has no other. */
  protected get usualKind(): Exclude<KindOfWork, 'long'> {
    return 'ordinary';
  }

  /** Whose connections are used. */
  protected get share(): Share {
    return insideRun.getStore() ? 'runs' : 'requests';
  }

  private refuseInsideTransaction(): void {
    if (this.isSingleConnection && insideTransaction.getStore()) {
      throw new Error('Query outside the running transaction. Use the transaction that was passed in.');
    }
  }
}

/** The database on the connections of what may read much and can wait: nobody else waits for it. */
@Injectable()
export class BulkDatabase extends Database {
  protected override get share(): Share {
    return 'bulk';
  }
}

/**
 * The database on the connections of the machinery: requests and runs that use up theirs do not stop it. It is for what
 * makes one query at a time, and nothing that people can cause as often as they like.
 */
@Injectable()
export class MachineryDatabase extends Database {
  protected override get usualKind(): 'vital' {
    return 'vital';
  }

  protected override get share(): Share {
    return 'machinery';
  }
}
