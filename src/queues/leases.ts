import { Injectable, Logger } from '@nestjs/common';
import { MachineryDatabase } from '../database/database.js';
import { describeError, FencedError } from './errors.js';
import type { Job } from './job.entity.js';
import { hasStatus, LEASE_UNTIL } from './claim-fence.js';

/** How often the lease of a run is renewed. */
export const RENEW_EVERY_MS = 5_000;

/** Other jobs wait for a suspect, so its lease is renewed more often. */
const SUSPECT_RENEWS_EVERY_MS = 1_000;

/** How often leases that are due are looked for: also how soon one is renewed whose row was locked until then. */
const LOOK_EVERY_MS = 500;

/** A run whose lease is renewed. */
interface Holder {
  readonly job: Pick<Job, 'id' | 'claim' | 'crashes'>;
  abort(reason: Error): void;
}

/**
 * Renews the leases of all runs of this process, with one statement at a time. It skips rows that others have locked, so
 * that nobody waits for them: their claims still hold, and they are tried again at the next look.
 */
@Injectable()
export class Leases {
  private readonly logger = new Logger('Queue');
  /** When the lease of each run was renewed, by `performance.now()`. */
  private readonly renewed = new Map<Holder, number>();
  private timer: NodeJS.Timeout | undefined;
  private looking = false;

  constructor(private readonly database: MachineryDatabase) {}

  /** Renews the lease of a run, and aborts the run when its claim is lost. Returns a function that ends this. */
  keep(run: Holder): () => void {
    this.renewed.set(run, performance.now());
    this.timer ??= setInterval(() => void this.look(), LOOK_EVERY_MS);
    return () => {
      this.renewed.delete(run);
      if (this.renewed.size > 0) return;
      clearInterval(this.timer);
      this.timer = undefined;
    };
  }

  private async look(): Promise<void> {
    if (this.looking) return;
    const now = performance.now();
    const due = [...this.renewed].filter(([{ job }, at]) => now - at >= renewsEveryMs(job)).map(([run]) => run);
    if (due.length === 0) return;
    this.looking = true;
    try {
      const held = await this.renew(due.map(({ job }) => job));
      for (const run of due.filter((each) => this.renewed.has(each))) {
        const isRenewed = held.get(keyOf(run.job));
        if (isRenewed) this.renewed.set(run, now);
        else if (isRenewed === undefined) run.abort(new FencedError(`Job ${run.job.id} was cancelled or taken over`));
      }
    } catch (error) {
      this.logger.warn(`Leases of ${due.length} jobs not renewed: ${describeError(error).message}`);
    } finally {
      this.looking = false;
    }
  }

  /** @returns whether each claim that holds was renewed; its row may be locked. Claims that are lost are missing. */
  private async renew(jobs: readonly Pick<Job, 'id' | 'claim'>[]): Promise<ReadonlyMap<string, boolean>> {
    const held = new Map<string, boolean>();
    await this.database.transaction((tx) => {
      // In one round trip with the next statement.
      tx.beforeCommit(() => ({ sql: PLAN_EACH_TIME }));
      tx.beforeCommit(
        () => ({ sql: RENEW, parameters: [jobs.map(({ id }) => id), jobs.map(({ claim }) => claim)] }),
        (rows) => {
          for (const row of rows as RenewedRow[]) held.set(keyOf(row), row.renewed);
        },
      );
      return Promise.resolve();
    });
    return held;
  }
}

interface RenewedRow {
  readonly id: string;
  readonly claim: number;
  readonly renewed: boolean;
}

function renewsEveryMs({ crashes }: Pick<Job, 'crashes'>): number {
  return crashes > 0 ? SUSPECT_RENEWS_EVERY_MS : RENEW_EVERY_MS;
}

/** A job may run twice in a process for a moment: the run that lost its claim has not noticed yet. */
function keyOf({ id, claim }: Pick<Job, 'id' | 'claim'>): string {
  return `${id} ${claim}`;
}

/** A plan made for a small table could read all jobs. */
const PLAN_EACH_TIME = `SELECT set_config('plan_cache_mode', 'force_custom_plan', true)`;

/** $1 ids, $2 claims; returns those that hold, and whether their leases were renewed. */
const RENEW = `
  WITH mine AS (
    SELECT * FROM unnest($1::uuid[], $2::int[]) AS mine (id, claim)
  ), free AS (
    SELECT jobs.id FROM jobs JOIN mine USING (id, claim) WHERE ${hasStatus('active')}
    FOR NO KEY UPDATE OF jobs SKIP LOCKED
  ), renewed AS (
    UPDATE jobs SET lease_until = ${LEASE_UNTIL} WHERE id = ANY (ARRAY(SELECT id FROM free))
    RETURNING id
  )
  SELECT id, claim, id IN (SELECT id FROM renewed) AS renewed FROM jobs JOIN mine USING (id, claim)
  WHERE ${hasStatus('active')}`;
