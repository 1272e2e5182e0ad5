import { Injectable, Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';

/** One thing that an operator did, or tried. */
export interface AdminAction {
  /** The user id of their token; undefined where they came with the dashboard's password. */
  readonly actor: string | undefined;
  /** Method and path: `POST /api/queues/extraction/pause`. */
  readonly action: string;
  /** The answer's. */
  readonly status: number;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
}

/** Who of the operators did what and when: a row each, kept for a year, and a line in the log. */
@Injectable()
export class AdminActions {
  private readonly logger = new Logger('Audit');

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'admin_actions', old: `at < now() - interval '1 year'` });
  }

  /** What is done is done: a database that does not take the note costs the row, and not the line. */
  async note({ actor, action, status, address, requestId }: AdminAction): Promise<void> {
    this.logger.log(`${actor ?? 'the dashboard’s password'}: ${action} → ${status}`);
    try {
      await this.database.query(
        'INSERT INTO admin_actions (id, actor, action, status, address, request_id) VALUES ($1, $2, $3, $4, $5, $6)',
        [uuidv7(), actor ?? null, action, status, address ?? null, requestId ?? null],
      );
    } catch (error) {
      this.logger.error(`Not stored: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** An operator deleted their own account: what was done stays, by whom does not. */
  async forgetActor(tx: Transaction, userId: string): Promise<void> {
    await tx.query('UPDATE admin_actions SET actor = NULL, address = NULL WHERE actor = $1', [userId]);
  }
}
