import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson, storableText } from '../database/storable.js';
import { accountHash, emptyCounts, type Receipt, type RowCounts } from './receipt.js';

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

/** How many entries of an import are of a format, with the rows of all of them; without one those that are not read. */
export interface FormatCounts extends RowCounts {
  readonly format: string | null;
  readonly entries: number;
}

/** Rows of several imports, by the import. */
type ByImport<Row> = ReadonlyMap<string, readonly Row[]>;

const COLUMNS = `id, user_id AS "userId", job_id AS "jobId", digest, profile, files, receipt, outcome, error,
  created_at AS "createdAt", finished_at AS "finishedAt"`;
const ENTRY = 'entry, file, name, bytes, format, reason, counts';

/** Whose upload is whole and whose deletion was not asked for. */
const VISIBLE = 'uploaded AND deleting_at IS NULL';

/** Whose pieces are still read: those of a failed import when it is retried. */
const IS_READ = `deleting_at IS NULL AND coalesce(outcome, 'failed') = 'failed'`;

/** How many entries one statement stores. */
const ENTRIES = 1_000;

/** How many pieces one statement deletes. They are large, and its locks must be short. */
const PIECES = 100;

/** The sums of the counts of entries. */
const SUMS = Object.keys(emptyCounts())
  .map((count) => `coalesce(sum((counts ->> '${count}')::float8), 0) AS "${count}"`)
  .join(', ');

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
    for (let from = 0; from < entries.length; from += ENTRIES) {
      const some = entries.slice(from, from + ENTRIES);
      await this.database.query(
        `INSERT INTO import_entries (import_id, user_id, entry, file, name, bytes, format, reason)
         SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::text[], $6::bigint[], $7::text[], $8::text[])`,
        [
          importId,
          userId,
          some.map(({ entry }) => entry),
          some.map(({ file }) => file),
          some.map(({ name }) => storableText(name)),
          some.map(({ bytes }) => bytes),
          some.map(({ format }) => format),
          some.map(({ reason }) => reason),
        ],
      );
    }
  }

  async addPiece(importId: string, userId: string, entry: number, piece: number, data: Buffer): Promise<void> {
    await this.database.query(
      'INSERT INTO import_pieces (import_id, user_id, entry, piece, data) VALUES ($1, $2, $3, $4, $5)',
      [importId, userId, entry, piece, data],
    );
  }

  /** Compressed bytes of a person's uploads that are still read. */
  async storedBytes(userId: string): Promise<number> {
    const [row] = await this.database.query<{ bytes: number }>(
      `SELECT coalesce(sum(octet_length(data)), 0)::float8 AS bytes FROM import_pieces JOIN imports ON imports.id = import_id
       WHERE import_pieces.user_id = $1 AND ${IS_READ}`,
      [userId],
    );
    return row?.bytes ?? 0;
  }

  /** The accounts, hashed, that the person's connections and other imports are of. */
  async knownAccounts(userId: string, importId: string): Promise<ReadonlySet<string>> {
    const imports = await this.database.query<{ account: string }>(
      `SELECT DISTINCT jsonb_array_elements_text(receipt -> 'accounts') AS account FROM imports
       WHERE user_id = $1 AND id <> $2 AND ${VISIBLE}`,
      [userId, importId],
    );
    const profiles = await this.database.query<{ id: string }>(
      `SELECT external_id AS id FROM items WHERE user_id = $1 AND platform = 'spotify' AND kind = 'profile'`,
      [userId],
    );
    return new Set([...imports.map(({ account }) => account), ...profiles.map(({ id }) => accountHash('spotify', id))]);
  }

  /** Makes an upload visible, unread. @returns false when it was deleted meanwhile */
  async hold(importId: string): Promise<boolean> {
    const rows = await this.database.query(
      'UPDATE imports SET uploaded = true WHERE id = $1 AND deleting_at IS NULL RETURNING id',
      [importId],
    );
    return rows.length > 0;
  }

  /** Makes an upload visible, and says which job reads it. @returns false when it has one, or was deleted meanwhile */
  async start(tx: Transaction, importId: string, jobId: string): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE imports SET uploaded = true, job_id = $2 WHERE id = $1 AND job_id IS NULL AND deleting_at IS NULL RETURNING id`,
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

  /** Of each import so many entries, those that are read first. */
  async entriesOf(importIds: readonly string[], most: number): Promise<ByImport<CountedEntry>> {
    return byImport(
      await this.database.query<CountedEntry & { importId: string }>(
        `SELECT listed.* FROM unnest($1::uuid[]) AS wanted (id) CROSS JOIN LATERAL (
           SELECT import_id AS "importId", ${ENTRY} FROM import_entries WHERE import_id = wanted.id
           ORDER BY format IS NULL, entry LIMIT $2) AS listed`,
        [importIds, most],
      ),
    );
  }

  /** Of each import its formats, in the order of its entries. */
  async formatsOf(importIds: readonly string[]): Promise<ByImport<FormatCounts>> {
    return byImport(
      await this.database.query<FormatCounts & { importId: string }>(
        `SELECT import_id AS "importId", format, count(*)::int AS entries, ${SUMS} FROM import_entries
         WHERE import_id = ANY ($1) GROUP BY import_id, format ORDER BY min(entry)`,
        [importIds],
      ),
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

  /** Deletes pieces that nobody reads any more, of all entries or of one. */
  async dropPieces(importId: string, entry: number | null = null): Promise<void> {
    await this.dropPiecesWhere('import_id = $1 AND ($2::int IS NULL OR entry = $2)', [importId, entry]);
  }

  /**
   * Deletes the pieces of imports that have ended or are being deleted, where the process that should have done so has
   * died, and of those that have failed before `failedBefore`.
   */
  async dropPiecesOfEnded(failedBefore: Date): Promise<void> {
    await this.dropPiecesWhere(`import_id IN (SELECT id FROM imports WHERE NOT (${IS_READ}) OR finished_at < $1)`, [
      failedBefore,
    ]);
  }

  /** Hides an import whose deletion was asked for. @returns false when it is hidden already, or has got another job */
  async hide(tx: Transaction, { id, jobId }: Pick<Import, 'id' | 'jobId'>): Promise<boolean> {
    const rows = await tx.query(
      `UPDATE imports SET deleting_at = now() WHERE id = $1 AND job_id IS NOT DISTINCT FROM $2 AND ${VISIBLE} RETURNING id`,
      [id, jobId],
    );
    return rows.length > 0;
  }

  async delete(tx: Transaction, importId: string): Promise<void> {
    await tx.query('DELETE FROM imports WHERE id = $1', [importId]);
  }

  /** Deletes an upload that was not started. */
  async drop(importId: string): Promise<void> {
    await this.dropWhere('id = $1', importId);
  }

  /** Deletes uploads that nobody has started: broken off ones, and those held for too long. */
  async dropUnstarted(olderThan: Date): Promise<void> {
    await this.dropWhere('created_at < $1', olderThan);
  }

  private async dropWhere(condition: string, parameter: unknown): Promise<void> {
    const hidden = await this.database.query<{ id: string }>(
      `UPDATE imports SET deleting_at = now() WHERE job_id IS NULL AND ${condition} RETURNING id`,
      [parameter],
    );
    for (const { id } of hidden) {
      await this.dropPieces(id);
      await this.database.query('DELETE FROM imports WHERE id = $1', [id]);
    }
  }

  private async dropPiecesWhere(condition: string, parameters: readonly unknown[]): Promise<void> {
    const some = `DELETE FROM import_pieces WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM import_pieces WHERE ${condition} LIMIT ${PIECES} FOR UPDATE SKIP LOCKED)) RETURNING 1`;
    for (let deleted = PIECES; deleted === PIECES;) {
      deleted = (await this.database.query(some, parameters)).length;
    }
  }
}

function byImport<Row>(rows: readonly (Row & { readonly importId: string })[]): ByImport<Row> {
  const imports = new Map<string, Row[]>();
  for (const { importId, ...row } of rows) {
    const known = imports.get(importId) ?? [];
    imports.set(importId, known);
    known.push(row as Row); // Rest types of generics are not followed.
  }
  return imports;
}
