import { Controller, Get, Inject, Optional, Res } from '@nestjs/common';
import type { Response } from 'express';
import { PublicUnlimited } from '../auth/auth.guard.js';
import { Database } from '../database/database.js';
import { jobs, oldestSeconds, poolConnections, redisBytes, redisUp, registry } from '../metrics/metrics.js';
import { JobCounts } from '../queues/job-counts.js';
import { JobQueries } from '../queues/job-queries.js';
import { RedisClients } from '../redis/redis-clients.js';

/** For Prometheus, outside `/api`. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly database: Database,
    private readonly queries: JobQueries,
    private readonly counts: JobCounts,
    @Optional() @Inject(RedisClients) private readonly redis?: RedisClients,
  ) {
    if (redis) registry.registerMetric(redisUp);
  }

  @PublicUnlimited()
  @Get()
  async scrape(@Res() response: Response): Promise<void> {
    await this.readLedger();
    await this.readRedis();
    for (const [state, count] of Object.entries(this.database.connectionCounts)) poolConnections.set({ state }, count);
    response.setHeader('Content-Type', registry.contentType).send(await registry.metrics());
  }

  private async readLedger(): Promise<void> {
    for (const [queue, counts] of Object.entries(await this.counts.read())) {
      for (const [state, count] of Object.entries(counts)) jobs.set({ queue, state }, count);
    }
    for (const { queue, waiting, active } of await this.queries.oldest()) {
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
