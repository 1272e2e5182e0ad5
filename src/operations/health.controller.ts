import { Controller, Get } from '@nestjs/common';
import { PublicUnlimited } from '../auth/auth.guard.js';
import { MachineryDatabase } from '../database/database.js';
import { SharedReading } from '../database/shared-reading.js';
import { ApiError } from '../http/api-error.js';

/** Probes: `live` for what restarts processes, `ready` for what sends them traffic. */
@Controller('health')
export class HealthController {
  /**
   * Probes are not counted, so they share one question to the database. It does not wait behind people's requests: a
   * process that is busy is not one to be replaced.
   */
  private readonly answers = new SharedReading(() => this.database.query('SELECT 1'), 0);

  constructor(private readonly database: MachineryDatabase) {}

  @PublicUnlimited()
  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @PublicUnlimited()
  @Get('ready')
  async ready() {
    try {
      await this.answers.get();
    } catch (error) {
      throw new ApiError(503, 'NOT_READY', 'The database does not answer.', { retryAfter: 5 }, { cause: error });
    }
    return { status: 'ok', database: 'ok' };
  }
}
