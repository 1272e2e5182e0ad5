import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { User } from './user.entity.js';

const REMEMBERED = 10_000;

/** The rows of people. */
@Injectable()
export class Users {
  /** Users this process has seen, with the plan their row has; spares a write with every request. */
  private readonly seen = new Map<string, boolean>();

  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'idempotency_keys', old: `created_at < now() - interval '1 day'` });
  }

  /** Makes the row on first sight, and copies the plan that the token names. */
  async ensure(id: string, premium: boolean): Promise<void> {
    if (this.seen.get(id) === premium) return;
    await this.database.query(
      `INSERT INTO users (id, premium) VALUES ($1, $2)
       ON CONFLICT (id) DO UPDATE SET premium = excluded.premium WHERE users.premium <> excluded.premium`,
      [id, premium],
    );
    if (this.seen.size >= REMEMBERED) this.seen.clear();
    this.seen.set(id, premium);
  }

  find(id: string): Promise<User> {
    return this.database.repository(User).findOneByOrFail({ id });
  }

  /** Changes what is given and leaves the rest. */
  async update(
    id: string,
    changes: { readonly displayName?: string | null | undefined; readonly timeZone?: string | null | undefined },
  ): Promise<User> {
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
    if (Object.keys(given).length > 0) await this.database.repository(User).update({ id }, given);
    return this.find(id);
  }
}
