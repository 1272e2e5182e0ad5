import { Injectable } from '@nestjs/common';
import { AdminActions } from '../auth/admin-actions.js';
import { Users } from '../auth/users.js';
import { PIECE_ROWS, type DeletedPiece } from '../connectors/platform-data-erasers.js';
import type { Transaction } from '../database/database.js';
import { HOLDINGS, type Holding } from './holdings.js';

const ERASED = HOLDINGS.filter(({ kept }) => !kept);

/** The rows of a person in all tables, for deletion. The job that deletes them, and who watches it, is spared until the end. */
@Injectable()
export class AccountRows {
  constructor(
    private readonly users: Users,
    private readonly adminActions: AdminActions,
  ) {}

  /** How many rows there are to delete; those that go along with others are not counted. */
  async count(tx: Transaction, userId: string): Promise<number> {
    let rows = 0;
    for (const { table } of ERASED.filter(({ derived }) => !derived)) {
      const [row] = await tx.query<{ count: number }>(
        `SELECT count(*) AS count FROM ${table} WHERE user_id = $1 ${SPARED[table] ?? ''}`,
        [userId],
      );
      rows += row?.count ?? 0;
    }
    return rows;
  }

  /** Deletes one piece, at most `PIECE_ROWS`, in the order of the tables' keys. */
  async erasePiece(tx: Transaction, userId: string): Promise<DeletedPiece> {
    let room = PIECE_ROWS;
    for (const holding of ERASED) {
      room -= await this.eraseSome(tx, userId, holding, room);
      if (room === 0) break;
    }
    return { rows: PIECE_ROWS - room, done: room > 0 && !(await this.isSomethingLeft(tx, userId)) };
  }

  /** Deletes all that is left, the person and the job included. These must be the last statements of the transaction. */
  async eraseRest(tx: Transaction, userId: string): Promise<void> {
    for (const { table } of ERASED) await tx.query(`DELETE FROM ${table} WHERE user_id = $1`, [userId]);
    await this.adminActions.forgetActor(tx, userId);
    await this.users.erase(tx, userId);
  }

  private async isSomethingLeft(tx: Transaction, userId: string): Promise<boolean> {
    const somewhere = ERASED.map(
      ({ table }) => `EXISTS (SELECT FROM ${table} WHERE user_id = $1 ${SPARED[table] ?? ''})`,
    );
    const [row] = await tx.query<{ left: boolean }>(`SELECT ${somewhere.join(' OR ')} AS left`, [userId]);
    return row?.left ?? false;
  }

  private async eraseSome(tx: Transaction, userId: string, { table, key }: Holding, atMost: number): Promise<number> {
    const order = ['user_id', ...key.map(([expression]) => expression)].join(', ');
    const [row] = await tx.query<{ count: number }>(
      `WITH gone AS (
         DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM ${table} WHERE user_id = $1 ${SPARED[table] ?? ''} ORDER BY ${order} LIMIT $2 FOR UPDATE))
         RETURNING 1)
       SELECT count(*) AS count FROM gone`,
      [userId, atMost],
    );
    return row?.count ?? 0;
  }
}

const SPARED: Readonly<Record<string, string>> = {
  jobs: `AND name <> 'delete-account'`,
  sessions: 'AND ended_at IS NOT NULL',
};
