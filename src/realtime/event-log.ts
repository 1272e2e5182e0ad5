import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import type { Statement } from '../database/connection.js';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { storableJson } from '../database/storable.js';
import { Doorbell } from './doorbell.js';
import type { DurableEvent, DurableEventType, EventPayloads } from './events.js';

/** The most events a ring carries, and all of a transaction. It can append thousands; then rings are empty and the log is read. */
const MOST_RUNG = 20;
const MOST_OF_ALL = 200;

interface Appended {
  readonly userId: string;
  readonly type: DurableEventType;
  readonly payload: object;
}

interface EventRow {
  readonly seq: number;
  readonly at: Date;
  readonly type: DurableEventType;
  readonly payload: object;
}

type NumberedRow = EventRow & { readonly user_id: string; readonly epoch: string };

/** A place in a user's events: after the event with this number. A number means one event within one epoch only. */
export interface LogPlace {
  /** The history that the numbers belong to. It changes when a failover or a restore takes the events back. */
  readonly epoch: string;
  readonly seq: number;
}

/** What one reading of a user's events found. All of it is of one instant. */
export interface LogPage {
  readonly epoch: string;
  /** The number of the newest event; 0 before the first. */
  readonly newest: number;
  /** The number of the oldest event that is kept; of the next one to come while none is. */
  readonly oldest: number;
  /** Oldest first. */
  readonly events: readonly DurableEvent[];
}

/** The durable events of all users, numbered 1, 2, 3 … for each user. */
@Injectable()
export class EventLog {
  /** The events of running transactions, which are appended when they commit. */
  private readonly pending = new WeakMap<Transaction, Appended[]>();

  constructor(
    private readonly database: Database,
    private readonly doorbell: Doorbell,
    housekeeping: Housekeeping,
    @InjectConfig() config: Config,
  ) {
    const { eventDays } = config.retention;
    housekeeping.register({ table: 'events', old: `at < now() - interval '${eventDays} days'` });
  }

  /**
   * Appends an event in the transaction of the change it reports. The transaction's last statement numbers its events. It
   * locks the users' rows in a fixed order and until the commit: a lock taken after it, or in another order, could end in
   * a deadlock.
   */
  append<Type extends DurableEventType>(
    tx: Transaction,
    userId: string,
    type: Type,
    payload: EventPayloads[Type],
  ): void {
    const known = this.pending.get(tx);
    const pending = known ?? [];
    pending.push({ userId, type, payload });
    if (!known) {
      this.pending.set(tx, pending);
      tx.beforeCommit(
        () => numbered(pending),
        (rows) => this.ring(pending, rows as NumberedRow[]), // The columns of RETURNED.
      );
    }
  }

  private ring(pending: readonly Appended[], rows: readonly NumberedRow[]): void {
    const byUser = new Map<string, DurableEvent[]>(pending.map(({ userId }) => [userId, []]));
    for (const row of [...rows].sort((one, other) => one.seq - other.seq)) byUser.get(row.user_id)?.push(eventOf(row));
    for (const [userId, events] of byUser) this.doorbell.ring(userId, events, rows[0]?.epoch);
  }

  /** Reads the events after `since`, at most `limit`. */
  async read(userId: string, since: number, limit: number): Promise<LogPage> {
    const rows = await this.database.query<
      Omit<LogPage, 'events'> & { [Column in keyof EventRow]: EventRow[Column] | null }
    >(READ_PAGE, [userId, since, limit]);
    const { epoch = '', newest = 0, oldest = 1 } = rows[0] ?? {};
    return {
      epoch,
      newest,
      oldest,
      events: rows.filter((row): row is typeof row & EventRow => row.seq !== null).map(eventOf),
    };
  }

  /** The place of a user's newest event; number 0 before the first. */
  async newest(userId: string): Promise<LogPlace> {
    const [row] = await this.database.query<LogPlace>(
      `SELECT (SELECT epoch FROM current_event_epoch) AS epoch, coalesce((SELECT seq FROM users WHERE id = $1), 0) AS seq`,
      [userId],
    );
    return row ?? { epoch: '', seq: 0 };
  }

  /**
   * The epoch, and the users whose newest event has another number than the known one, with that number; null for deleted
   * users and closed accounts.
   */
  async changed(
    known: ReadonlyMap<string, number>,
  ): Promise<{ readonly epoch: string; readonly users: ReadonlyMap<string, number | null> }> {
    const rows = await this.database.query<{ epoch: string; id: string | null; seq: number | null }>(CHANGED, [
      [...known.keys()],
      [...known.values()],
    ]);
    const users = new Map<string, number | null>();
    for (const { id, seq } of rows) if (id !== null) users.set(id, seq);
    return { epoch: rows[0]?.epoch ?? '', users };
  }
}

/** The epoch is in the same statement as the numbers: read one after the other, they could be of two histories. */
const READ_PAGE = `
  WITH log AS MATERIALIZED (
    SELECT (SELECT epoch FROM current_event_epoch) AS epoch, coalesce((SELECT seq FROM users WHERE id = $1), 0) AS newest,
      (SELECT min(seq) FROM events WHERE user_id = $1) AS oldest
  )
  SELECT epoch, newest, coalesce(oldest, newest + 1) AS oldest, seq, at, type, payload
  FROM log LEFT JOIN (
    SELECT seq, at, type, payload FROM events WHERE user_id = $1 AND seq > $2 ORDER BY seq LIMIT $3
  ) AS page ON true
  ORDER BY seq`;

const CHANGED = `
  WITH log AS MATERIALIZED (SELECT epoch FROM current_event_epoch)
  SELECT epoch, id, seq
  FROM log LEFT JOIN (
    SELECT id, users.seq FROM unnest($1::text[], $2::bigint[]) AS known (id, seq) LEFT JOIN (SELECT id, seq FROM users WHERE erasing_at IS NULL) AS users USING (id)
    WHERE users.seq IS DISTINCT FROM known.seq
  ) AS changed ON true`;

function eventOf({ seq, at, type, payload }: EventRow): DurableEvent {
  return { seq, at: at.toISOString(), type, ...payload };
}

/** Appends all events of a transaction in one statement; it returns them if they are few enough for a ring. */
function numbered(pending: readonly Appended[]): Statement {
  const users = pending.map(({ userId }) => userId);
  const types = pending.map(({ type }) => type);
  const payloads = pending.map(({ payload }) => storableJson(payload));
  const [userId] = users;
  const back = areFew(users) ? RETURNED : '';
  return users.every((each) => each === userId)
    ? { sql: ONE_USERS + back, parameters: [userId, types, payloads, pending.length] }
    : { sql: MANY_USERS + back, parameters: [users, types, payloads] };
}

function areFew(users: readonly string[]): boolean {
  if (users.length <= MOST_RUNG) return true;
  if (users.length > MOST_OF_ALL) return false;
  const counts = new Map<string, number>();
  for (const user of users) counts.set(user, (counts.get(user) ?? 0) + 1);
  return Math.max(...counts.values()) <= MOST_RUNG;
}

const RETURNED = ' RETURNING user_id, seq, at, type, payload, (SELECT epoch FROM current_event_epoch) AS epoch';

/** Events of one user, as nearly every transaction has; a third of the cost of the general form. */
const ONE_USERS = `
  WITH last AS (UPDATE users SET seq = seq + $4 WHERE id = $1 RETURNING id, seq)
  INSERT INTO events (user_id, seq, type, payload)
  SELECT last.id, last.seq - $4 + place, type, payload
  FROM last, unnest($2::text[], $3::jsonb[]) WITH ORDINALITY AS appended (type, payload, place)`;

/** Events of several users; their rows are locked in the order of the ids before they are updated. */
const MANY_USERS = `
  WITH appended AS (
    SELECT user_id, type, payload, row_number() OVER (PARTITION BY user_id ORDER BY place) AS place,
      count(*) OVER (PARTITION BY user_id) AS count
    FROM unnest($1::text[], $2::text[], $3::jsonb[]) WITH ORDINALITY AS appended (user_id, type, payload, place)
  ), locked AS MATERIALIZED (
    SELECT id FROM users WHERE id = ANY ($1) ORDER BY id FOR NO KEY UPDATE
  ), last AS (
    UPDATE users SET seq = seq + count FROM locked, (SELECT DISTINCT user_id, count FROM appended) AS counts
    WHERE users.id = locked.id AND users.id = counts.user_id RETURNING users.id, users.seq
  )
  INSERT INTO events (user_id, seq, type, payload)
  SELECT last.id, last.seq - count + place, type, payload FROM last JOIN appended ON user_id = last.id`;
