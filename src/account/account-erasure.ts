import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Users } from '../auth/users.js';
import type { HeldGrant } from '../connectors/connection-rows.js';
import { PlatformStatus } from '../connectors/platform-status.js';
import { RequestBudgets } from '../connectors/request-budgets.js';
import { TokenRevocation } from '../connectors/token-revocation.js';
import { Database, isDeadlock, type Transaction } from '../database/database.js';
import { AdminActions } from '../auth/admin-actions.js';
import { JobSignals } from '../queues/job-signals.js';
import { QueueEntries } from '../queues/queue-entries.js';
import { HOLDINGS } from './holdings.js';

const TRIES = 5;

/** Whether the provider has revoked the access to a platform. */
export interface ReturnedGrant {
  readonly platform: string;
  readonly revoked: boolean;
}

/** Deletes everything about a person: rows, queue entries, what is cached, and the tokens at the providers. */
@Injectable()
export class AccountErasure {
  private readonly logger = new Logger('Account');

  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly budgets: RequestBudgets,
    private readonly status: PlatformStatus,
    private readonly revocation: TokenRevocation,
    private readonly signals: JobSignals,
    private readonly entries: QueueEntries,
    private readonly adminActions: AdminActions,
  ) {}

  /** The deletion is final: the writes of running jobs fail, and older bearer tokens are refused. */
  async erase(userId: string): Promise<ReturnedGrant[]> {
    const { held, jobs } = await this.eraseRows(userId);
    await Promise.all([this.entries.forget((entry) => entry.userId === userId, jobs), this.status.forget(userId)]);
    const returned = await Promise.all(
      held.map(async (grant) => ({ platform: grant.platform, revoked: await this.revocation.ofConnection(grant) })),
    );
    this.logger.log('An account was deleted');
    // A token's `iat` has whole seconds, so a token issued right after the answer must fall into a later second.
    await sleep(1_000 - (Date.now() % 1_000));
    return returned;
  }

  /** Tries again after a deadlock with a transaction that is storing something for this person. */
  private async eraseRows(userId: string): Promise<{ held: HeldGrant[]; jobs: string[] }> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.transaction((tx) => this.eraseIn(tx, userId), 'long');
      } catch (error) {
        if (attempt === TRIES || !isDeadlock(error)) throw error;
      }
    }
  }

  private async eraseIn(tx: Transaction, userId: string): Promise<{ held: HeldGrant[]; jobs: string[] }> {
    const jobs = await tx.query<{ id: string }>('SELECT id FROM jobs WHERE user_id = $1 ORDER BY id FOR UPDATE', [
      userId,
    ]);
    const held = await tx.query<HeldGrant>(
      `SELECT user_id AS "userId", platform, origin, access_token AS "accessToken", refresh_token AS "refreshToken"
       FROM connections WHERE user_id = $1 AND access_token IS NOT NULL ORDER BY platform FOR UPDATE`,
      [userId],
    );
    for (const { table } of HOLDINGS) await tx.query(`DELETE FROM ${table} WHERE user_id = $1`, [userId]);
    await this.budgets.erase(tx, userId);
    await this.adminActions.forgetActor(tx, userId);
    await this.users.erase(tx, userId);
    const ids = jobs.map(({ id }) => id);
    tx.afterCommit(() => ids.forEach((id) => this.signals.settle(id)));
    return { held, jobs: ids };
  }
}
