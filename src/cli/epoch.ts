import { Command } from 'commander';
import { askAdminApi } from './server-api.js';

/** The command that begins a new epoch of the events, as the running server has them. */
export function epochCommand(): Command {
  const epoch = new Command('epoch').description('the history that the numbers of events belong to');
  epoch
    .command('new')
    .description(
      'begins a new one, after a restore from a copy of the disk; all clients start again from the current state',
    )
    .action(async () => {
      const { data } = (await askAdminApi('POST', '/events/epoch')) as { data: { epoch: string } }; // The API of the same product.
      process.stdout.write(`The events are in epoch ${data.epoch}\n`);
    });
  return epoch;
}
