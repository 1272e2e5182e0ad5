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
});

/** The durable events over plain HTTP, oldest first. */
@Controller('events')
export class EventsController {
  constructor(private readonly events: EventLog) {}

  @Get()
  async list(@Caller() caller: Identity, @Query({ schema: query }) { since, limit }: z.output<typeof query>) {
    const oldest = await this.events.oldest(caller.userId);
    if (oldest !== undefined && since < oldest - 1 && since > 0) {
      throw new ApiError(
        410,
        'EVENTS_EXPIRED',
        'Events that old are no longer kept. Start again from the current state.',
        { details: { oldest } },
      );
    }
    const found = await this.events.read(caller.userId, since, limit + 1);
    const shown = found.slice(0, limit);
    return new Envelope(shown, {
      page: { nextCursor: found.length > limit ? String(shown.at(-1)?.seq) : null, limit },
    });
  }
}
