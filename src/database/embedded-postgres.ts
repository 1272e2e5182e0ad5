import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { lockFolder } from './folder-lock.js';

/** The address of a database for the `pg` driver; a folder as host means a Unix socket in it. */
export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
}

/** Thrown at start when the folder cannot be used. What the WASM program throws often has no message. */
class EmbeddedDatabaseError extends Error {
  override readonly name = 'EmbeddedDatabaseError';
  readonly code = 'DATABASE_UNAVAILABLE';

  constructor(dataDir: string, cause: unknown) {
    const reason = cause instanceof Error && cause.message !== '' ? cause.message : JSON.stringify(cause);
    super(
      `The embedded database in ${dataDir} cannot be opened (${reason}). Check that the folder is writable and the ` +
        'disk has space, or set DATA_DIR to another folder, or DATABASE_URL to a PostgreSQL server.',
      { cause },
    );
  }
}

/**
 * PostgreSQL inside this process, for a machine without a server: a WASM backend on a data folder, used through the same
 * driver as a real server. It has a single session, so the pool must have a single connection: the protocol messages of
 * several would get mixed.
 */
export class EmbeddedPostgres {
  private constructor(
    readonly address: PostgresAddress,
    private readonly release: () => Promise<void>,
  ) {}

  /**
   * Locks the folder, opens (or creates) the database in it and listens on a private socket.
   * @throws FolderLockedError when another process uses the folder
   * @throws EmbeddedDatabaseError when there is something else than a database of this product in it
   */
  static async open(dataDir: string): Promise<EmbeddedPostgres> {
    const unlock = lockFolder(dataDir);
    try {
      const db = await openOrCreate(join(dataDir, 'postgres'));
      // A short path (Unix sockets allow about 104 bytes), private, and new: a socket left by SIGKILL could not be bound again.
      const folder = mkdtempSync(join(tmpdir(), 'soul-'));
      const address =
        process.platform === 'win32' ? { host: '127.0.0.1', port: await freePort() } : { host: folder, port: 5432 };
      const server = new PGLiteSocketServer(
        process.platform === 'win32' ? { db, ...address } : { db, path: join(folder, `.s.PGSQL.${address.port}`) },
      );
      await server.start();
      return new EmbeddedPostgres(address, async () => {
        await server.stop();
        await db.close();
        rmSync(folder, { recursive: true, force: true });
        unlock();
      });
    } catch (error) {
      unlock();
      throw error;
    }
  }

  /** Closes the database and frees the folder. */
  close(): Promise<void> {
    return this.release();
  }
}

/**
 * Identifies the copy of the database in a data folder, by PostgreSQL's control file. That is written in place for as long
 * as the database lives, so a restore that replaces the files changes the result.
 */
export function embeddedCopy(dataDir: string): string {
  const { ino, birthtimeNs } = statSync(join(dataDir, 'postgres/global/pg_control'), { bigint: true });
  return `${ino} ${birthtimeNs}`;
}

async function openOrCreate(dataDir: string): Promise<PGlite> {
  try {
    return await PGlite.create({ dataDir });
  } catch (error) {
    throw new EmbeddedDatabaseError(dataDir, error);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
