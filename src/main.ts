import 'reflect-metadata';
import { startFailure } from './start-failure.js';

/** The only entry. The configuration is read first, so that a start with mistakes in it prints these and nothing else. */
try {
  const { config } = await import('./config/config.module.js');
  const { start } = await import('./start.js');
  await start(config);
} catch (error) {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exit(1);
}
