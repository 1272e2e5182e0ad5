import { Pool } from 'pg';
import { DataSource, type DataSourceOptions } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import type { ProcessParts } from '../config/process-parts.js';
import { ConnectionPool, type Share } from './connection.js';
import { TIME_LIMITS } from './time-limits.js';

/** How many connections each share has at most. Without `runs` these use the connections of requests. */
export type ShareSizes = { readonly [Each in Share]: number } | Readonly<Record<Exclude<Share, 'runs'>, number>>;

/** The ten connections of a process. The dispatcher may have to wait for a lock; leases and heartbeat never do. */
export function sharesOf({ api, work }: ProcessParts): ShareSizes {
  if (api && work) return { requests: 4, runs: 3, bulk: 1, machinery: 2 };
  return api ? { requests: 6, bulk: 2, machinery: 2 } : { requests: 7, bulk: 1, machinery: 2 };
}

/** A data source whose connections are divided. TypeORM itself uses those of requests. */
export class DividedDataSource extends DataSource {
  private readonly own: Pool[] = [];
  private divided: ConnectionPool | undefined;

  /** @param sizes undefined when there is a single connection, which all share */
  constructor(
    options: DataSourceOptions,
    private readonly sizes?: ShareSizes,
  ) {
    super(options);
  }

  /** @throws Error before `initialize` */
  get connections(): ConnectionPool {
    if (!this.divided) throw new Error('The data source is not initialized');
    return this.divided;
  }

  override async initialize(): Promise<this> {
    await super.initialize();
    const requests = (this.driver as PostgresDriver).master as Pool; // TypeORM types neither.
    const another = (max: number | undefined, statementMs?: number) =>
      max === undefined ? requests : this.poolLike(requests, max, statementMs);
    this.divided = new ConnectionPool({
      requests,
      runs: another(this.sizes && 'runs' in this.sizes ? this.sizes.runs : undefined),
      bulk: another(this.sizes?.bulk),
      machinery: another(this.sizes?.machinery, TIME_LIMITS.vital.statementMs),
    });
    return this;
  }

  override async destroy(): Promise<void> {
    await Promise.all([super.destroy(), ...this.own.map((pool) => pool.end())]);
  }

  private poolLike({ options }: Pool, max: number, statementMs?: number): Pool {
    // A pooler that takes no limits gets none.
    const limits = options.statement_timeout && statementMs ? { statement_timeout: statementMs } : {};
    // The password is not enumerable.
    const pool = new Pool({ ...options, password: options.password, max, ...limits });
    pool.on('error', () => undefined); // An idle connection broke; it has left the pool.
    this.own.push(pool);
    return pool;
  }
}
