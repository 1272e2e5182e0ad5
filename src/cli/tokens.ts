import { Command, InvalidArgumentError } from 'commander';

/** Commands that issue bearer tokens with the deployment's secret. */
export function tokensCommand(): Command {
  const tokens = new Command('tokens').description('bearer tokens');
  tokens
    .command('issue')
    .description('prints a bearer token made with JWT_SECRET (in development: the one in DATA_DIR)')
    .requiredOption('--user <id>', 'whom it stands for (the claim sub)', userId)
    .option('--admin', 'role admin: dashboard, dead letters, pausing queues')
    .option('--premium', 'plan premium: jobs run first')
    .option('--expires <duration>', 'lifetime, e.g. 30m, 12h, 7d', duration, '12h')
    .action(async (options: { user: string; admin?: boolean; premium?: boolean; expires: string }) => {
      const { user, admin = false, premium = false, expires } = options;
      process.stdout.write(`${await issueToken({ userId: user, admin, premium }, expires)}\n`);
    });
  return tokens;
}

/** Issues a token, for the user of the command line or for its own calls of the API. */
export async function issueToken(
  identity: { readonly userId: string; readonly admin: boolean; readonly premium: boolean },
  lifetime: string,
): Promise<string> {
  const { config } = await import('../config/config.module.js');
  const { Tokens } = await import('../auth/tokens.js');
  return new Tokens(config).issue(identity, lifetime);
}

/** An option's value as the id of a user. */
export function userId(text: string): string {
  if (!/^\P{Cc}{1,200}$/u.test(text)) throw new InvalidArgumentError('must have 1 to 200 characters');
  return text;
}

function duration(text: string): string {
  if (!/^\d+ ?[smhd]$/.test(text)) throw new InvalidArgumentError('must be a number and s, m, h or d, e.g. 12h');
  return text;
}
