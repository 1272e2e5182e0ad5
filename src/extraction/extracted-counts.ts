import { Injectable } from '@nestjs/common';
import type { Extracted } from '../connectors/platform-status.js';
import { Database } from '../database/database.js';
import { IS_LEAVING } from './item-store.js';

/** How much has been extracted of each platform, and when it is due again: extraction's part of a platform's status. */
@Injectable()
export class ExtractedCounts {
  constructor(private readonly database: Database) {}

  async of(userId: string): Promise<ReadonlyMap<string, Extracted>> {
    const rows = await this.database.query<Extracted & { platform: string }>(
      `SELECT platform, coalesce(items, 0) AS items, next_at AS "nextAt"
       FROM (SELECT platform, count(*) AS items FROM items WHERE user_id = $1 AND gone_at IS NULL
           AND NOT ${IS_LEAVING} GROUP BY platform) AS stored
         FULL JOIN (SELECT platform, next_at FROM schedules WHERE user_id = $1 AND enabled) AS planned USING (platform)`,
      [userId],
    );
    return new Map(rows.map(({ platform, ...extracted }) => [platform, extracted]));
  }
}
