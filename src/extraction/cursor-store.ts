import { Injectable } from '@nestjs/common';
import { Database, type Transaction } from '../database/database.js';
import { storableJson } from '../database/storable.js';
import type { Json } from '../platforms/platform.js';

/** The positions at which the next extraction of a connection continues, list by list. */
@Injectable()
export class CursorStore {
  constructor(private readonly database: Database) {}

  async all(userId: string, platform: string): Promise<Map<string, Json>> {
    const rows = await this.database.query<{ list: string; cursor: Json }>(
      'SELECT list, cursor FROM cursors WHERE user_id = $1 AND platform = $2',
      [userId, platform],
    );
    return new Map(rows.map(({ list, cursor }) => [list, cursor]));
  }

  /** Call it in the transaction of the page that moves them. */
  async save(
    tx: Transaction,
    userId: string,
    platform: string,
    cursors: Readonly<Record<string, Json>>,
  ): Promise<void> {
    const lists = Object.keys(cursors).sort();
    if (lists.length === 0) return;
    await tx.query(
      `INSERT INTO cursors (user_id, platform, list, cursor)
       SELECT $1, $2, saved.* FROM unnest($3::text[], $4::jsonb[]) AS saved
       ON CONFLICT (user_id, platform, list) DO UPDATE SET cursor = excluded.cursor WHERE cursors.cursor <> excluded.cursor`,
      [userId, platform, lists, lists.map((list) => storableJson(cursors[list]))],
    );
  }

  async erase(tx: Transaction, userId: string, platform: string): Promise<void> {
    await tx.query('DELETE FROM cursors WHERE user_id = $1 AND platform = $2', [userId, platform]);
  }
}
