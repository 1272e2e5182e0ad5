import { Logger } from '@nestjs/common';
import type { DataSourceOptions } from 'typeorm';
import type { Config } from '../config/config.js';
import type { ProcessParts } from '../config/process-parts.js';
import { sqlStateOf } from './failures.js';
import { EmbeddedPostgres, type PostgresAddress } from './embedded-postgres.js';
import { migrate } from './migrate.js';
import { migrations } from './migrations/migrations.js';
import { DividedDataSource, sharesOf } from './shares.js';
import { IDLE_IN_TRANSACTION_MS, KEEP_ALIVE_AFTER_MS, TIME_LIMITS } from './time-limits.js';

/** The entity classes of all modules. */
export type Entities = readonly (new () => object)[];

/** Thrown at start when the configured server cannot be used; the message names what to check. */
class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError';
  readonly code = 'DATABASE_UNAVAILABLE';
}

class EmbeddedDataSource extends DividedDataSource {
  constructor(
    options: DataSourceOptions,
    private readonly server: EmbeddedPostgres,
  ) {
    super(options);
  }

  /** Closing it also stops the embedded server, whose only client it is. */
  override async destroy(): Promise<void> {
    await super.destroy();
    await this.server.close();
  }
}

/** Opens the configured database, embedded or on a server, and runs the migrations. */
export async function openDataSource(config: Config, entities: Entities): Promise<DividedDataSource> {
  const dataSource = await connectDataSource(config, entities);
  if (config.database.migrate) await migrate(dataSource);
  return dataSource;
}

/** Opens the configured database without running migrations. */
export function connectDataSource(config: Config, entities: Entities): Promise<DividedDataSource> {
  const { url } = config.database;
  return url === undefined ? openEmbedded(config.dataDir, entities) : openServer(url, config.parts, entities);
}

async function openEmbedded(dataDir: string, entities: Entities): Promise<DividedDataSource> {
  const server = await EmbeddedPostgres.open(dataDir);
  const dataSource = new EmbeddedDataSource(embeddedOptions(server.address, entities), server);
  return dataSource.initialize();
}

function embeddedOptions(address: PostgresAddress, entities: Entities): DataSourceOptions {
  return {
    ...sharedOptions(entities),
    ...address,
    username: 'postgres',
    database: 'postgres',
    poolSize: 1,
    // The single connection stays open; callers wait up to 30 s for the transaction that holds it.
    extra: { idleTimeoutMillis: 0, connectionTimeoutMillis: 30_000 },
  };
}

/**
 * What the server does for a connection. It notices a client that vanished, in 20 s, and compiles nothing: for statements
 * that read little, and are estimated high while a table is young, that takes longer than they do.
 */
const SERVER_LIMITS = {
  statement_timeout: TIME_LIMITS.ordinary.statementMs,
  idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
  options: '-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=5 -c jit=off',
};

async function openServer(
  url: string,
  parts: ProcessParts,
  entities: Entities,
  limits: object = SERVER_LIMITS,
): Promise<DividedDataSource> {
  const shares = sharesOf(parts);
  const options: DataSourceOptions = {
    ...sharedOptions(entities),
    url,
    poolSize: shares.requests,
    applicationName: 'soul-signature',
    extra: {
      connectionTimeoutMillis: 5_000,
      // Statements are sent without waiting for the answers to earlier ones.
      pipeline: true,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER_MS,
      query_timeout: TIME_LIMITS.ordinary.answerMs,
      ...limits,
    },
  };
  try {
    return await new DividedDataSource(options, shares).initialize();
  } catch (error) {
    if (isRefusedByPooler(error) && limits === SERVER_LIMITS) {
      new Logger('Database').warn(
        'The pooler before PostgreSQL takes no limits from its clients; set statement_timeout and ' +
          'idle_in_transaction_session_timeout for the role',
      );
      return openServer(url, parts, entities, {});
    }
    const { hostname, port } = new URL(url);
    const reason =
      error instanceof AggregateError
        ? (error.errors as Error[]).map((each) => each.message).join('; ')
        : (error as Error).message;
    throw new DatabaseUnavailableError(
      `PostgreSQL at ${hostname}:${port || '5432'} (DATABASE_URL) cannot be used: ${reason}. ` +
        'Check that it runs and that the URL is right, or unset DATABASE_URL to use the embedded database.',
      { cause: error },
    );
  }
}

/** PgBouncer: 08P01, "unsupported startup parameter". */
function isRefusedByPooler(error: unknown): boolean {
  return sqlStateOf(error) === '08P01' && (error as Error).message.includes('startup parameter');
}

function sharedOptions(entities: Entities) {
  return {
    type: 'postgres' as const,
    entities: [...entities],
    migrations: [...migrations],
    synchronize: false,
    // The product makes its UUIDs itself; TypeORM must not try to install an extension for them.
    uuidExtension: 'pgcrypto' as const,
    installExtensions: false,
    parseInt8: true,
  };
}
