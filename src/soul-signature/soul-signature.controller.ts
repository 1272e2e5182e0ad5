import { Body, Controller, Get, HttpCode, Param, Post, Put, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '../auth/auth.guard.js';
import { CreatesWork } from '../auth/idempotency.js';
import type { Identity } from '../auth/tokens.js';
import { BulkDatabase, Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { Envelope } from '../http/envelope.js';
import { OneByOne } from '../http/one-by-one.js';
import { pageOf, pageQuery, positionOf } from '../http/page.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobQueries } from '../queues/job-queries.js';
import { JobWait } from '../queues/job-wait.js';
import { evidenceOf } from './facets/evidence.js';
import { EvidenceCursorError, readEvidence } from './statistics/read-evidence.js';
import { PopulationTables } from './statistics/population.js';
import { diffOf } from './portrait/diff.js';
import { withReach } from './portrait/reach.js';
import type { Signature } from './signature.entity.js';
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
  private readonly evidenceReadings = new OneByOne();

  constructor(
    private readonly signatures: SoulSignatureService,
    private readonly database: Database,
    private readonly bulk: BulkDatabase,
    private readonly intake: JobIntake,
    private readonly jobs: JobQueries,
    private readonly wait: JobWait,
    private readonly populationTables: PopulationTables,
  ) {}

  @Get()
  async show(@Caller() { userId }: Identity) {
    const signature = await this.signatures.latest(userId);
    if (!signature) throw await this.notYet(userId);
    return this.view(signature);
  }

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

  @Get('versions/:version')
  async showVersion(@Caller() { userId }: Identity, @Param('version', { schema: versionNumber }) version: number) {
    return this.view(await this.existing(userId, version));
  }

  /** All of a person's items may have to be read for a page. */
  @Get('versions/:version/evidence/:key')
  evidence(
    @Caller() { userId }: Identity,
    @Param('version', { schema: versionNumber }) version: number,
    @Param('key') key: string,
    @Query({ schema: evidenceQuery }) page: z.output<typeof evidenceQuery>,
  ) {
    return this.evidenceReadings.do(userId, () => this.readEvidence(userId, version, key, page));
  }

  private async readEvidence(
    userId: string,
    version: number,
    key: string,
    { limit, cursor }: z.output<typeof evidenceQuery>,
  ) {
    const { document } = await this.existing(userId, version);
    const evidence = evidenceOf(document, key);
    if (!evidence) throw new ApiError(404, 'CLAIM_NOT_FOUND', 'That version makes no such claim.');
    try {
      const { items, nextCursor } = await readEvidence(
        (sql, parameters) => this.bulk.query(sql, parameters),
        userId,
        evidence.predicate,
        { cursor, limit },
      );
      return new Envelope(items, { page: { nextCursor, limit } });
    } catch (error) {
      if (error instanceof EvidenceCursorError) {
        throw new ApiError(400, 'INVALID_INPUT', 'cursor: is not a cursor from an earlier page');
      }
      throw error;
    }
  }

  /**
   * What changed from one version to another; without numbers, to the latest from the one before it. The first version
   * has none before it, so nothing changed.
   */
  @Get('changes')
  async changes(
    @Caller() { userId }: Identity,
    @Query({ schema: changesQuery }) { from, to }: z.output<typeof changesQuery>,
  ) {
    const after = to === undefined ? await this.signatures.latest(userId) : await this.existing(userId, to);
    if (!after) throw await this.notYet(userId);
    const before =
      from === undefined ? await this.signatures.before(userId, after.version) : await this.existing(userId, from);
    return changesBetween(before ?? after, after);
  }

  /** Whether the person is counted, unnamed, among the people of this deployment, and so may see where they stand. */
  @Get('population')
  async population(@Caller() { userId }: Identity) {
    return { participate: await this.populationTables.participates(userId) };
  }

  @Put('population')
  async joinPopulation(
    @Caller() { userId }: Identity,
    @Body({ schema: populationBody }) { participate }: z.output<typeof populationBody>,
  ) {
    await this.populationTables.join(userId, participate);
    return { participate };
  }

  @Post('build')
  @HttpCode(202)
  @CreatesWork()
  async build(@Caller() { userId }: Identity) {
    const { job } = await this.database.transaction((tx) =>
      this.intake.enqueue(tx, 'build-signature', { userId }, { trigger: 'manual' }),
    );
    return { jobId: job.id, queued: !(await this.wait.ranAtOnce(job.id)) };
  }

  /** A version as it is shown: what is within reach depends on the platforms of today. */
  private async view({ userId, version, builtAt, document }: Signature) {
    const offers = this.signatures.offers(await this.signatures.platformsOf(userId));
    return { version, builtAt, ...document, facets: withReach(document.facets, offers) };
  }

  private async existing(userId: string, version: number): Promise<Signature> {
    const signature = await this.signatures.version(userId, version);
    if (!signature) throw new ApiError(404, 'VERSION_NOT_FOUND', 'There is no such version of your signature.');
    return signature;
  }

  /** What has to happen before there is a signature. */
  private async notYet(userId: string): Promise<ApiError> {
    const connected = await this.signatures.platformsOf(userId);
    const unfinished = (await this.jobs.list({ userId }, 20)).filter(
      (job) => (job.status === 'waiting' || job.status === 'active') && job.name !== 'delete-platform-data',
    );
    const missing = missingFor(connected, unfinished);
    const message = {
      connection: 'There is no signature yet: connect a platform first.',
      extraction: 'There is no signature yet: nothing has been extracted. Start an extraction, or connect anew.',
      time: 'There is no signature yet: your data is still being read.',
    }[missing];
    return new ApiError(404, 'NO_SIGNATURE_YET', message, {
      details: { missing, connected, unfinishedJobs: unfinished.map((job) => job.id) },
    });
  }
}

/** What is missing before there can be a signature. */
function missingFor(connected: readonly string[], unfinished: readonly unknown[]) {
  if (connected.length === 0) return 'connection';
  return unfinished.length === 0 ? 'extraction' : 'time';
}

function changesBetween(before: Signature, after: Signature) {
  return {
    from: { version: before.version, builtAt: before.builtAt },
    to: { version: after.version, builtAt: after.builtAt },
    changes: diffOf(before.document, after.document),
  };
}
