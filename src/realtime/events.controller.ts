import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { Caller } from '../auth/auth.guard.js';
import type { Identity } from '../auth/tokens.js';
import { ApiError } from '../http/api-error.js';
import { Envelope } from '../http/envelope.js';
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
  constructor(private readonly events: EventLog) {}

  /** Beside the list stands the epoch of its numbers. `since=0` begins with the oldest event that is kept. */
  @Get()
  async list(@Caller() caller: Identity, @Query({ schema: query }) { since, limit, epoch }: z.output<typeof query>) {
    const found = await this.events.read(caller.userId, since, limit + 1);
    if (epoch !== undefined && epoch !== found.epoch) {
      throw new ApiError(
        410,
        'EPOCH_CHANGED',
        'The event numbers belong to an earlier history of the database. Start again from the current state, and go on with ' +
          'this epoch and number.',
        { details: { epoch: found.epoch, seq: found.newest } },
      );
    }
    if (since > 0 && since < found.oldest - 1) {
      throw new ApiError(
        410,
        'EVENTS_EXPIRED',
        'Events that old are no longer kept. Start again from the current state.',
        { details: { oldest: found.oldest } },
      );
    }
    const shown = found.events.slice(0, limit);
    return new Envelope(shown, {
      epoch: found.epoch,
      page: { nextCursor: found.events.length > limit ? String(shown.at(-1)?.seq) : null, limit },
    });
  }
}
