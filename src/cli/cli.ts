import 'reflect-metadata';
import { Command } from 'commander';
import { startFailure } from '../start-failure.js';
import { accountsCommand } from './accounts.js';
import { doctorCommand } from './doctor.js';
import { epochCommand } from './epoch.js';
import { importCommand } from './import.js';
import { jobsCommand } from './jobs.js';
import { keysCommand } from './keys.js';
import { mcpCommand } from './mcp.js';
import { migrateCommand } from './migrate.js';
import { queuesCommand } from './queues.js';
import { tokensCommand } from './tokens.js';

const program = new Command('cli')
  .description('Operates a Soul Signature deployment')
  .addCommand(jobsCommand())
  .addCommand(queuesCommand())
  .addCommand(importCommand())
  .addCommand(mcpCommand())
  .addCommand(accountsCommand())
  .addCommand(tokensCommand())
  .addCommand(keysCommand())
  .addCommand(epochCommand())
  .addCommand(migrateCommand())
  .addCommand(doctorCommand());

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${startFailure(error, 'The command')}\n`);
  process.exitCode = 1;
}
