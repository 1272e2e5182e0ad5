import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { pageOf, pageQuery, positionOf } from '../../http/page.js';
import { storableText } from '../../http/storable-text.js';
import { AdminOnly } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import { Audit } from './audit.js';

const auditQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf(z.uuid()),
  userId: storableText(200).optional(),
});

/** What administrators did, for administrators. */
@AdminOnly()
@Controller('audit')
export class AuditController {
  constructor(private readonly audit: Audit) {}

  /** Newest first, with what was refused; with `userId` only what this person did, or what was done about them. */
  @Scoped('admin:read')
  @Get()
  async list(@Query({ schema: auditQuery }) { limit, cursor, userId }: z.output<typeof auditQuery>) {
    const rows = await this.audit.list({ before: cursor, userId, limit: limit + 1 });
    return pageOf(
      rows,
      limit,
      (act) => act,
      ({ id }) => id,
    );
  }
}
