import { Injectable } from '@nestjs/common';
import { MachineryDatabase } from '../../database/database.js';

/** How long a lock is reported: somebody may have been admitted right before it, and have come in right after it. */
const REPORTED = `interval '30 seconds'`;

/** Finds whom administrators have locked lately, at any process, for what stays open longer than a request. */
@Injectable()
export class LockedPeople {
  constructor(private readonly database: MachineryDatabase) {}

  /** Their user ids. */
  async look(): Promise<ReadonlySet<string>> {
    const rows = await this.database.query<{ id: string }>(
      `SELECT id FROM users WHERE locked_at > now() - ${REPORTED}`,
    );
    return new Set(rows.map(({ id }) => id));
  }
}
