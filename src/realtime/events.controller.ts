import { Controller, Get, HttpCode, Post, Query } from '@nestjs/common';
import { ApiGoneResponse, ApiOkResponse } from '@nestjs/swagger';
import { z } from 'zod';
import { AdminOnly, Caller } from '../auth/auth.guard.js';
import { Scoped } from '../auth/scoped.js';
import type { Identity } from '../auth/tokens.js';
import { ApiError } from '../http/api-error.js';
import { Envelope } from '../http/envelope.js';
import { EventEpoch } from './event-epoch.js';
import { EventLog } from './event-log.js';

const query = z.strictObject({
  since: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(200).default(50),
  /** The `epoch` of the answer that `since` is from. */
  epoch: z.string().max(100).optional(),
});

/** The durable events over plain HTTP, oldest first. */
@Controller('events')
export class EventsController {
  constructor(
    private readonly events: EventLog,
    private readonly epochs: EventEpoch,
  ) {}

  /** Beside the list stands the epoch of its numbers. `since=0` begins with the oldest event that is kept. */
  @Scoped('events:read')
  @Get()
  @ApiOkResponse({ description: 'The events, and beside them the `epoch` of their numbers.' })
  @ApiGoneResponse({
    description:
      'EVENTS_EXPIRED: the events after `since` are no longer all kept; `details.oldest` is the number of the oldest one that is. ' +
      'EPOCH_CHANGED: the database went back, and `since` is of another history; `details` has the epoch and number to go on with. ' +
      'Either way, load the current state first.',
  })
  async list(@Caller() caller: Identity, @Query({ schema: query }) { since, limit, epoch }: z.output<typeof query>) {
    const found = await this.events.read(caller.userId, since, limit + 1);
    if (epoch !== undefined && epoch !== found.epoch) {
      throw new ApiError(
        410,
        'EPOCH_CHANGED',
        'The database went back, and the number belongs to events that may be lost. Start again from the current state, and ' +
          'go on with the epoch and number in the details.',
        { details: { epoch: found.epoch, seq: found.newest } },
      );
    }
    if (since > 0 && since < found.oldest - 1) {
      throw new ApiError(
        410,
        'EVENTS_EXPIRED',
        'Events that old are no longer kept. Start again from the current state, and go on with the number before the oldest.',
        { details: { oldest: found.oldest } },
      );
    }
    const shown = found.events.slice(0, limit);
    return new Envelope(shown, {
      epoch: found.epoch,
      page: { nextCursor: found.events.length > limit ? String(shown.at(-1)?.seq) : null, limit },
    });
  }

  /** Begins a new epoch, after a restore that left no trace in the database. */
  @AdminOnly()
  @Scoped('admin')
  @Post('epoch')
  @HttpCode(200)
  async begin() {
    return { epoch: await this.epochs.begin() };
  }
}
