import { Controller, Get, HttpCode, Param, Post, Query, Req } from '@nestjs/common';
import type { Request } from 'express';
import { z } from 'zod';
import { pageOf, pageQuery, positionOf } from '../../http/page.js';
import { storableText } from '../../http/storable-text.js';
import { AdminActions } from '../admin-actions.js';
import { AdminOnly, Caller } from '../auth.guard.js';
import { Scoped } from '../scoped.js';
import { requireRecentSignIn } from '../sessions/recent-sign-in.js';
import type { Identity } from '../tokens.js';
import { People, type Note } from './people.js';

const peopleQuery = z.strictObject({
  ...pageQuery,
  cursor: positionOf(z.strictObject({ createdAt: z.iso.datetime(), userId: storableText(200) })),
  search: storableText(200).optional(),
});

const userId = storableText(200);

/** The people of this server, for administrators. Each change needs a session that has just begun, or a token. */
@AdminOnly()
@Controller('users')
export class PeopleController {
  constructor(
    private readonly people: People,
    private readonly adminActions: AdminActions,
  ) {}

  /** Newest first: who they are and how they come in, and nothing of what they have here. */
  @Scoped('admin:read')
  @Get()
  async list(@Query({ schema: peopleQuery }) { limit, cursor, search }: z.output<typeof peopleQuery>) {
    const rows = await this.people.list({ search, after: cursor, limit: limit + 1 });
    return pageOf(
      rows,
      limit,
      ({ position: _, ...person }) => person,
      (row) => ({ createdAt: row.position, userId: row.userId }),
    );
  }

  /** Keeps somebody out: their sessions and sockets end within a second, everywhere. */
  @Scoped('admin')
  @Post(':userId/lock')
  @HttpCode(200)
  lock(@Caller() caller: Identity, @Param('userId', { schema: userId }) id: string, @Req() request: Request) {
    requireRecentSignIn(caller);
    return this.people.lock(id, caller.userId, this.noteOf(request));
  }

  @Scoped('admin')
  @Post(':userId/unlock')
  @HttpCode(200)
  unlock(@Caller() caller: Identity, @Param('userId', { schema: userId }) id: string, @Req() request: Request) {
    requireRecentSignIn(caller);
    return this.people.unlock(id, this.noteOf(request));
  }

  /** Ends all sessions of somebody. Bearer tokens are none. */
  @Scoped('admin')
  @Post(':userId/sign-out')
  @HttpCode(200)
  async signOut(@Caller() caller: Identity, @Param('userId', { schema: userId }) id: string, @Req() request: Request) {
    requireRecentSignIn(caller);
    return { ended: await this.people.signOut(id, this.noteOf(request)) };
  }

  private noteOf(request: Request): Note {
    return (tx) => this.adminActions.noteWithin(tx, request);
  }
}
