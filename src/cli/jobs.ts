import { Command } from 'commander';
import { askAdminApi, type Page } from './server-api.js';

const COLUMNS = ['id', 'name', 'state', 'userId', 'platform', 'progress', 'attemptsMade', 'errorCode', 'createdAt'];

/** Commands that list jobs, retry them and cancel them. */
export function jobsCommand(): Command {
  const jobs = new Command('jobs').description('jobs of all users');
  jobs
    .command('list')
    .description('lists jobs, newest first')
    .option('--queue <name>', 'as `queues stats` names it', 'extraction')
    .option('--state <state>', 'waiting, active, completed, failed, delayed, paused, cancelled, expired')
    .option('--user <id>')
    .option('--platform <name>')
    .option('--limit <number>', 'at most 200', '50')
    .option('--json', 'prints the JSON of the API')
    .action(async (options: Record<string, string | true | undefined>) => {
      const query = new URLSearchParams({ limit: String(options['limit']) });
      for (const [option, parameter] of [
        ['state', 'state'],
        ['user', 'userId'],
        ['platform', 'platform'],
      ] as const) {
        if (typeof options[option] === 'string') query.set(parameter, options[option]);
      }
      const list = (await askAdminApi(
        'GET',
        `/queues/${encodeURIComponent(String(options['queue']))}/jobs?${query.toString()}`,
      )) as Page;
      if (options['json']) print(list.data);
      else console.table(list.data.map((job) => Object.fromEntries(COLUMNS.map((column) => [column, job[column]]))));
    });
  jobs
    .command('show <id>')
    .description('prints all fields of a job')
    .action((id: string) => answer('GET', `/jobs/${id}`));
  jobs
    .command('retry <id>')
    .description('retries a failed job')
    .action((id: string) => answer('POST', `/jobs/${id}/retry`));
  jobs
    .command('cancel <id>')
    .description('cancels a waiting or running job')
    .action((id: string) => answer('POST', `/jobs/${id}/cancel`));
  return jobs;
}

async function answer(method: 'GET' | 'POST', path: string): Promise<void> {
  print(((await askAdminApi(method, path)) as { data: unknown }).data);
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
}
