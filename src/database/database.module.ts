import { Global, Module, type DynamicModule } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { Config } from '../config/config.js';
import { openDataSource, type Entities } from './data-source.js';
import { BulkDatabase, Database, MachineryDatabase } from './database.js';
import { Housekeeping } from './housekeeping.js';

/** The database for all modules: `Database`, migrated before anything else starts. */
@Global()
@Module({})
export class DatabaseModule {
  static forRoot(config: Config, entities: Entities): DynamicModule {
    return {
      module: DatabaseModule,
      imports: [
        TypeOrmModule.forRootAsync({
          useFactory: () => ({ type: 'postgres' as const, retryAttempts: 0 }),
          dataSourceFactory: () => openDataSource(config, entities),
        }),
      ],
      providers: [Database, BulkDatabase, MachineryDatabase, Housekeeping],
      exports: [Database, BulkDatabase, MachineryDatabase, Housekeeping],
    };
  }
}
