import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { COMMAND_LINE } from '../command-line.js';

/** Somebody whom the log names. */
interface NamedPerson {
  /** The same for all acts of and about one person. */
  readonly mark: string;
  /** Null once the account is deleted; then nothing tells any more whom the mark stood for. */
  readonly userId: string | null;
  readonly name: string | null;
}

/** Something that an administrator did, or was refused. */
export interface AuditedAct {
  readonly id: string;
  readonly at: Date;
  /** Null where a password or the server's own machine let them in. */
  readonly actor: NamedPerson | null;
  /** What let them in: `session`, `token`, `access token`, `password`, or `this machine`. */
  readonly credential: string | null;
  /** Method and pattern of the route. */
  readonly action: string;
  /** On whom. */
  readonly person: NamedPerson | null;
  /** On what: the other values of the pattern, or what the route says. */
  readonly target: string | null;
  /** Of the answer. */
  readonly status: number;
  readonly address: string | null;
  readonly requestId: string | null;
}

/** Reads the log of what administrators did. `AdminActions` writes it. */
@Injectable()
export class Audit {
  constructor(private readonly database: Database) {}

  /** Newest first; with `userId` only what this person did, or what was done about them. */
  list({
    before,
    userId,
    limit,
  }: {
    readonly before: string | undefined;
    readonly userId: string | undefined;
    readonly limit: number;
  }): Promise<AuditedAct[]> {
    return this.database.query(
      `SELECT admin_actions.id, at, ${named('actor')} AS actor, ${KIND_OF_CREDENTIAL} AS credential, action, ${named('person')} AS person, target, status,
         address, request_id AS "requestId"
       FROM admin_actions LEFT JOIN ${PEOPLE} AS actors ON actors.mark = actor LEFT JOIN ${PEOPLE} AS persons ON persons.mark = person
       WHERE ($1::uuid IS NULL OR admin_actions.id < $1) AND ($2::text IS NULL OR $2 IN (actors.id, persons.id))
       ORDER BY admin_actions.id DESC LIMIT $3`,
      [before ?? null, userId ?? null, limit],
    );
  }
}

const PEOPLE = `(
  SELECT mark, id, CASE WHEN id = '${COMMAND_LINE}' THEN 'command line' ELSE coalesce(username, display_name) END AS name
  FROM users LEFT JOIN accounts ON accounts.user_id = users.id)`;

/** Which session or token it was is for the records only. */
const KIND_OF_CREDENTIAL = `regexp_replace(credential, '^(session|access token|token) .*', '\\1')`;

function named(column: 'actor' | 'person'): string {
  return `CASE WHEN ${column} IS NOT NULL THEN json_build_object('mark', ${column}, 'userId', ${column}s.id, 'name', ${column}s.name) END`;
}
