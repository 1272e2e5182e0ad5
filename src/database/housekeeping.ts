import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { Database } from './database.js';

const EVERY_MS = 3_600_000;

/** The most rows that one statement deletes, so that its locks are short. */
const CHUNK = 1_000;

/** Old rows of one table. */
export interface Expiry {
  readonly table:
    | 'jobs'
    | 'events'
    | 'connects'
    | 'idempotency_keys'
    | 'request_budgets'
    | 'admin_actions'
    | 'failed_sign_ins'
    | 'invitations'
    | 'openid_flows'
    | 'passkey_challenges'
    | 'sessions'
    | 'access_tokens'
    | 'program_reads'
    | 'items'
    | 'batches';
  /** The condition for old rows, in SQL without parameters. */
  readonly old: string;
}

/** Deletes old rows, one or two minutes after the start and then every hour. Modules register the rows of their tables. */
@Injectable()
export class Housekeeping implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Database');
  private readonly expiries: Expiry[] = [];
  private readonly others: (() => Promise<void>)[] = [];
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(private readonly database: Database) {}

  register(expiry: Expiry): void {
    this.expiries.push(expiry);
  }

  /** Registers other work to do at the same times. */
  also(clean: () => Promise<void>): void {
    this.others.push(clean);
  }

  onApplicationBootstrap(): void {
    this.schedule(60_000 * (1 + Math.random()));
  }

  onModuleDestroy(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Deletes all old rows now; several processes may do so at the same time. */
  async clean(): Promise<void> {
    for (const expiry of this.expiries) await this.orLater(() => this.expire(expiry));
    for (const clean of this.others) await this.orLater(clean);
  }

  private async expire({ table, old }: Expiry): Promise<void> {
    const chunk = `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(SELECT ctid FROM ${table} WHERE ${old} LIMIT ${CHUNK} FOR UPDATE SKIP LOCKED))
       RETURNING 1`;
    for (let deleted = CHUNK; deleted === CHUNK && !this.stopped;) {
      const rows = await this.database.transaction((tx) => tx.query(chunk), 'long');
      deleted = rows.length;
    }
  }

  /** Does one piece of the work. What fails is left to the next time, and does not keep the others from being done. */
  private async orLater(work: () => Promise<void>): Promise<void> {
    if (this.stopped) return;
    try {
      await work();
    } catch (error) {
      this.logger.warn(`Old rows could not be deleted: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private schedule(inMs: number): void {
    this.timer = setTimeout(() => {
      void this.clean().finally(() => {
        if (!this.stopped) this.schedule(EVERY_MS * (0.9 + 0.2 * Math.random()));
      });
    }, inMs);
    this.timer.unref();
  }
}
