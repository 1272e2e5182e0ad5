import { Global, Module, type DynamicModule, type OnApplicationShutdown } from '@nestjs/common';
import { RedisClients, type RedisSettings } from './redis-clients.js';

/** Redis for all modules, where there is one: the engine that carries work and rings doorbells. It holds no truth. */
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
