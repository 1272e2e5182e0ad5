import { Global, Module, type DynamicModule } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { RedisClients } from '../redis/redis-clients.js';
import { Doorbell } from './doorbell.js';
import { EventEpoch } from './event-epoch.js';
import { EventLog } from './event-log.js';
import { EventsController } from './events.controller.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { RedisDoorbell } from './redis-doorbell.js';
import { Snapshots } from './snapshots.js';
import { SocketEnds } from './socket-ends.js';
import { SocketLimits } from './socket-limits.js';

/** The events of users: stored, sent live, and replayed. */
@Global()
@Module({})
export class RealtimeModule {
  static forRoot({ api }: ProcessParts): DynamicModule {
    return {
      module: RealtimeModule,
      controllers: api ? [EventsController] : [],
      providers: [
        EventEpoch,
        EventLog,
        Snapshots,
        {
          provide: Doorbell,
          inject: [{ token: RedisClients, optional: true }],
          useFactory: (redis?: RedisClients) => (redis ? new RedisDoorbell(redis, api) : new Doorbell()),
        },
        ...(api ? [RealtimeGateway, SocketEnds, SocketLimits] : []),
      ],
      exports: [EventLog, Doorbell, Snapshots],
    };
  }
}
