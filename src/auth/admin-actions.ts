import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import type { IdentifiedRequest } from '../http/request-id.js';

interface AdminAction {
  readonly actor: string | undefined;
  /** Method and path: `POST /api/queues/extraction/pause`. */
  readonly action: string;
  readonly status: number;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
}

/** Records what operators do: a row for each action, kept for a year, and a line in the log. */
@Injectable()
export class AdminActions {
  private readonly logger = new Logger('Audit');

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'admin_actions', old: `at < now() - interval '1 year'` });
  }

  /**
   * Records an operator's request once it is answered, also when it is refused.
   * @param actor the user id of the token; undefined for a request with the dashboard's password
   */
  noteAtEnd(request: Request, response: Response, actor: string | undefined): void {
    const action = `${request.method} ${request.originalUrl.replace(/\?.*$/, '')}`;
    const { id: requestId } = request as Partial<IdentifiedRequest>;
    const { ip: address } = request;
    response.once('close', () => void this.note({ actor, action, status: response.statusCode, address, requestId }));
  }

  /** When the database fails, the row is missing but the log has the line: the action has already happened. */
  private async note({ actor, action, status, address, requestId }: AdminAction): Promise<void> {
    this.logger.log(`${actor ?? 'The dashboard’s password'}: ${action}, answered with ${status}`);
    try {
      await this.database.query(
        // No actor and no address where this very request deleted the actor's account.
        `INSERT INTO admin_actions (id, actor, action, status, address, request_id)
         SELECT $1, users.id, $3, $4, CASE WHEN $2::text IS NULL OR users.id IS NOT NULL THEN $5 END, $6
         FROM (SELECT $2::text AS id) AS given LEFT JOIN users ON users.id = given.id`,
        [uuidv7(), actor ?? null, action, status, address ?? null, requestId ?? null],
      );
    } catch (error) {
      this.logger.error(`The action was not stored: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** Removes a deleted account from its records; the actions stay. */
  async forgetActor(tx: Transaction, userId: string): Promise<void> {
    await tx.query('UPDATE admin_actions SET actor = NULL, address = NULL WHERE actor = $1', [userId]);
  }
}
