import { Module, type DynamicModule } from '@nestjs/common';
import { AccountModule } from './account/account.module.js';
import { AuthModule } from './auth/auth.module.js';
import { User } from './auth/user.entity.js';
import type { Config } from './config/config.js';
import { ConfigModule } from './config/config.module.js';
import { ConsentAttempt } from './connectors/consent-attempt.entity.js';
import { Connection } from './connectors/connection.entity.js';
import { ConnectorsModule } from './connectors/connectors.module.js';
import { DatabaseModule } from './database/database.module.js';
import { ExtractionModule } from './extraction/extraction.module.js';
import { ImportsModule } from './imports/imports.module.js';
import { McpModule } from './mcp/mcp.module.js';
import { OperationsModule } from './operations/operations.module.js';
import { Job } from './queues/job.entity.js';
import { QueueModule } from './queues/queue.module.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { RedisModule } from './redis/redis.module.js';
import { Signature } from './soul-signature/signature.entity.js';
import { SoulSignatureModule } from './soul-signature/soul-signature.module.js';

/** The modules of a process: all of them, or those of its role. */
@Module({})
export class AppModule {
  static forRoot(config: Config): DynamicModule {
    const { parts, redis } = config;
    return {
      module: AppModule,
      imports: [
        ConfigModule,
        DatabaseModule.forRoot(config, [User, Job, Connection, ConsentAttempt, Signature]),
        ...(redis ? [RedisModule.forRoot(redis)] : []),
        AuthModule.forRoot(parts),
        RealtimeModule.forRoot(parts),
        QueueModule.forRoot({ redis: redis !== undefined, parts }),
        ConnectorsModule.forRoot(parts),
        ExtractionModule.forRoot(parts),
        ImportsModule.forRoot(parts),
        SoulSignatureModule.forRoot(parts),
        McpModule.forRoot(parts),
        AccountModule.forRoot(parts),
        OperationsModule,
      ],
    };
  }
}
