import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { JobProblem } from './errors.js';
import type { JobData, JobName, JobResult, QueueName } from './jobs.js';

export type JobStatus = 'waiting' | 'active' | 'completed' | 'failed' | 'cancelled' | 'expired';
export type JobTrigger = 'connect' | 'schedule' | 'manual' | 'batch' | 'retry';

/** Something that a completed job could not read; stored with it and shown to its user. */
export interface JobWarning {
  readonly code: string;
  readonly message: string;
  readonly problem?: JobProblem;
}

/**
 * A job's row, the only source of its state. The states `delayed` and `paused` are derived, see `job-view.ts`.
 * `unique_key` is not read: the intake sets it, and its index prevents two unfinished jobs with one key. Nor is
 * `first_due_at`: from it the ledger counts how long a job has waited for a provider.
 */
@Entity('jobs')
export class Job<Name extends JobName = JobName> {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('text') readonly name!: Name;
  @Column('text') readonly queue!: QueueName;
  @Column('text', { name: 'user_id' }) readonly userId!: string;
  @Column('jsonb') readonly data!: JobData<Name>;
  /** The platform in the data, if there is one; for lists. */
  @Column('text', { nullable: true }) readonly platform!: string | null;
  @Column('uuid', { name: 'batch_id', nullable: true }) readonly batchId!: string | null;
  @Column('smallint') readonly priority!: number;
  @Column('text') readonly trigger!: JobTrigger;
  @Column('text') readonly status!: JobStatus;
  /** Attempts that ended since the last checkpoint; snoozes and crashes are not counted. */
  @Column('int', { name: 'attempts_made' }) readonly attemptsMade!: number;
  @Column('int', { name: 'max_attempts' }) readonly maxAttempts!: number;
  /** Claims without an outcome since the last checkpoint. */
  @Column('int') readonly crashes!: number;
  @Column('int') readonly claim!: number;
  @Column('int') readonly dispatch!: number;
  @Column('timestamptz', { name: 'dispatched_at', nullable: true }) readonly dispatchedAt!: Date | null;
  /** When the current or last run began. */
  @Column('timestamptz', { name: 'claimed_at', nullable: true }) readonly claimedAt!: Date | null;
  @Column('timestamptz', { name: 'lease_until', nullable: true }) readonly leaseUntil!: Date | null;
  @Column('timestamptz', { name: 'run_at' }) readonly runAt!: Date;
  @Column('timestamptz', { name: 'snoozed_until', nullable: true }) readonly snoozedUntil!: Date | null;
  /** How often it was told to wait since its last checkpoint. */
  @Column('int') readonly snoozes!: number;
  @Column('timestamptz', { name: 'expires_at', nullable: true }) readonly expiresAt!: Date | null;
  @Column('smallint') readonly progress!: number;
  @Column('int') readonly items!: number;
  @Column('jsonb', { nullable: true }) readonly checkpoint!: unknown;
  @Column('jsonb') readonly warnings!: readonly JobWarning[];
  @Column('jsonb', { nullable: true }) readonly result!: JobResult<Name> | null;
  @Column('text', { name: 'error_code', nullable: true }) readonly errorCode!: string | null;
  @Column('text', { name: 'error_message', nullable: true }) readonly errorMessage!: string | null;
  /** Why it failed or waits; null where nothing is known that a person could be told. */
  @Column('jsonb', { nullable: true }) readonly problem!: JobProblem | null;
  @Column('text', { name: 'error_stack', nullable: true }) readonly errorStack!: string | null;
  @Column('timestamptz', { name: 'created_at' }) readonly createdAt!: Date;
  @Column('timestamptz', { name: 'started_at', nullable: true }) readonly startedAt!: Date | null;
  @Column('timestamptz', { name: 'finished_at', nullable: true }) readonly finishedAt!: Date | null;
}

/** Narrows a job to its kind. */
export function isJob<Name extends JobName>(name: Name, job: Job): job is Job<Name> {
  return job.name === name;
}

/** The columns as the entity names them, for `RETURNING` in the ledger's own SQL. */
export const JOB_COLUMNS = `jobs.id, jobs.name, jobs.queue, jobs.user_id AS "userId", jobs.data, jobs.platform, jobs.batch_id AS "batchId", jobs.priority,
  jobs.trigger, jobs.status, jobs.attempts_made AS "attemptsMade", jobs.max_attempts AS "maxAttempts", jobs.crashes, jobs.claim,
  jobs.dispatch, jobs.dispatched_at AS "dispatchedAt", jobs.claimed_at AS "claimedAt", jobs.lease_until AS "leaseUntil", jobs.run_at AS "runAt",
  jobs.snoozed_until AS "snoozedUntil", jobs.snoozes, jobs.expires_at AS "expiresAt", jobs.progress, jobs.items, jobs.checkpoint, jobs.warnings,
  jobs.result, jobs.error_code AS "errorCode", jobs.error_message AS "errorMessage", jobs.problem, jobs.error_stack AS "errorStack",
  jobs.created_at AS "createdAt", jobs.started_at AS "startedAt", jobs.finished_at AS "finishedAt"`;
