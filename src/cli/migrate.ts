import { Command } from 'commander';

/** Brings the schema up to date by itself, for deployments that start their processes with MIGRATE=off. */
export function migrateCommand(): Command {
  return new Command('migrate').description('runs the migrations that are missing').action(async () => {
    const { config } = await import('../config/config.module.js');
    const { connectDataSource } = await import('../database/data-source.js');
    const { migrate } = await import('../database/migrate.js');
    const dataSource = await connectDataSource(config, []);
    try {
      const ran = await migrate(dataSource);
      process.stdout.write(ran.length > 0 ? `Ran ${ran.join(', ')}\n` : 'Nothing to do\n');
    } finally {
      await dataSource.destroy();
    }
  });
}
