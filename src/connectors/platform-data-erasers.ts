import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';

/** The most rows that go in one piece, so that its transaction is short. */
export const PIECE_ROWS = 2_000;

/**
 * The platforms of user `$1` whose data a job is deleting, in SQL. What the connection alone has told is neither listed nor
 * counted from the person's wish on, though it goes piece by piece; nor when the job has failed, until it is retried or the
 * platform is read anew. Nor is anything estimated from such a platform, unless the person has brought archives of it.
 */
export const BEING_DELETED = `SELECT jobs.platform FROM jobs
  WHERE jobs.user_id = $1 AND jobs.name = 'delete-platform-data' AND jobs.status IN ('waiting', 'active', 'failed')`;

/** A piece of a deletion. */
export interface DeletedPiece {
  readonly rows: number;
  /** Whether nothing is left: looked for after the piece, because rows that others changed meanwhile were left by it. */
  readonly done: boolean;
}

/** What a module holds of people's platforms, in rows. */
export interface PlatformData {
  /** How many rows there are, counted no further than `atMost`. */
  count(tx: Transaction, userId: string, platform: string, atMost?: number): Promise<number>;
  /**
   * Deletes rows in the given transaction, in the order of their key, at most `atMost`.
   * @returns how many; rows that others change meanwhile may be left even if it is fewer than that
   */
  erase(tx: Transaction, userId: string, platform: string, atMost: number): Promise<number>;
}

/**
 * What deletes the data of a platform when its person disconnects and asks for that. Modules above register what they
 * hold, so that nothing is imported upwards.
 */
@Injectable()
export class PlatformDataErasers {
  private readonly held: PlatformData[] = [];

  register(data: PlatformData): void {
    this.held.push(data);
  }

  /** How many rows there are, counted no further than `atMost`. */
  async count(tx: Transaction, userId: string, platform: string, atMost?: number): Promise<number> {
    let rows = 0;
    for (const data of this.held) rows += await data.count(tx, userId, platform, atMost);
    return rows;
  }

  /** Deletes everything in the given transaction. */
  async erase(tx: Transaction, userId: string, platform: string): Promise<void> {
    for (let done = false; !done;) ({ done } = await this.erasePiece(tx, userId, platform));
  }

  /** Deletes one piece, at most `PIECE_ROWS`. */
  async erasePiece(tx: Transaction, userId: string, platform: string): Promise<DeletedPiece> {
    let room = PIECE_ROWS;
    for (const data of this.held) {
      room -= await data.erase(tx, userId, platform, room);
      if (room === 0) break;
    }
    return { rows: PIECE_ROWS - room, done: room > 0 && (await this.count(tx, userId, platform, 1)) === 0 };
  }
}
