import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database, type Transaction } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import type { Budget, RequestBudget } from '../platforms/request-budget.js';
import { platforms } from '../platforms/registry.js';
import type { BudgetState } from '../queues/queue-overview.js';
import type { PlatformAccess } from './platform-access.js';

/** The key of the budget over all platforms. */
const EVERYTHING = '*';

/** The share of a budget that may be spent at once; the rest is refilled evenly. */
const BURST = 1 / 3;

/** One budget as a GCRA: no window has more than `burst + perMs / intervalMs` requests, which is the budget. */
interface Spending {
  readonly key: string;
  /** Milliseconds between two requests; 0 where only the provider's pauses limit. */
  readonly intervalMs: number;
  /** How far ahead of that pace requests may be, in milliseconds. */
  readonly toleranceMs: number;
}

/**
 * The budgets of requests, as rows that all processes share. A request spends from three budgets: its platform's, its
 * user's at the platform, and the one over all platforms. One statement reads them, decides and spends. Waiting requests
 * have reserved their times in the order in which they came.
 */
@Injectable()
export class RequestBudgets {
  constructor(
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({
      table: 'request_budgets',
      old: `greatest(tat, blocked_until) < now() - interval '1 day'`,
    });
  }

  /** The budget of this user's requests to this platform. */
  of(access: PlatformAccess, userId: string): RequestBudget {
    const { platform, mode } = access;
    const configured = this.config.platforms.get(platform.name)?.budget;
    const real = mode === 'real';
    const name = nameOf(platform.name, mode);
    const own = personal(name, userId);
    const spendings = [
      ...this.shared(access),
      spendingOf(own, real && configured !== null ? platform.userBudget : undefined),
    ].sort((a, b) => (a.key < b.key ? -1 : 1));
    const blocked = platform.limitedBy === 'app' ? name : own;
    return {
      take: (maxWaitMs) => this.take(spendings, maxWaitMs),
      block: (until) => this.block(blocked, until),
    };
  }

  /** Milliseconds until the platform has a request left for anybody. */
  async sharedWaitMs(access: PlatformAccess): Promise<number> {
    const shared = this.shared(access);
    const [row] = await this.database.query<{ waitMs: number | null }>(
      `SELECT extract(epoch FROM max(greatest(
           CASE WHEN interval_ms > 0 THEN tat - tolerance_ms * interval '1 ms' END, blocked_until)) - clock_timestamp())::float8 * 1000 AS "waitMs"
       FROM request_budgets JOIN unnest($1::text[], $2::float8[], $3::float8[]) AS asked (key, interval_ms, tolerance_ms) USING (key)`,
      [
        shared.map(({ key }) => key),
        shared.map(({ intervalMs }) => intervalMs),
        shared.map(({ toleranceMs }) => toleranceMs),
      ],
    );
    return Math.max(0, Math.ceil(row?.waitMs ?? 0));
  }

  /** The budgets that all users share: of the platforms, and of all platforms together. Those never used are left out. */
  ofPlatforms(): Promise<BudgetState[]> {
    return this.database.query(
      `SELECT key, greatest(0, extract(epoch FROM tat - now()) * 1000)::int AS "aheadMs",
         CASE WHEN blocked_until > now() THEN blocked_until END AS "blockedUntil"
       FROM request_budgets WHERE key = ANY($1) ORDER BY key`,
      [[...allNames(), EVERYTHING]],
    );
  }

  /** Deletes the budgets of a person. */
  async erase(tx: Transaction, userId: string): Promise<void> {
    const keys = allNames().map((name) => personal(name, userId));
    await tx.query('DELETE FROM request_budgets WHERE key = ANY($1)', [keys]);
  }

  /** What all people spend from together. */
  private shared({ platform, mode }: PlatformAccess): Spending[] {
    const configured = this.config.platforms.get(platform.name)?.budget;
    const standard = mode === 'real' ? platform.budget : undefined;
    return [
      spendingOf(nameOf(platform.name, mode), configured === undefined ? standard : configured),
      ...(mode === 'real' ? [spendingOf(EVERYTHING, this.config.platformBudget)] : []),
    ];
  }

  private async take(spendings: readonly Spending[], maxWaitMs: number): Promise<number> {
    if (spendings.every(({ intervalMs }) => intervalMs === 0)) return this.pause(spendings);
    const [row] = await this.database.query<{ waitMs: number }>(
      `WITH asked AS (
         SELECT * FROM unnest($1::text[], $2::float8[], $3::float8[]) AS asked (key, interval_ms, tolerance_ms)
       ), held AS (
         SELECT greatest(
             CASE WHEN interval_ms > 0 THEN tat - tolerance_ms * interval '1 ms' END, blocked_until) AS free_at
         FROM request_budgets JOIN asked USING (key) ORDER BY key FOR UPDATE OF request_budgets
       ), wait AS (
         SELECT greatest(0, coalesce(max(extract(epoch FROM free_at - clock_timestamp())::float8 * 1000), 0)) AS ms FROM held
       ), spent AS (
         INSERT INTO request_budgets (key, tat)
         SELECT key, now() + interval_ms * interval '1 ms' FROM asked, wait
         WHERE wait.ms <= $4 AND interval_ms > 0 ORDER BY key
         ON CONFLICT (key) DO UPDATE
           SET tat = greatest(request_budgets.tat, now()) + (excluded.tat - now())
       )
       SELECT ms AS "waitMs" FROM wait`,
      [
        spendings.map(({ key }) => key),
        spendings.map(({ intervalMs }) => intervalMs),
        spendings.map(({ toleranceMs }) => toleranceMs),
        maxWaitMs,
      ],
    );
    return Math.ceil(row?.waitMs ?? 0);
  }

  /** Without budgets only the provider's pause counts. */
  private async pause(spendings: readonly Spending[]): Promise<number> {
    const [row] = await this.database.query<{ waitMs: number }>(
      `SELECT extract(epoch FROM max(blocked_until) - clock_timestamp())::float8 * 1000 AS "waitMs"
       FROM request_budgets WHERE key = ANY($1) AND blocked_until > clock_timestamp()`,
      [spendings.map(({ key }) => key)],
    );
    return Math.ceil(row?.waitMs ?? 0);
  }

  /** `until` is a time of this process's clock; what is stored is a time of the database's clock, which all processes use. */
  private async block(key: string, until: Date): Promise<void> {
    await this.database.query(
      `INSERT INTO request_budgets (key, tat, blocked_until) VALUES ($1, now(), now() + $2::float8 * interval '1 ms')
       ON CONFLICT (key) DO UPDATE SET blocked_until = greatest(request_budgets.blocked_until, excluded.blocked_until)`,
      [key, until.getTime() - Date.now()],
    );
  }
}

function allNames(): string[] {
  return platforms.flatMap(({ name }) => [nameOf(name, 'real'), nameOf(name, 'sandbox')]);
}

function nameOf(platform: string, mode: PlatformAccess['mode']): string {
  return mode === 'real' ? platform : `${platform} (sandbox)`;
}

function personal(name: string, userId: string): string {
  return `${name} of ${userId}`;
}

function spendingOf(key: string, budget: Budget | null | undefined): Spending {
  if (!budget) return { key, intervalMs: 0, toleranceMs: 0 };
  const burst = Math.max(1, Math.floor(budget.requests * BURST));
  const intervalMs = budget.perMs / Math.max(1, budget.requests - burst);
  return { key, intervalMs, toleranceMs: (burst - 1) * intervalMs };
}
