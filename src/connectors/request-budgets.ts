import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database } from '../database/database.js';
import { Housekeeping } from '../database/housekeeping.js';
import type { Budget, RequestBudget } from '../platforms/request-budget.js';
import { platforms } from '../platforms/registry.js';
import type { BudgetState } from '../queues/queue-overview.js';
import { BLOCKED_UNTIL, reserve, spendingOf, type Spending } from './budget-rows.js';
import { BudgetSlice, type Slot } from './budget-slice.js';
import type { PlatformAccess } from './platform-access.js';

/** The key of the budget over all platforms. */
const EVERYTHING = '*';

/** How long a slice of a shared budget is kept: so long, or this share of the budget's window if that is less. */
const KEPT_MS = 50;
const KEPT_SHARE = 1 / 20;

/**
 * The budgets of requests, as rows that all processes share. A request spends from three budgets: its platform's, its
 * user's at the platform, and the one over all platforms. A small budget is spent request by request; one statement reads
 * the rows, decides and spends. Of a large one that all users share each process reserves slices. Waiting requests have
 * reserved their times in the order in which they came.
 */
@Injectable()
export class RequestBudgets {
  /** By key; of shared budgets only, so they are few. */
  private readonly slices = new Map<string, BudgetSlice>();

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
    const slices: BudgetSlice[] = [];
    const rows: Spending[] = [
      { ...spendingOf(own, real && configured !== null ? platform.userBudget : undefined), userId },
    ];
    for (const [key, budget] of this.shared(access)) {
      const slice = this.sliceOf(key, budget);
      if (slice) slices.push(slice);
      else rows.push(spendingOf(key, budget));
    }
    rows.sort((a, b) => (a.key < b.key ? -1 : 1));
    const [key, owner] = platform.limitedBy === 'app' ? [name, undefined] : [own, userId];
    return {
      take: (maxWaitMs) => this.take(slices, rows, maxWaitMs),
      block: (until, why) => this.block(key, until, why, owner),
      blockedFor: () => this.blockedFor(key),
    };
  }

  /** Milliseconds until the platform has a request left for anybody. */
  async sharedWaitMs(access: PlatformAccess): Promise<number> {
    const shared = [...this.shared(access)].map(([key, budget]) => spendingOf(key, budget));
    const [row] = await this.database.query<{ waitMs: number | null }>(
      `SELECT extract(epoch FROM max(greatest(
           CASE WHEN interval_ms > 0 THEN tat - tolerance_ms * interval '1 ms' END, ${BLOCKED_UNTIL})) - clock_timestamp())::float8 * 1000 AS "waitMs"
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
      `SELECT key, round(greatest(0, extract(epoch FROM tat - now()) * 1000))::float8 AS "aheadMs",
         CASE WHEN ${BLOCKED_UNTIL} > now() THEN blocked_until END AS "blockedUntil"
       FROM request_budgets WHERE key = ANY($1) ORDER BY key`,
      [[...allNames(), EVERYTHING]],
    );
  }

  /** What all people spend from together, by key. */
  private shared({ platform, mode }: PlatformAccess): ReadonlyMap<string, Budget | null | undefined> {
    const configured = this.config.platforms.get(platform.name)?.budget;
    const standard = mode === 'real' ? platform.budget : undefined;
    const app = configured === undefined ? standard : configured;
    return new Map([
      [nameOf(platform.name, mode), app],
      ...(mode === 'real' ? [[EVERYTHING, this.config.platformBudget] as const] : []),
    ]);
  }

  /** Slices first: what they gave can be given back, what rows gave is spent. */
  private async take(slices: readonly BudgetSlice[], rows: readonly Spending[], maxWaitMs: number): Promise<number> {
    const taken: { readonly slice: BudgetSlice; slot: Slot }[] = [];
    const giveBack = () => taken.forEach(({ slice, slot }) => slice.giveBack(slot));
    for (const slice of slices) {
      const { slot, waitMs } = await slice.take(maxWaitMs);
      if (!slot) {
        giveBack();
        return Math.ceil(waitMs);
      }
      taken.push({ slice, slot });
    }
    let longest = await this.takeFromRows(rows, maxWaitMs);
    if (longest > maxWaitMs) {
      giveBack();
      return Math.ceil(longest);
    }
    for (const each of taken) {
      // The rows answered too late for it.
      const again = each.slot.until < performance.now() ? await each.slice.take(maxWaitMs) : undefined;
      each.slot = again?.slot ?? each.slot;
      longest = Math.max(longest, again?.waitMs ?? 0, each.slot.from - performance.now());
    }
    return Math.ceil(longest);
  }

  private async takeFromRows(rows: readonly Spending[], maxWaitMs: number): Promise<number> {
    if (rows.every(({ intervalMs }) => intervalMs === 0)) return this.pause(rows);
    const { granted, freeMs, blockedMs, placeMs } = await reserve(this.database, rows, 1, maxWaitMs);
    return granted > 0 ? Math.max(0, freeMs, blockedMs) : placeMs;
  }

  /** This process's slice of a budget; undefined for one that is too small for a slice to hold two requests. */
  private sliceOf(key: string, budget: Budget | null | undefined): BudgetSlice | undefined {
    if (!budget) return undefined;
    const known = this.slices.get(key);
    if (known) return known;
    const keptMs = Math.min(KEPT_MS, budget.perMs * KEPT_SHARE);
    const spending = spendingOf(key, budget, keptMs);
    if (keptMs / spending.intervalMs < 2) return undefined;
    const slice = new BudgetSlice(spending.intervalMs, keptMs, (count, maxWaitMs) =>
      reserve(this.database, [spending], count, maxWaitMs),
    );
    this.slices.set(key, slice);
    return slice;
  }

  /** Without budgets only the provider's pause counts. */
  private async pause(spendings: readonly Spending[]): Promise<number> {
    const [row] = await this.database.query<{ waitMs: number }>(
      `SELECT greatest(0, extract(epoch FROM max(${BLOCKED_UNTIL}) - clock_timestamp())::float8 * 1000) AS "waitMs"
       FROM request_budgets WHERE key = ANY($1)`,
      [spendings.map(({ key }) => key)],
    );
    return row?.waitMs ?? 0;
  }

  private async blockedFor(key: string): Promise<string | null> {
    const [row] = await this.database.query<{ why: string }>(
      `SELECT coalesce(blocked_for, 'SLOW_DOWN') AS why FROM request_budgets WHERE key = $1 AND ${BLOCKED_UNTIL} > clock_timestamp()`,
      [key],
    );
    return row?.why ?? null;
  }

  /**
   * `until` is a time of this process's clock; what is stored is a time of the database's clock, which all processes use.
   * What other processes have reserved ends with their slices.
   */
  private async block(key: string, until: Date, why?: string, userId?: string): Promise<void> {
    this.slices.get(key)?.discard();
    await this.database.query(
      `INSERT INTO request_budgets (key, tat, blocked_until, blocked_at, user_id, blocked_for)
       VALUES ($1, now(), now() + $2::float8 * interval '1 ms', now(), $3, $4)
       ON CONFLICT (key) DO UPDATE SET blocked_until = greatest(${BLOCKED_UNTIL}, excluded.blocked_until), blocked_at = excluded.blocked_at,
         blocked_for = CASE WHEN ${BLOCKED_UNTIL} > excluded.blocked_until THEN request_budgets.blocked_for ELSE excluded.blocked_for END,
         user_id = coalesce(request_budgets.user_id, excluded.user_id)`,
      [key, until.getTime() - Date.now(), userId ?? null, why ?? null],
    );
    this.slices.get(key)?.discard();
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
