import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '../auth/auth.guard.js';
import { CreatesWork } from '../auth/idempotency.js';
import { Scoped } from '../auth/scoped.js';
import { mayUse } from '../auth/scopes.js';
import type { Identity } from '../auth/tokens.js';
import { Database } from '../database/database.js';
import { Envelope } from '../http/envelope.js';
import { pageOf, pageQuery, positionOf } from '../http/page.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobWait } from '../queues/job-wait.js';
import { PopulationTables } from './statistics/population.js';
import { SignatureReadings } from './signature-readings.js';
import { SoulSignatureService } from './soul-signature.service.js';

/** Versions are PostgreSQL integers. */
const versionNumber = z.coerce.number().int().min(1).max(2_147_483_647);
const versionsQuery = z.strictObject({ ...pageQuery, cursor: positionOf(z.int32()) });
const changesQuery = z.strictObject({ from: versionNumber.optional(), to: versionNumber.optional() });
const populationBody = z.strictObject({ participate: z.boolean() });
const evidenceQuery = z.strictObject(pageQuery);

/** The portrait, its versions, and the items behind every claim. */
@Controller('soul-signature')
export class SoulSignatureController {
  constructor(
    private readonly signatures: SoulSignatureService,
    private readonly readings: SignatureReadings,
    private readonly database: Database,
    private readonly intake: JobIntake,
    private readonly wait: JobWait,
    private readonly populationTables: PopulationTables,
  ) {}

  @Scoped('signature:read')
  @Get()
  async show(@Caller() identity: Identity) {
    return this.viewFor(identity);
  }

  @Scoped('signature:read')
  @Get('versions')
  async list(
    @Caller() { userId }: Identity,
    @Query({ schema: versionsQuery }) { limit, cursor }: z.output<typeof versionsQuery>,
  ) {
    const rows = await this.signatures.versions(userId, cursor, limit + 1);
    return pageOf(
      rows,
      limit,
      ({ version, builtAt, document }) => ({ version, builtAt, method: document.method, asOf: document.asOf }),
      (row) => row.version,
    );
  }

  @Scoped('signature:read')
  @Get('versions/:version')
  async showVersion(@Caller() identity: Identity, @Param('version', { schema: versionNumber }) version: number) {
    return this.viewFor(identity, version);
  }

  @Scoped('evidence:read')
  @Get('versions/:version/evidence/:key')
  async evidence(
    @Caller() { userId }: Identity,
    @Param('version', { schema: versionNumber }) version: number,
    @Param('key') key: string,
    @Query({ schema: evidenceQuery }) page: z.output<typeof evidenceQuery>,
  ) {
    const { items, nextCursor } = await this.readings.evidence(await this.readings.find(userId, version), key, page);
    return new Envelope(items, { page: { nextCursor, limit: page.limit } });
  }

  /** What changed from one version to another, see `SignatureReadings.changes`. */
  @Scoped('signature:read')
  @Get('changes')
  changes(
    @Caller() { userId }: Identity,
    @Query({ schema: changesQuery }) { from, to }: z.output<typeof changesQuery>,
  ) {
    return this.readings.changes(userId, from, to);
  }

  /** Whether the person is counted, unnamed, among the people of this deployment, and so may see where they stand. */
  @Scoped('account')
  @Get('population')
  async population(@Caller() { userId }: Identity) {
    return { participate: await this.populationTables.participates(userId) };
  }

  @Scoped('account')
  @Put('population')
  async joinPopulation(
    @Caller() { userId }: Identity,
    @Body({ schema: populationBody }) { participate }: z.output<typeof populationBody>,
  ) {
    await this.populationTables.join(userId, participate);
    return { participate };
  }

  @Scoped('extraction:run')
  @Post('build')
  @HttpCode(202)
  @CreatesWork()
  async build(@Caller() { userId }: Identity) {
    const { job } = await this.database.transaction((tx) =>
      this.intake.enqueue(tx, 'build-signature', { userId }, { trigger: 'manual' }),
    );
    return { jobId: job.id, queued: !(await this.wait.ranAtOnce(job.id)) };
  }
  private async viewFor(identity: Identity, version?: number) {
    const view = await this.readings.view(await this.readings.find(identity.userId, version));
    return mayUse(identity, 'evidence:read') ? view : withoutItems(view);
  }
}

/** A signature without ids of items and names of what weighs most, for programs that may not see what is behind a claim. */
function withoutItems(view: object): unknown {
  return JSON.parse(
    JSON.stringify(view, (key, value: unknown) =>
      (key === 'items' || key === 'top') && Array.isArray(value) ? [] : value,
    ),
  );
}
