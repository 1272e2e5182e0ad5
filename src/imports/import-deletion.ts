import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database, type Transaction } from '../database/database.js';
import { ItemSources } from '../extraction/item-sources.js';
import { ApiError } from '../http/api-error.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import type { JobObserver, Transition } from '../queues/job-observers.js';
import type { JobRun } from '../queues/job-run.js';
import type { JobResult } from '../queues/jobs.js';
import { EventLog } from '../realtime/event-log.js';
import { FORMATS } from './formats.js';
import { type Import, ImportRows } from './import-rows.js';

/** Rows that go in one transaction. */
const PIECE_ROWS = 2_000;

/** The platforms that archives tell of, in the order in which they are cleared. */
const PLATFORMS = [...new Set(FORMATS.map(({ platform }) => platform))].sort();

const checkpointSchema = z.object({
  platform: z.number(),
  after: z.object({ table: z.enum(['witnesses', 'items']), kind: z.string(), externalId: z.string() }).optional(),
});

type Checkpoint = z.output<typeof checkpointSchema>;

/** Takes an import out again: what only it has told goes, piece by piece, and what others have told too stays. */
@Injectable()
export class ImportDeletion implements JobObserver<'delete-import'> {
  constructor(
    private readonly database: Database,
    private readonly rows: ImportRows,
    private readonly sources: ItemSources,
    private readonly ledger: JobLedger,
    private readonly intake: JobIntake,
    private readonly events: EventLog,
  ) {}

  /**
   * Hides the import, cancels its job, and queues the one that deletes it.
   * @returns the id of that job
   * @throws ApiError 404 `IMPORT_NOT_FOUND`
   */
  async begin(userId: string, importId: string): Promise<string> {
    const found = await this.rows.find(userId, importId);
    if (!found) throw importNotFound();
    // One that was held may have been started meanwhile.
    return (await this.beginOf(found)) ?? this.begin(userId, importId);
  }

  /** @returns undefined when the import has changed since it was read */
  private beginOf({ userId, ...imported }: Import): Promise<string | undefined> {
    return this.database.transaction(async (tx) => {
      // Jobs before imports, as the run of the job locks them with every batch.
      if (imported.jobId !== null) await this.ledger.cancel(tx, imported.jobId);
      if (!(await this.rows.hide(tx, imported))) return undefined;
      const data = { userId, importId: imported.id };
      const { job } = await this.intake.enqueue(tx, 'delete-import', data, { trigger: 'manual' });
      return job.id;
    });
  }

  async delete(run: JobRun<'delete-import'>): Promise<JobResult<'delete-import'>> {
    let at: Checkpoint = checkpointSchema.safeParse(run.checkpoint).data ?? { platform: 0 };
    while (at.platform < PLATFORMS.length) at = await this.deletePiece(run, at);
    const { importId } = run.job.data;
    await this.rows.dropPieces(importId);
    await run.write((tx) => this.rows.delete(tx, importId));
    return { items: run.items };
  }

  /** @returns where to go on */
  private async deletePiece(run: JobRun<'delete-import'>, at: Checkpoint): Promise<Checkpoint> {
    const { userId, importId } = run.job.data;
    const platform = PLATFORMS[at.platform] ?? '';
    const progress = Math.floor((99 * at.platform) / PLATFORMS.length);
    let next: Checkpoint = at;
    let rows = 0;
    // The place before the piece: a run that goes on from it finds what is left.
    await run.save({ checkpoint: at, progress, items: () => rows, step: 'Deleting' }, async (tx) => {
      const taken = await this.sources.takeOut(tx, { userId, platform, source: importId }, PIECE_ROWS, at.after);
      rows = taken.rows;
      next = taken.last ? { platform: at.platform, after: taken.last } : { platform: at.platform + 1 };
    });
    return next;
  }

  async onTransition(
    tx: Transaction,
    { id: jobId, userId, data: { importId } }: Job<'delete-import'>,
    transition: Transition<'delete-import'>,
  ): Promise<void> {
    if (transition.kind !== 'completed') return;
    this.events.append(tx, userId, 'import_deleted', { jobId, importId });
    // One that was never started has told nothing.
    if (transition.result.items === 0) return;
    await this.intake.enqueueUnlessErased(tx, 'build-signature', { userId }, { trigger: 'manual' });
  }
}

export function importNotFound(): ApiError {
  return new ApiError(404, 'IMPORT_NOT_FOUND', 'Import not found.');
}
