import { Global, Module } from '@nestjs/common';
import { Doorbell } from './doorbell.js';
import { EventLog } from './event-log.js';
import { EventsController } from './events.controller.js';
import { RealtimeGateway } from './realtime.gateway.js';
import { Snapshots } from './snapshots.js';

/** What users are told, live and afterwards. */
@Global()
@Module({
  controllers: [EventsController],
  providers: [EventLog, Doorbell, Snapshots, RealtimeGateway],
  exports: [EventLog, Doorbell, Snapshots],
})
export class RealtimeModule {}
