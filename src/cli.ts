import 'reflect-metadata';
import { Command, InvalidArgumentError } from 'commander';
import { startFailure } from './start-failure.js';

const program = new Command('cli').description('Operates a Soul Signature deployment');

const tokens = program.command('tokens').description('bearer tokens');

tokens
  .command('issue')
  .description('prints a bearer token made with JWT_SECRET (in development: the one in DATA_DIR)')
  .requiredOption('--user <id>', 'whom it stands for (the claim sub)', userId)
  .option('--admin', 'role admin: the dashboard, dead letters, pausing')
  .option('--premium', 'plan premium: jobs go first')
  .option('--expires <duration>', 'how long it lasts, e.g. 30m, 12h, 7d', duration, '12h')
  .action(
    async ({
      user,
      admin = false,
      premium = false,
      expires,
    }: {
      user: string;
      admin?: boolean;
      premium?: boolean;
      expires: string;
    }) => {
      const { config } = await import('./config/config.module.js');
      const { Tokens } = await import('./auth/tokens.js');
      process.stdout.write(`${await new Tokens(config).issue({ userId: user, admin, premium }, expires)}\n`);
    },
  );

function userId(text: string): string {
  if (!/^\P{Cc}{1,200}$/u.test(text)) throw new InvalidArgumentError('must have 1 to 200 characters');
  return text;
}

function duration(text: string): string {
  if (!/^\d+ ?[smhd]$/.test(text)) throw new InvalidArgumentError('must be a number and s, m, h or d, e.g. 12h');
  return text;
}

try {
  await program.parseAsync();
} catch (error) {
  process.stderr.write(`${startFailure(error)}\n`);
  process.exitCode = 1;
}
