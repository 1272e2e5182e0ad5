import { Command } from 'commander';

/** Runs the migrations without a server, for deployments that start their processes with MIGRATE=off. */
export function migrateCommand(): Command {
  return new Command('migrate').description('runs the missing migrations').action(async () => {
    const { config } = await import('../config/config.module.js');
    const { connectDataSource } = await import('../database/data-source.js');
    const { migrate } = await import('../database/migrate.js');
    const dataSource = await connectDataSource(config, []);
    try {
      const ran = await migrate(dataSource);
      process.stdout.write(ran.length > 0 ? `Ran ${ran.join(', ')}\n` : 'No migrations to run\n');
    } finally {
      await dataSource.destroy();
    }
  });
}
