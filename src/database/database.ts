import { AsyncLocalStorage } from 'node:async_hooks';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import {
  DataSource,
  type EntityManager,
  type EntityTarget,
  type ObjectLiteral,
  type QueryRunner,
  type Repository,
} from 'typeorm';

/** A running transaction: everything done through it commits or vanishes together. */
export class Transaction {
  constructor(
    private readonly queryRunner: QueryRunner,
    private readonly onCommit: (() => void)[],
  ) {}

  get manager(): EntityManager {
    return this.queryRunner.manager;
  }

  repository<Entity extends ObjectLiteral>(entity: EntityTarget<Entity>): Repository<Entity> {
    return this.manager.getRepository(entity);
  }

  query<Row>(sql: string, parameters: readonly unknown[] = []): Promise<Row[]> {
    return rowsOf<Row>(this.queryRunner, sql, parameters);
  }

  /** Runs once the transaction is committed, and never when it is rolled back: wake-ups, cache invalidation. */
  afterCommit(action: () => void): void {
    this.onCommit.push(action);
  }
}

const insideTransaction = new AsyncLocalStorage<true>();

/**
 * The one door to PostgreSQL. The embedded database has a single connection: a query outside the running transaction
 * would wait for it for ever, so asking for one from within is refused everywhere, not only there.
 */
@Injectable()
export class Database {
  constructor(@InjectDataSource() private readonly dataSource: DataSource) {}

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
  async transaction<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    this.refuseInsideTransaction();
    const queryRunner = this.dataSource.createQueryRunner();
    const onCommit: (() => void)[] = [];
    try {
      await queryRunner.startTransaction();
      const result = await insideTransaction.run(true, () => work(new Transaction(queryRunner, onCommit)));
      await queryRunner.commitTransaction();
      for (const action of onCommit) action();
      return result;
    } catch (error) {
      if (queryRunner.isTransactionActive) await queryRunner.rollbackTransaction().catch(() => undefined);
      throw error;
    } finally {
      await queryRunner.release();
    }
  }

  private refuseInsideTransaction(): void {
    if (insideTransaction.getStore())
      throw new Error('A query outside the running transaction; use the transaction that was passed in.');
  }
}

async function rowsOf<Row>(queryRunner: QueryRunner, sql: string, parameters: readonly unknown[]): Promise<Row[]> {
  const result = await queryRunner.query(sql, [...parameters], true);
  return result.records as Row[]; // The caller names the row type beside its SQL.
}
