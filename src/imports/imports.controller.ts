import { Controller, Delete, Get, HttpCode, Param, Post, Query, Req, Res } from '@nestjs/common';
import { ApiBody, ApiConsumes } from '@nestjs/swagger';
import type { Request, Response } from 'express';
import { z } from 'zod';
import { Caller } from '../auth/auth.guard.js';
import { Scoped } from '../auth/scoped.js';
import type { Identity } from '../auth/tokens.js';
import { PlatformDirectory, type PlatformAccess } from '../connectors/platform-access.js';
import { ApiError } from '../http/api-error.js';
import { ConcurrencyLimit } from '../http/concurrency-limit.js';
import { pageOf, pageQuery, positionOf } from '../http/page.js';
import type { Platform } from '../platforms/platform.js';
import { JobQueries } from '../queues/job-queries.js';
import { JobWait } from '../queues/job-wait.js';
import { FORMATS } from './formats.js';
import { ImportDeletion, importNotFound } from './import-deletion.js';
import { ImportIntake, type BegunImport } from './import-intake.js';
import { ImportRows, type Import } from './import-rows.js';
import { viewImport, viewTrial } from './import-view.js';
import { uploadBrokenOff, Uploads, type Upload } from './uploads.js';

/** How many people one process receives an upload of at once. */
const UPLOADS_AT_ONCE = 4;

/** How many entries of an import a list shows. */
const LISTED_ENTRIES = 100;

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true');

const uploadQuery = z.strictObject({ dryRun: flag, hold: flag });

const listQuery = z.strictObject({ ...pageQuery, cursor: positionOf(z.uuid()) });

/** What a request with files holds, for the OpenAPI document: the body is read while it comes, by no schema. */
const UPLOAD = {
  type: 'object',
  required: ['file'],
  properties: {
    file: { type: 'array', maxItems: 64, items: { type: 'string', format: 'binary' } },
    profile: { type: 'string' },
  },
};

/** Archives that people bring: their own export files. */
@Controller('imports')
export class ImportsController {
  private readonly receiving = new ConcurrencyLimit(
    UPLOADS_AT_ONCE,
    () =>
      new ApiError(409, 'UPLOAD_RUNNING', 'Another upload of yours is being received. Wait for its end.', {
        retryAfter: 5,
      }),
  );

  constructor(
    private readonly uploads: Uploads,
    private readonly intake: ImportIntake,
    private readonly rows: ImportRows,
    private readonly deletion: ImportDeletion,
    private readonly jobs: JobQueries,
    private readonly wait: JobWait,
    private readonly directory: PlatformDirectory,
  ) {}

  /**
   * Receives files as multipart/form-data, in the field `file`. With `dryRun` the answer is the receipt that an import
   * would have, and nothing is kept; with `hold` the files wait for an hour to be started. An `Idempotency-Key` is of no
   * use: by their contents the same files are known to be the import that is running, and other files are another one.
   */
  @Scoped('imports:write')
  @Post()
  @ApiConsumes('multipart/form-data')
  @ApiBody({ schema: UPLOAD })
  async upload(
    @Caller() { userId }: Identity,
    @Query({ schema: uploadQuery }) { dryRun, hold }: z.output<typeof uploadQuery>,
    @Req() request: Request,
    @Res({ passthrough: true }) response: Response,
  ) {
    const end = this.receiving.take(userId);
    const leaving = new AbortController();
    response.once('close', () => leaving.abort(uploadBrokenOff()));
    const { signal } = leaving;
    let upload: Upload | undefined;
    try {
      upload = await this.uploads.receive(request);
      response.status(dryRun ? 200 : 202);
      if (dryRun) return viewTrial(await this.intake.tryOut(userId, upload, signal));
      return await this.begun(await this.intake.begin(userId, upload, { hold, signal }));
    } finally {
      end();
      await upload?.forget();
    }
  }

  @Scoped('imports:read')
  @Get()
  async list(@Caller() { userId }: Identity, @Query({ schema: listQuery }) query: z.output<typeof listQuery>) {
    const { limit, cursor } = query;
    const imports = await this.rows.list(userId, cursor, limit + 1);
    const shown = imports.slice(0, limit);
    const ids = shown.map(({ id }) => id);
    const jobs = await this.jobs.findAll(shown.flatMap(({ jobId }) => jobId ?? []));
    const entries = await this.rows.entriesOf(ids, LISTED_ENTRIES);
    const formats = await this.rows.formatsOf(ids);
    const view = (each: Import) =>
      viewImport(each, jobs.get(each.jobId ?? ''), entries.get(each.id) ?? [], formats.get(each.id) ?? []);
    return pageOf(imports, limit, view, ({ id }) => id);
  }

  /** What can be read, and in development where the archives of invented people are. */
  @Scoped('imports:read')
  @Get('formats')
  listFormats() {
    return {
      formats: FORMATS.map(({ name, title, platform, gives }) => ({ name, title, platform, gives })),
      samples: this.directory.list().flatMap(({ platform, access }) => sampleOf(platform, access)),
    };
  }

  @Scoped('imports:read')
  @Get(':id')
  async show(@Caller() { userId }: Identity, @Param('id') id: string) {
    const imported = await this.own(userId, id);
    const job = imported.jobId === null ? undefined : await this.jobs.find(imported.jobId);
    const formats = await this.rows.formatsOf([imported.id]);
    return viewImport(imported, job, await this.rows.entries(imported.id), formats.get(imported.id) ?? []);
  }

  @Scoped('imports:write')
  @Post(':id/start')
  @HttpCode(202)
  async start(@Caller() { userId }: Identity, @Param('id') id: string) {
    const { detected: _, ...begun } = await this.begun({
      ...(await this.intake.start(userId, await this.own(userId, id))),
      detected: [],
    });
    return begun;
  }

  /** Takes an import out again; `jobId` is the job that does so. */
  @Scoped('imports:write')
  @Delete(':id')
  @HttpCode(202)
  async delete(@Caller() { userId }: Identity, @Param('id') id: string) {
    if (!z.uuid().safeParse(id).success) throw importNotFound();
    const jobId = await this.deletion.begin(userId, id);
    return { importId: id, jobId, queued: !(await this.wait.ranAtOnce(jobId)) };
  }

  private async begun({ importId, jobId, isNew, detected }: BegunImport) {
    const queued = jobId !== null && isNew && !(await this.wait.ranAtOnce(jobId));
    return { importId, jobId, queued, detected };
  }

  private async own(userId: string, id: string): Promise<Import> {
    const found = z.uuid().safeParse(id).success ? await this.rows.find(userId, id) : undefined;
    if (!found) throw importNotFound();
    return found;
  }
}

/** Where the stand-in of a platform gives its people's archives; it does so for every platform that has a format. */
function sampleOf({ name, title }: Platform, access: PlatformAccess | undefined) {
  const isRead = FORMATS.some(({ platform }) => platform === name);
  return isRead && access?.mode === 'sandbox' ? [{ platform: name, title, url: `${access.apiUrl}/archive` }] : [];
}
