import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database } from '../database/database.js';
import { embeddedCopy } from '../database/embedded-postgres.js';

/** Begins a new epoch of the events where a database that went back gives `current_event_epoch` no sign of it. */
@Injectable()
export class EventEpoch implements OnModuleInit {
  constructor(
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** A restored data folder has no new timeline, so an embedded database begins an epoch wherever it is another copy. */
  async onModuleInit(): Promise<void> {
    if (this.config.database.url !== undefined) return;
    await this.database.query(
      'UPDATE event_epoch SET id = gen_random_uuid(), folder = $1 WHERE folder IS DISTINCT FROM $1',
      [embeddedCopy(this.config.dataDir)],
    );
  }

  /** For operators, after a restore that left no trace. All sockets start anew within seconds. */
  async begin(): Promise<string> {
    await this.database.query('UPDATE event_epoch SET id = gen_random_uuid()');
    const [row] = await this.database.query<{ epoch: string }>('SELECT epoch FROM current_event_epoch');
    return row?.epoch ?? '';
  }
}
