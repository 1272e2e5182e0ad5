import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { Doorbell } from './doorbell.js';
import type { DurableEvent, DurableEventType, EventPayloads } from './events.js';

/** Everything users are told, numbered 1, 2, 3 … for each of them. */
@Injectable()
export class EventLog {
  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
  ) {}

  /**
   * Appends an event in the transaction of what it tells. Call it last: taking the number locks the user's row until
   * the commit, and transactions that lock anything after it can deadlock.
   */
  async append<Type extends DurableEventType>(
    tx: Transaction,
    userId: string,
    type: Type,
    payload: EventPayloads[Type],
  ): Promise<void> {
    await tx.query(
      `WITH next AS (UPDATE users SET seq = seq + 1 WHERE id = $1 RETURNING id, seq)
       INSERT INTO events (user_id, seq, type, payload) SELECT id, seq, $2, $3 FROM next`,
      [userId, type, JSON.stringify(payload)],
    );
    tx.afterCommit(() => this.doorbell.ring(userId));
  }

  /** Events after `since`, oldest first. */
  async read(userId: string, since: number, limit: number): Promise<DurableEvent[]> {
    const rows = await this.database.query<{ seq: number; at: Date; type: DurableEventType; payload: object }>(
      'SELECT seq, at, type, payload FROM events WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3',
      [userId, since, limit],
    );
    return rows.map(({ seq, at, type, payload }) => ({ seq, at: at.toISOString(), type, ...payload }));
  }

  /** The number of each user's newest event; 0 before the first. */
  async newest(userIds: readonly string[]): Promise<Map<string, number>> {
    const rows = await this.database.query<{ id: string; seq: number }>(
      'SELECT id, seq FROM users WHERE id = ANY($1)',
      [userIds],
    );
    return new Map(rows.map(({ id, seq }) => [id, seq]));
  }

  /** The oldest event that is still kept, or undefined when there is none. */
  async oldest(userId: string): Promise<number | undefined> {
    const [row] = await this.database.query<{ seq: number | null }>(
      'SELECT min(seq) AS seq FROM events WHERE user_id = $1',
      [userId],
    );
    return row?.seq ?? undefined;
  }

  /**
   * Names this incarnation of the database. Sequence numbers are comparable within one epoch only: a database restored
   * from a backup counts anew, and its clients must start over.
   */
  async epoch(): Promise<string> {
    const [row] = await this.database.query<{ epoch: string }>(
      `SELECT md5(concat_ws('-', (pg_control_system()).system_identifier, (pg_control_checkpoint()).timeline_id,
         (SELECT oid FROM pg_database WHERE datname = current_database()))) AS epoch`,
    );
    return row?.epoch ?? '';
  }
}
