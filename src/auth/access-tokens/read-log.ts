import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import type { Request, Response } from 'express';
import { Database, MachineryDatabase } from '../../database/database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { patternOf } from '../route-pattern.js';
import type { Program, Scope } from '../scopes.js';

/** How long a note waits for others, so that many are written at once. */
const WRITE_AFTER_MS = 1_000;

/** Reads of a program that are not yet written. */
interface Note {
  readonly userId: string;
  readonly program: Pick<Program, 'id' | 'name'>;
  readonly what: string;
  readonly scope: Scope;
  count: number;
}

/** What a program did within an hour in one way. */
export interface LoggedReads {
  readonly program: { readonly id: string; readonly name: string };
  /** The route, or the tool for assistants. */
  readonly what: string;
  /** That allowed it. */
  readonly scope: Scope;
  readonly count: number;
  readonly firstAt: Date;
  readonly lastAt: Date;
  readonly hour: Date;
}

/** Where a page of the log ends. */
export type ReadPosition = readonly [hour: string, programId: string, what: string, scope: string];

/**
 * What programs did with what people granted them, for these people: a row for each program, hour and way, kept for 90
 * days. It is written a moment later, so that no request waits for it or fails with it; there are as few unwritten notes
 * as there are tokens and ways to use them within that moment.
 */
@Injectable()
export class ReadLog implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Programs');
  private notes = new Map<string, Note>();
  private timer: NodeJS.Timeout | undefined;
  private writing = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly machinery: MachineryDatabase,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'program_reads', old: `hour < now() - interval '90 days'` });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.write();
  }

  /** Notes a request once it is answered, unless it is refused. */
  noteAtEnd(request: Request, response: Response, userId: string, program: Program, scope: Scope): void {
    response.once('close', () => {
      if (response.statusCode < 400) this.note(userId, program, `${request.method} ${patternOf(request)}`, scope);
    });
  }

  /** @param what the route, or the tool for assistants */
  note(userId: string, { id, name }: Note['program'], what: string, scope: Scope, count = 1): void {
    const key = `${id} ${what} ${scope}`;
    const known = this.notes.get(key);
    if (known) known.count += count;
    else this.notes.set(key, { userId, program: { id, name }, what, scope, count });
    this.timer ??= setTimeout(() => void this.write(), WRITE_AFTER_MS).unref();
  }

  /** The newest hours first. What this process knows is among them. */
  async list(userId: string, after: ReadPosition | undefined, limit: number): Promise<LoggedReads[]> {
    await this.write();
    return this.database.query(
      `SELECT json_build_object('id', program_id, 'name', program) AS program, what, scope, count,
         first_at AS "firstAt", last_at AS "lastAt", hour
       FROM program_reads WHERE user_id = $1
         AND ($2::timestamptz IS NULL OR (hour, program_id, what, scope) < ($2::timestamptz, $3::uuid, $4::text, $5::text))
       ORDER BY hour DESC, program_id DESC, what DESC, scope DESC LIMIT $6`,
      [userId, ...(after ?? [null, null, null, null]), limit],
    );
  }

  /** One after the other. */
  private write(): Promise<void> {
    this.writing = this.writing.then(() => this.writeNotes());
    return this.writing;
  }

  /** What cannot be written waits for the next time. */
  private async writeNotes(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.notes.size === 0) return;
    const notes = [...this.notes.values()];
    this.notes = new Map();
    try {
      await this.machinery.query(WRITE, [JSON.stringify(notes)]);
    } catch (error) {
      this.logger.warn(`Reads were not written yet: ${error instanceof Error ? error.message : String(error)}`);
      for (const { userId, program, what, scope, count } of notes) this.note(userId, program, what, scope, count);
    }
  }
}

/** In the order of their keys, so that two processes do not wait for each other. Whose account is gone is left out. */
const WRITE = `INSERT INTO program_reads (user_id, hour, program_id, program, what, scope, count)
  SELECT users.id, date_trunc('hour', now(), 'UTC'), (note->'program'->>'id')::uuid, note->'program'->>'name', note->>'what',
    note->>'scope', (note->>'count')::integer
  FROM jsonb_array_elements($1::jsonb) AS note JOIN users ON users.id = note->>'userId' AND erasing_at IS NULL
  ORDER BY 1, 2, 3, 5, 6
  ON CONFLICT (user_id, hour, program_id, what, scope) DO UPDATE
    SET count = program_reads.count + excluded.count, last_at = now()`;
