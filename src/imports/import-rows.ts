import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson, storableText } from '../database/storable.js';
import { accountHash, type Receipt, type RowCounts } from './receipt.js';

/** An uploaded file. */
export interface ImportFile {
  readonly name: string;
  readonly bytes: number;
}

/** A file that was sent, or one inside of an archive. */
export interface ImportEntry {
  readonly entry: number;
  /** The index of the uploaded file that it is, or is in. */
  readonly file: number;
  readonly name: string;
  readonly bytes: number;
  /** The name of its format; null where it is not read, for `reason`. */
  readonly format: string | null;
  readonly reason: string | null;
}

/** An import with what became of it. */
export interface Import {
  readonly id: string;
  readonly userId: string;
  readonly jobId: string | null;
  readonly digest: string;
  readonly profile: string | null;
  readonly files: readonly ImportFile[];
  readonly receipt: Receipt;
  /** How its job ended; null while it has not. */
  readonly outcome: 'completed' | 'failed' | 'cancelled' | 'expired' | null;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly createdAt: Date;
  readonly finishedAt: Date | null;
}

/** An entry with the rows that were read of it. */
export type CountedEntry = ImportEntry & { readonly counts: Partial<RowCounts> };

const COLUMNS = `id, user_id AS "userId", job_id AS "jobId", digest, profile, files, receipt, outcome, error,
  created_at AS "createdAt", finished_at AS "finishedAt"`;
const ENTRY = 'entry, file, name, bytes, format, reason, counts';

/** Whose upload is whole and whose deletion was not asked for. */
const VISIBLE = 'uploaded AND deleting_at IS NULL';

/** The rows of imports, of the files in them, and of the pieces that their jobs read. */
@Injectable()
export class ImportRows {
  constructor(private readonly database: Database) {}

  async create(
    { id, userId, digest, profile }: { id: string; userId: string; digest: string; profile: string | null },
    files: readonly ImportFile[],
    receipt: Receipt,
  ): Promise<void> {
    await this.database.query(
      'INSERT INTO imports (id, user_id, digest, profile, files, receipt) VALUES ($1, $2, $3, $4, $5, $6)',
      [id, userId, digest, profile, storableJson(files), storableJson(receipt)],
    );
  }

  async addEntries(importId: string, userId: string, entries: readonly ImportEntry[]): Promise<void> {
    await this.database.query(
      `INSERT INTO import_entries (import_id, user_id, entry, file, name, bytes, format, reason)
       SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::text[], $6::bigint[], $7::text[], $8::text[])`,
      [
        importId,
        userId,
        entries.map(({ entry }) => entry),
        entries.map(({ file }) => file),
        entries.map(({ name }) => storableText(name)),
        entries.map(({ bytes }) => bytes),
        entries.map(({ format }) => format),
        entries.map(({ reason }) => reason),
      ],
    );
  }

  async addPiece(importId: string, userId: string, entry: number, piece: number, data: Buffer): Promise<void> {
    await this.database.query(
      'INSERT INTO import_pieces (import_id, user_id, entry, piece, data) VALUES ($1, $2, $3, $4, $5)',
      [importId, userId, entry, piece, data],
    );
  }

  /** Compressed bytes that are stored of a person's uploads. */
  async storedBytes(userId: string): Promise<number> {
    const [row] = await this.database.query<{ bytes: number }>(
      'SELECT coalesce(sum(octet_length(data)), 0)::float8 AS bytes FROM import_pieces WHERE user_id = $1',
      [userId],
    );
    return row?.bytes ?? 0;
  }

  /** The accounts, hashed, that the person's connections and other imports are of. */
  async knownAccounts(userId: string, importId: string): Promise<ReadonlySet<string>> {
    const imports = await this.database.query<{ accounts: string[] }>(
      `SELECT receipt -> 'accounts' AS accounts FROM imports WHERE user_id = $1 AND id <> $2 AND ${VISIBLE}`,
      [userId, importId],
    );
    const profiles = await this.database.query<{ id: string }>(
      `SELECT external_id AS id FROM items WHERE user_id = $1 AND platform = 'spotify' AND kind = 'profile'`,
      [userId],
    );
    return new Set([...imports.flatMap(({ accounts }) => accounts), ...profiles.map(({ id }) => accountHash(id))]);
  }

  /** Makes an upload visible, and says which job reads it; none while it is held. */
  async finishUpload(tx: Transaction, importId: string, jobId: string | null): Promise<void> {
    await tx.query('UPDATE imports SET uploaded = true, job_id = $2 WHERE id = $1', [importId, jobId]);
  }

  /** Gives a held import its job. @returns false when it is not held any more */
  async start(tx: Transaction, importId: string, jobId: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE imports SET job_id = $2 WHERE id = $1 AND job_id IS NULL AND ${VISIBLE} RETURNING id`,
      [importId, jobId],
    );
    return rows.length > 0;
  }

  async find(userId: string, id: string): Promise<Import | undefined> {
    const [row] = await this.database.query<Import>(
      `SELECT ${COLUMNS} FROM imports WHERE user_id = $1 AND id = $2 AND ${VISIBLE}`,
      [userId, id],
    );
    return row;
  }

  /** A person's imports, the newest first; `before` continues a list. */
  list(userId: string, before: string | undefined, limit: number): Promise<Import[]> {
    return this.database.query<Import>(
      `SELECT ${COLUMNS} FROM imports WHERE user_id = $1 AND ${VISIBLE} AND ($2::uuid IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [userId, before ?? null, limit],
    );
  }

  entries(importId: string): Promise<CountedEntry[]> {
    return this.database.query<CountedEntry>(
      `SELECT ${ENTRY} FROM import_entries WHERE import_id = $1 ORDER BY entry`,
      [importId],
    );
  }

  /** The compressed bytes of a piece; undefined after the last one. */
  async piece(importId: string, entry: number, piece: number): Promise<Buffer | undefined> {
    const [row] = await this.database.query<{ data: Buffer }>(
      'SELECT data FROM import_pieces WHERE import_id = $1 AND entry = $2 AND piece = $3',
      [importId, entry, piece],
    );
    return row?.data;
  }

  async saveReceipt(
    tx: Transaction,
    importId: string,
    receipt: Receipt,
    counts: ReadonlyMap<number, RowCounts>,
  ): Promise<void> {
    tx.withCommit('UPDATE imports SET receipt = $2 WHERE id = $1', [importId, storableJson(receipt)]);
    if (counts.size === 0) return;
    await tx.query(
      `UPDATE import_entries SET counts = counted.counts FROM unnest($2::int[], $3::jsonb[]) AS counted (entry, counts)
       WHERE import_id = $1 AND import_entries.entry = counted.entry`,
      [importId, [...counts.keys()], [...counts.values()].map((each) => storableJson(each))],
    );
  }

  /** Notes how the job has ended; all null when it is retried. @returns the receipt */
  async noteOutcome(
    tx: Transaction,
    importId: string,
    outcome: Import['outcome'],
    error: Import['error'],
  ): Promise<Receipt | undefined> {
    const [row] = await tx.query<{ receipt: Receipt }>(
      `UPDATE imports SET outcome = $2::text, error = $3::jsonb, finished_at = CASE WHEN $2::text IS NULL THEN NULL ELSE now() END
       WHERE id = $1 RETURNING receipt`,
      [importId, outcome, error && storableJson(error)],
    );
    return row?.receipt;
  }

  /** Forgets what the job has read. */
  async dropPieces(tx: Transaction, importId: string): Promise<void> {
    await tx.query('DELETE FROM import_pieces WHERE import_id = $1', [importId]);
  }

  /** Deletes the files of failed imports that nobody has retried since then. */
  async dropPiecesOfFailed(endedBefore: Date): Promise<void> {
    await this.database.query(
      'DELETE FROM import_pieces USING imports WHERE imports.id = import_id AND finished_at < $1',
      [endedBefore],
    );
  }

  /** Hides an import whose deletion was asked for. @returns its job, or undefined when there is no such import */
  async hide(tx: Transaction, userId: string, id: string): Promise<{ readonly jobId: string | null } | undefined> {
    const [row] = await tx.query<{ jobId: string | null }>(
      `UPDATE imports SET deleting_at = now() WHERE user_id = $1 AND id = $2 AND ${VISIBLE} RETURNING job_id AS "jobId"`,
      [userId, id],
    );
    return row;
  }

  async delete(tx: Transaction, importId: string): Promise<void> {
    await tx.query('DELETE FROM imports WHERE id = $1', [importId]);
  }

  /** Deletes uploads that nobody has started an hour after `now`: broken off ones, and those held for too long. */
  async dropUnstarted(olderThan: Date): Promise<void> {
    await this.database.query('DELETE FROM imports WHERE job_id IS NULL AND created_at < $1', [olderThan]);
  }
}
