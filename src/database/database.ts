import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable, Logger } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { Pool } from 'pg';
import { DataSource, type EntityTarget, type ObjectLiteral, type QueryRunner, type Repository } from 'typeorm';

/** A running transaction: everything done through it commits or vanishes together. */
export class Transaction {
  private readonly last: (() => Promise<void>)[] = [];
  private readonly committed: (() => void)[] = [];
  private failure: { readonly error: unknown } | undefined;

  constructor(private readonly queryRunner: QueryRunner) {}

  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    try {
      return await rowsOf<Row>(this.queryRunner, sql, parameters);
    } catch (error) {
      this.failure ??= { error };
      throw error;
    }
  }

  /**
   * Runs after all other statements, right before the commit. For rows that many transactions lock: taken last, none
   * of them can be waited for by somebody who already holds one.
   */
  beforeCommit(action: () => Promise<void>): void {
    this.last.push(action);
  }

  /** Runs once the transaction is committed, and never when it is rolled back: wake-ups, doorbells. */
  afterCommit(action: () => void): void {
    this.committed.push(action);
  }

  /** Runs what was put off, and commits. */
  async commit(): Promise<void> {
    for (const action of this.last) await action();
    // PostgreSQL answers the COMMIT of a transaction in which a statement failed with a silent rollback.
    if (this.failure) throw this.failure.error;
    await this.queryRunner.commitTransaction();
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

  constructor(@InjectDataSource() private readonly dataSource: DataSource) {
    this.isSingleConnection = dataSource.options.poolSize === 1;
  }

  /** Rows of one statement, for `RETURNING` as well. */
  async query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    this.refuseInsideTransaction();
    const queryRunner = this.dataSource.createQueryRunner();
    try {
      return await rowsOf<Row>(queryRunner, sql, parameters);
    } finally {
      await queryRunner.release();
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
  connections(): { idle: number; busy: number; awaited: number } {
    const { totalCount, idleCount, waitingCount } = (this.dataSource.driver as PostgresDriver).master as Pool; // Set by the pg driver.
    return { idle: idleCount, busy: totalCount - idleCount, awaited: waitingCount };
  }

  private async inTransaction<Result>(
    isolation: 'REPEATABLE READ' | undefined,
    work: (tx: Transaction) => Promise<Result>,
  ): Promise<Result> {
    this.refuseInsideTransaction();
    const queryRunner = this.dataSource.createQueryRunner();
    const tx = new Transaction(queryRunner);
    let result: Result;
    try {
      await queryRunner.startTransaction(isolation);
      const run = async () => {
        const answer = await work(tx);
        await tx.commit();
        return answer;
      };
      result = await (this.isSingleConnection ? insideTransaction.run(true, run) : run());
    } catch (error) {
      if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await queryRunner.release();
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

async function rowsOf<Row>(queryRunner: QueryRunner, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
  const result = await queryRunner.query(sql, [...parameters], true);
  return result.records as Row[]; // The caller names the row type beside its SQL.
}

/** Whether a statement was ended because two transactions waited for each other (SQLSTATE 40P01): the one to try again. */
export function isDeadlock(error: unknown): boolean {
  return error instanceof Error && 'driverError' in error && (error.driverError as { code?: string }).code === '40P01';
}
