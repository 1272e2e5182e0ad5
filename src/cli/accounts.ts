import { Command } from 'commander';
import { askAdminApi } from './server-api.js';

/** Commands for accounts of this server. */
export function accountsCommand(): Command {
  const accounts = new Command('accounts').description('accounts of this server');
  accounts
    .command('invite')
    .description('prints a link that makes one account within an hour')
    .option('--admin', 'that of an operator, such as the first one')
    .action(async ({ admin = false }: { admin?: boolean }) => {
      const { data } = (await askAdminApi('POST', '/users/invitations', { admin })) as { data: { url: string } }; // The API of the same product.
      process.stdout.write(`${data.url}\n`);
    });
  return accounts;
}
