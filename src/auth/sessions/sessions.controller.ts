import { Controller, Delete, Get, Param, Res } from '@nestjs/common';
import type { Response } from 'express';
import { z } from 'zod';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { Caller } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import type { Identity } from '../tokens.js';
import { SessionCookie } from './session-cookie.js';
import { Sessions } from './sessions.js';

/** Where somebody is signed in. Bearer tokens are not among these. */
@Controller('sessions')
export class SessionsController {
  constructor(
    private readonly sessions: Sessions,
    private readonly cookie: SessionCookie,
    private readonly database: Database,
  ) {}

  /** `current` is the one that asks. */
  @Scoped('account')
  @Get()
  async list(@Caller() { userId, session }: Identity) {
    const found = await this.sessions.list(userId);
    return found.map((each) => ({ ...each, current: each.id === session?.id }));
  }

  /** Signs out everywhere else. */
  @Scoped('account')
  @Delete()
  async endOthers(@Caller() { userId, session }: Identity) {
    return { ended: await this.sessions.endOthers(this.database, userId, session?.id) };
  }

  /** Signs out there; its sockets end within a second. */
  @Scoped('account')
  @Delete(':id')
  async end(
    @Caller() { userId, session }: Identity,
    @Param('id') id: string,
    @Res({ passthrough: true }) response: Response,
  ) {
    if (!z.uuid().safeParse(id).success || !(await this.sessions.end(userId, id))) {
      throw new ApiError(404, 'SESSION_NOT_FOUND', 'You have no such session.');
    }
    if (id === session?.id) this.cookie.clear(response);
    return { ended: 1 };
  }
}
