import { Global, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { RedisClients, type RedisSettings } from './redis-clients.js';

/** Redis for all modules, if configured. It carries jobs and doorbell messages; nothing is stored in it alone. */
@Global()
@Module({})
export class RedisModule implements OnApplicationShutdown {
  constructor(private readonly clients: RedisClients) {}

  static forRoot(settings: RedisSettings): DynamicModule {
    return {
      module: RedisModule,
      providers: [{ provide: RedisClients, useFactory: () => new RedisClients(settings) }],
      exports: [RedisClients],
    };
  }

  onApplicationShutdown(): void {
    this.clients.close();
  }
}
