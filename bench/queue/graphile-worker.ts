/** A queue in PostgreSQL alone (graphile-worker), which deletes finished jobs: no history and no events. */
import { Logger, run } from 'graphile-worker';
import { Pool } from 'pg';
import { Finish, serve, SLOTS } from './round.js';

const pool = new Pool({ connectionString: process.env['DATABASE_URL'], max: 10 + SLOTS });
const finish = new Finish();

const runner = await run({
  pgPool: pool,
  concurrency: SLOTS,
  noHandleSignals: true,
  logger: new Logger(() => () => undefined),
  taskList: { 'extract-platform': () => Promise.resolve() },
});
runner.events.on('job:complete', () => finish.one());

serve({
  life: (jobs) =>
    finish.after(jobs, (index) => runner.addJob('extract-platform', { userId: `person-${index}` }, { priority: 5 })),
});
