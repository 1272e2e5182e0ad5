import { Injectable, Logger } from '@nestjs/common';
import { uuidv7 } from 'uuidv7';
import { Database, MachineryDatabase } from '../database/database.js';
import { describeError } from './errors.js';
import { QUEUE_NAMES, slotsOf, type QueueName } from './jobs.js';
import { QueueDriver } from './queue-driver.js';

const HEARTBEAT_MS = 5_000;

/** A worker without a heartbeat for this long counts as dead. */
export const WORKER_LIFE_MS = 15_000;

/** Publishes how many jobs this process can run at once; dispatchers hand out about as many as there are live slots. */
@Injectable()
export class WorkerRegistry {
  private readonly logger = new Logger('Queue');
  private readonly id = uuidv7();
  private heartbeat: NodeJS.Timeout | undefined;
  private announcing = false;

  constructor(
    private readonly database: Database,
    private readonly machinery: MachineryDatabase,
    private readonly driver: QueueDriver,
  ) {}

  /** From now on jobs are handed out for this process. */
  async join(): Promise<void> {
    const queues = this.driver.servedQueues();
    await this.announce(queues);
    this.heartbeat = setInterval(() => {
      if (this.announcing) return;
      this.announcing = true;
      this.announce(queues)
        .catch((error: unknown) => this.logger.warn(`Heartbeat failed: ${describeError(error).message}`))
        .finally(() => (this.announcing = false));
    }, HEARTBEAT_MS);
  }

  /** From now on no more jobs are handed out for this process. */
  async leave(): Promise<void> {
    clearInterval(this.heartbeat);
    await this.database.query('DELETE FROM workers WHERE id = $1', [this.id]).catch(() => undefined);
  }

  /** Queues that no living worker serves. */
  async queuesWithoutWorkers(): Promise<readonly QueueName[]> {
    const rows = await this.database.query<{ queue: QueueName }>(
      `SELECT DISTINCT queue FROM workers WHERE seen_at > now() - ${WORKER_LIFE_MS} * interval '1 ms'`,
    );
    return QUEUE_NAMES.filter((name) => !rows.some((row) => row.queue === name));
  }

  private async announce(queues: readonly QueueName[]): Promise<void> {
    await this.machinery.query(
      `INSERT INTO workers (id, queue, slots, seen_at) SELECT $1, queue, slots, now() FROM unnest($2::text[], $3::int[]) AS mine (queue, slots)
       ON CONFLICT (id, queue) DO UPDATE SET seen_at = now()`,
      [this.id, queues, queues.map(slotsOf)],
    );
    // One seen in the future was seen before the database's clock stepped back; if it lives, it announces itself again.
    await this.machinery.query(
      `DELETE FROM workers WHERE seen_at < now() - ${10 * WORKER_LIFE_MS} * interval '1 ms' OR seen_at > now() + ${WORKER_LIFE_MS} * interval '1 ms'`,
    );
  }
}
