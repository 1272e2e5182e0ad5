import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { Users } from '../auth/users.js';
import { ConnectionRows, type HeldGrant } from '../connectors/connection-rows.js';
import type { DeletedPiece } from '../connectors/platform-data-erasers.js';
import { PlatformStatus } from '../connectors/platform-status.js';
import { TokenRevocation } from '../connectors/token-revocation.js';
import { Database, type Transaction } from '../database/database.js';
import { isDeadlock } from '../database/failures.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import type { JobObserver, Transition } from '../queues/job-observers.js';
import { JobSignals } from '../queues/job-signals.js';
import { QueueEntries } from '../queues/queue-entries.js';
import { AccountRows } from './account-rows.js';

const TRIES = 5;

/** The most pieces that the request deletes itself: what demo accounts have, and a fraction of a second. */
const PIECES_AT_ONCE = 5;

/** Whether the provider has revoked the access to a platform. */
export interface ReturnedGrant {
  readonly platform: string;
  readonly revoked: boolean;
}

/** How an account was deleted. */
export interface Erasure {
  readonly connections: readonly ReturnedGrant[];
  /** The job that deletes what is left, where that is too much to be gone already. */
  readonly jobId: string | undefined;
}

/** A piece of the deletion of an account; when it is done, only the person and the job are left. */
export interface ErasedPiece extends DeletedPiece {
  /** Tokens that were deleted with it and are to be revoked. */
  readonly held: readonly HeldGrant[];
  /** The unfinished jobs that were deleted with it. */
  readonly ended: readonly string[];
}

/**
 * Deletes everything about a person: rows, queue entries, what is cached, and the tokens at the providers. The account is
 * closed first, together with adding the job that deletes it. The request then deletes some pieces itself, which is all of
 * a small account; the job deletes the rest, and everything if the request's process dies.
 */
@Injectable()
export class AccountErasure implements JobObserver<'delete-account'> {
  private readonly logger = new Logger('Account');

  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly rows: AccountRows,
    private readonly connections: ConnectionRows,
    private readonly status: PlatformStatus,
    private readonly revocation: TokenRevocation,
    private readonly intake: JobIntake,
    private readonly ledger: JobLedger,
    private readonly signals: JobSignals,
    private readonly entries: QueueEntries,
  ) {}

  /**
   * The deletion is final: older bearer tokens are refused, the writes of running jobs fail, and nothing new is added.
   * @param issuedAt of the token that asks for it, which is refused as well although its issuer's clock may be ahead
   * @throws ApiError 401 `ACCOUNT_DELETED` when another request has deleted the account
   */
  async erase(userId: string, issuedAt?: Date): Promise<Erasure> {
    const jobId = await this.close(userId, issuedAt);
    const first = await this.eraseOne(userId, jobId);
    // The tokens are revoked meanwhile: the sooner, the less is lost should the process die.
    const [connections, done] = await Promise.all([
      this.handBack(userId, first, jobId),
      first.done || this.eraseMore(userId, jobId),
    ]);
    this.logger.log(done ? 'An account was deleted' : `Account deletion job ${jobId} deletes an account`);
    // A token's `iat` has whole seconds, so a token issued right after the answer must fall into a later second.
    await sleep(1_000 - (Date.now() % 1_000));
    return { connections, jobId: done ? undefined : jobId };
  }

  /**
   * Deletes one piece in a transaction of its own or of the job: unfinished jobs and connections first, then rows. Once the
   * account is closed no more of these are added.
   */
  async erasePiece(tx: Transaction, userId: string): Promise<ErasedPiece> {
    // Jobs before connections: everything that locks both does it in this order.
    const unfinished = await this.ledger.lockUnfinished(tx, userId);
    const ended = unfinished.filter(({ name }) => name !== 'delete-account').map(({ id }) => id);
    await this.ledger.drop(tx, ended);
    const held = await this.connections.erase(tx, userId);
    const piece = await this.rows.erasePiece(tx, userId);
    return { ...piece, held, ended };
  }

  /** Revokes the tokens that a piece has deleted, and forgets what queues and caches keep of the person, but for the job. */
  async handBack(
    userId: string,
    { held, ended }: Pick<ErasedPiece, 'held' | 'ended'>,
    jobId: string,
  ): Promise<ReturnedGrant[]> {
    const [returned] = await Promise.all([
      Promise.all(
        held.map(async (grant) => ({ platform: grant.platform, revoked: await this.revocation.ofConnection(grant) })),
      ),
      this.entries.forget((entry) => entry.userId === userId && entry.jobId !== jobId, ended),
      this.status.forget(userId),
    ]);
    return returned;
  }

  /** The end of the job is that of the account: the person, the job, and what was still added goes in its transaction. */
  async onTransition(tx: Transaction, { id, userId }: Job<'delete-account'>, { kind }: Transition<'delete-account'>) {
    if (kind !== 'completed') return;
    await this.rows.eraseRest(tx, userId);
    tx.afterCommit(() => {
      this.logger.log('An account was deleted');
      void this.entries.forget((entry) => entry.userId === userId, [id]);
    });
  }

  /** Adds the job again where it was cancelled, discarded, or is no longer kept: a closed account is deleted in the end. */
  async resume(): Promise<void> {
    const left = await this.database.query<{ userId: string }>(
      `SELECT id AS "userId" FROM users WHERE erasing_at IS NOT NULL AND NOT EXISTS (
         SELECT FROM jobs WHERE jobs.user_id = users.id AND jobs.name = 'delete-account'
           AND jobs.status IN ('waiting', 'active', 'failed'))`,
    );
    for (const data of left) await this.database.transaction((tx) => this.addJob(tx, data.userId));
  }

  /** Nothing is added to the account from here on, and no older token is accepted. */
  private close(userId: string, issuedAt: Date | undefined): Promise<string> {
    return this.database.transaction(async (tx) => {
      await this.users.lockToErase(tx, userId);
      const jobId = await this.addJob(tx, userId);
      await this.users.beginErasure(tx, userId, issuedAt);
      return jobId;
    });
  }

  private async addJob(tx: Transaction, userId: string): Promise<string> {
    return (await this.intake.enqueue(tx, 'delete-account', { userId }, { trigger: 'manual' })).job.id;
  }

  /** @returns whether nothing is left */
  private async eraseMore(userId: string, jobId: string): Promise<boolean> {
    let done = false;
    for (let piece = 2; piece <= PIECES_AT_ONCE && !done; piece += 1) {
      ({ done } = await this.eraseOne(userId, jobId));
    }
    return done;
  }

  /** Tries again after a deadlock with a transaction that is storing something for this person. */
  private async eraseOne(userId: string, jobId: string): Promise<ErasedPiece> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.database.transaction(async (tx) => {
          // The job may have ended this account, and another may have begun under its name.
          const unfinished = await this.ledger.lockUnfinished(tx, userId);
          if (!unfinished.some(({ id }) => id === jobId)) return { rows: 0, done: false, held: [], ended: [] };
          const piece = await this.erasePiece(tx, userId);
          if (piece.done) {
            await this.rows.eraseRest(tx, userId);
            tx.afterCommit(() => this.signals.settle(jobId));
          }
          return piece;
        });
      } catch (error) {
        if (attempt === TRIES || !isDeadlock(error)) throw error;
      }
    }
  }
}
