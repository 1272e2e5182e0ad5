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
  /** On what, where the path does not say it. */
  readonly target?: string;
}

/** The status for requests whose client did not wait for the answer, as nginx has it. */
const LEFT = 499;

/** The most characters of a path's values that are kept. */
const TARGET_LENGTH = 100;

/** The parameter of a route's pattern that names a person. Of them the row has the mark only, which ends with the account. */
const PERSON = 'userId';

/**
 * Records what operators do: a row for each action, kept for a year, and a line in the log. The database refuses to change
 * or delete rows before that.
 */
@Injectable()
export class AdminActions {
  private readonly logger = new Logger('Audit');
  /** The requests of operators whose row is still to be written. */
  private readonly unnoted = new WeakMap<Request, Operator>();

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'admin_actions', old: `at < now() - interval '1 year'` });
  }

  /** Records an operator's request once it is answered, also when it is refused. */
  noteAtEnd(request: Request, response: Response, by: Operator): void {
    this.unnoted.set(request, by);
    response.once('close', () => {
      const left = this.unnoted.get(request);
      // Whoever leaves before the answer is not told how it ended, and what still runs notes that itself.
      if (left) void this.note(request, response.writableFinished ? response.statusCode : LEFT, left);
    });
  }

  /** Says on what an operator's request was, which is recorded at its end. */
  specify(request: Request, target: string): void {
    const by = this.unnoted.get(request);
    if (by) this.unnoted.set(request, { ...by, target });
  }

  /**
   * Records an operator's request in the transaction of what it does, so that neither is there without the other. If the
   * transaction fails, it is recorded at its end like others.
   */
  async noteWithin(tx: Transaction, request: Request): Promise<void> {
    const by = this.unnoted.get(request);
    const status = request.res?.statusCode ?? 200;
    if (!by) throw new Error('A request that is not an operator’s');
    await tx.query(INSERT, rowOf(request, status, by));
    tx.afterCommit(() => {
      this.unnoted.delete(request);
      this.say(request, status, by);
    });
  }

  /** When the database fails, the row is missing but the log has the line: the action has already happened. */
  private async note(request: Request, status: number, by: Operator): Promise<void> {
    this.say(request, status, by);
    try {
      await this.database.query(INSERT, rowOf(request, status, by));
    } catch (error) {
      this.logger.error(`The action was not stored: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private say(request: Request, status: number, by: Operator): void {
    const { actor = 'Somebody', credential } = by;
    this.logger.log(`${actor} with ${credential}: ${actionOf(request, by)}, answered with ${status}`);
  }

  /**
   * Removes where somebody was from the records of what they did; this comes before their account is deleted. The actions
   * stay, by and about somebody whom nothing names any more.
   */
  async forgetActor(tx: Transaction, userId: string): Promise<void> {
    await tx.query(
      `UPDATE admin_actions SET address = NULL FROM users
       WHERE users.id = $1 AND users.mark = actor AND address IS NOT NULL`,
      [userId],
    );
  }
}

/** No actor where the account is deleted, and no address where this very request has deleted it. */
const INSERT = `
  INSERT INTO admin_actions (id, actor, person, credential, action, target, status, address, request_id)
  SELECT $1, users.mark, (SELECT mark FROM users WHERE id = $3), $4, $5, $6, $7::smallint,
    CASE WHEN $2::text IS NULL OR users.id IS NOT NULL OR $7::smallint >= 400 THEN $8 END, $9
  FROM (SELECT $2::text AS id) AS given LEFT JOIN users ON users.id = given.id`;

function rowOf(request: Request, status: number, by: Operator): unknown[] {
  const { id: requestId } = request as Partial<IdentifiedRequest>;
  return [
    uuidv7(),
    by.actor ?? null,
    request.params[PERSON] ?? null,
    by.credential,
    actionOf(request, by),
    by.target ?? targetOf(request) ?? null,
    status,
    request.ip ?? null,
    requestId ?? null,
  ];
}

function actionOf(request: Request, { mount }: Operator): string {
  return `${request.method} ${patternOf(request, mount)}`;
}

/** What the pattern's parameters stand for. */
function targetOf({ params }: Request): string | undefined {
  const others = Object.entries(params).filter(([name]) => name !== PERSON);
  const target = others.flatMap(([, value]) => value).join(' ');
  return target === '' ? undefined : storableText(target).slice(0, TARGET_LENGTH);
}
