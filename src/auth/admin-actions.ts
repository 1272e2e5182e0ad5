import { Injectable, Logger } from '@nestjs/common';
import type { Request, Response } from 'express';
import { uuidv7 } from 'uuidv7';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { storableText } from '../database/storable.js';
import type { IdentifiedRequest } from '../http/request-id.js';
import { patternOf } from './route-pattern.js';

/** Who acts, and how a request of theirs is described. */
export interface Operator {
  /** The user id of the token or session; undefined for a request without one. */
  readonly actor?: string | undefined;
  /** What let them in: `token` with the token's id if it has one, `session` with its id, `password`, or `this machine`. */
  readonly credential: string;
  /** Where a router that is not of Nest is mounted: the patterns of its routes begin there. */
  readonly mount?: string | undefined;
}

/** The most characters of a path's values that are kept. */
const TARGET_LENGTH = 100;

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

  /** Records an operator's request once it is answered, also when it is refused. */
  noteAtEnd(request: Request, response: Response, by: Operator): void {
    response.once('close', () => void this.note(request, response.statusCode, by));
  }

  /** When the database fails, the row is missing but the log has the line: the action has already happened. */
  private async note(request: Request, status: number, { actor, credential, mount }: Operator): Promise<void> {
    const action = `${request.method} ${patternOf(request, mount)}`;
    const { id: requestId } = request as Partial<IdentifiedRequest>;
    this.logger.log(`${actor ?? 'Somebody'} with ${credential}: ${action}, answered with ${status}`);
    try {
      await this.database.query(
        // No actor where the account is deleted, and no address where this very request has deleted it.
        `INSERT INTO admin_actions (id, actor, credential, action, target, status, address, request_id)
         SELECT $1, users.id, $3, $4, $5, $6::smallint, CASE WHEN $2::text IS NULL OR users.id IS NOT NULL OR $6::smallint >= 400 THEN $7 END, $8
         FROM (SELECT $2::text AS id) AS given LEFT JOIN users ON users.id = given.id`,
        [uuidv7(), actor ?? null, credential, action, targetOf(request), status, request.ip ?? null, requestId ?? null],
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

/** What the pattern's parameters stand for. */
function targetOf({ params }: Request): string | null {
  const target = Object.values(params).flat().join(' ');
  return target === '' ? null : storableText(target).slice(0, TARGET_LENGTH);
}
