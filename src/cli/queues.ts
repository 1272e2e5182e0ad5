import { Command } from 'commander';
import { askAdminApi } from './server-api.js';

/** Commands that count, pause and resume queues. */
export function queuesCommand(): Command {
  const queues = new Command('queues').description('the queues as a whole');
  queues
    .command('stats')
    .description('prints how many jobs are in each state')
    .option('--json')
    .action(async ({ json }: { json?: boolean }) => {
      const { data: overview } = (await askAdminApi('GET', '/queues/overview')) as {
        data: Record<string, unknown> & { readonly queues: readonly { readonly name: string }[] };
      };
      const data = Object.fromEntries(overview.queues.map(({ name }) => [name, overview[name]]));
      if (json) process.stdout.write(`${JSON.stringify(data, null, 2)}\n`);
      else console.table(data);
    });
  queues
    .command('pause <name>')
    .description('starts no more jobs of a queue, in all processes, until it is resumed')
    .action((name: string) => change(name, 'pause'));
  queues
    .command('resume <name>')
    .description('resumes a paused queue')
    .action((name: string) => change(name, 'resume'));
  return queues;
}

async function change(name: string, what: 'pause' | 'resume'): Promise<void> {
  await askAdminApi('POST', `/queues/${encodeURIComponent(name)}/${what}`);
  process.stdout.write(`${name} is ${what === 'pause' ? 'paused' : 'running'}\n`);
}
