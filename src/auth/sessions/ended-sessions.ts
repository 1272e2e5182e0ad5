import { Injectable } from '@nestjs/common';
import { MachineryDatabase } from '../../database/database.js';

/**
 * How long ended sessions and tokens are reported: one may have ended in a transaction that was not yet committed at the
 * last look, or right after somebody was admitted with it who then came in.
 */
const REPORTED = `interval '30 seconds'`;

/**
 * Finds the sessions and the tokens of programs that have ended lately, at any process, for what stays open longer than a
 * request.
 */
@Injectable()
export class EndedSessions {
  constructor(private readonly database: MachineryDatabase) {}

  /** Their ids. */
  async look(): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT id FROM sessions WHERE ended_at > now() - ${REPORTED}
       UNION ALL SELECT id FROM access_tokens WHERE ended_at > now() - ${REPORTED}`,
    );
    return new Set(rows.map(({ id }) => id));
  }
}
