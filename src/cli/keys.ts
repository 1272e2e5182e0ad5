import { Command } from 'commander';
import { askAdminApi } from './server-api.js';

interface Keys {
  readonly current: string;
  readonly secrets: Readonly<Record<string, number>>;
}

interface Step {
  readonly rotated: number;
  readonly unreadable: Readonly<Record<string, number>>;
  readonly nextCursor: string | null;
}

/** Commands for the keys of TOKEN_ENCRYPTION_KEYS, as the running server has them. */
export function keysCommand(): Command {
  const keys = new Command('keys').description('the keys that seal stored tokens');
  keys
    .command('list')
    .description('prints how many tokens each key has sealed')
    .action(async () => {
      const { current, secrets } = await ask<Keys>('GET', '/keys');
      console.table(
        [...new Set([current, ...Object.keys(secrets)])].map((id) => ({
          key: id,
          secrets: secrets[id] ?? 0,
          seals: id === current ? 'yes' : '',
        })),
      );
    });
  keys
    .command('rotate')
    .description('seals all tokens with the first key, while the server runs; can be interrupted and repeated')
    .action(rotate);
  return keys;
}

async function rotate(): Promise<void> {
  let rotated = 0;
  const unreadable: Record<string, number> = {};
  for (let cursor: string | null = null; ;) {
    const step: Step = await ask<Step>('POST', '/keys/rotate', cursor === null ? {} : { cursor });
    rotated += step.rotated;
    for (const [id, count] of Object.entries(step.unreadable)) unreadable[id] = (unreadable[id] ?? 0) + count;
    cursor = step.nextCursor;
    if (cursor === null) break;
  }
  const { current, secrets } = await ask<Keys>('GET', '/keys');
  const left = Object.entries(secrets).filter(([id]) => id !== current);
  process.stdout.write(`${rotated} tokens resealed with "${current}"\n`);
  for (const [id, count] of Object.entries(unreadable)) {
    process.stdout.write(
      `${count} tokens sealed with key "${id}" cannot be opened: the key is not in TOKEN_ENCRYPTION_KEYS, or the tokens are damaged\n`,
    );
  }
  for (const [id, count] of left) process.stdout.write(`${count} tokens are still sealed with "${id}"\n`);
  if (left.length === 0) process.stdout.write('All other keys can be removed from TOKEN_ENCRYPTION_KEYS\n');
  else process.exitCode = 1;
}

async function ask<Data>(method: 'GET' | 'POST', path: string, body?: object): Promise<Data> {
  return ((await askAdminApi(method, path, body)) as { data: Data }).data; // The API of the same product.
}
