import { Inject, Injectable, Optional } from '@nestjs/common';
import { BulkDatabase } from '../database/database.js';
import { SharedReading } from '../database/shared-reading.js';
import { jobs, oldestSeconds, poolConnections, redisBytes, redisUp, registry } from '../metrics/metrics.js';
import { JobCounts } from '../queues/job-counts.js';
import { JobQueries } from '../queues/job-queries.js';
import { RedisClients } from '../redis/redis-clients.js';

/** How old the metrics may be. Prometheus asks every 15 s and more. */
const KEPT_MS = 3_000;

/** The metrics of this process and of the ledger as Prometheus reads them, gathered once for all who ask. */
@Injectable()
export class Scrape {
  readonly contentType = registry.contentType;
  private readonly shared = new SharedReading(() => this.gather(), KEPT_MS);

  constructor(
    private readonly database: BulkDatabase,
    private readonly queries: JobQueries,
    private readonly counts: JobCounts,
    @Optional() @Inject(RedisClients) private readonly redis?: RedisClients,
  ) {
    if (redis) registry.registerMetric(redisUp);
  }

  text(): Promise<string> {
    return this.shared.get();
  }

  private async gather(): Promise<string> {
    await this.readLedger();
    await this.readRedis();
    for (const [state, count] of Object.entries(this.database.connectionCounts)) poolConnections.set({ state }, count);
    return registry.metrics();
  }

  private async readLedger(): Promise<void> {
    for (const [queue, counts] of Object.entries(await this.counts.read())) {
      for (const [state, count] of Object.entries(counts)) jobs.set({ queue, state }, count);
    }
    for (const { queue, waiting, active } of await this.queries.oldest(this.database)) {
      oldestSeconds.set({ queue, state: 'waiting' }, waiting);
      oldestSeconds.set({ queue, state: 'active' }, active);
    }
  }

  private async readRedis(): Promise<void> {
    if (!this.redis) return;
    try {
      const { used, max } = await this.redis.memory();
      redisUp.set(1);
      redisBytes.set({ kind: 'used' }, used);
      redisBytes.set({ kind: 'max' }, max);
    } catch {
      redisUp.set(0);
    }
  }
}
