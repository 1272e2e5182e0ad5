import { Command } from 'commander';
import { usernameKey } from '../auth/accounts/usernames.js';
import { askAdminApi, ServerRefusal, type Page } from './server-api.js';

const COLUMNS = ['userId', 'name', 'ways', 'createdAt', 'lastSeen', 'lockedAt', 'admin'];

/** Somebody as the API shows them to administrators. */
type Person = Readonly<Record<string, unknown>> & { readonly userId: string; readonly name: string | null };

interface JsonOption {
  readonly json?: boolean;
}

/** Commands for the people of this server, and for accounts. */
export function accountsCommand(): Command {
  const accounts = new Command('accounts').description('the people of this server, and their accounts');
  accounts
    .command('invite')
    .description('prints a link that makes one account within an hour')
    .option('--admin', 'that of an operator, such as the first one')
    .option('--json', 'prints the JSON of the API')
    .action(async ({ admin = false, json }: JsonOption & { admin?: boolean }) => {
      const invitation = await ask<{ url: string }>('/users/invitations', { admin });
      say(invitation, json, invitation.url);
    });
  accounts
    .command('list')
    .description('lists people, newest first: who they are and how they come in')
    .option('--search <text>', 'a part of a name or id')
    .option('--limit <number>', 'at most 200', '50')
    .option('--json', 'prints the JSON of the API')
    .action(async ({ search, limit, json }: JsonOption & { search?: string; limit: string }) => {
      const { data } = await page({ limit, ...(search !== undefined && { search }) });
      if (json) say(data, json);
      else console.table(data.map((person) => Object.fromEntries(COLUMNS.map((column) => [column, person[column]]))));
    });
  accounts
    .command('lock <id-or-name>')
    .description('keeps somebody out and ends their sessions; nothing of theirs is deleted')
    .option('--json', 'prints the JSON of the API')
    .action(async (who: string, { json }: JsonOption) => {
      const { userId } = await find(who);
      say(await ask(pathOf(userId, 'lock')), json, `${userId} is locked`);
    });
  accounts
    .command('unlock <id-or-name>')
    .description('lets somebody in again, with a new sign-in')
    .option('--json', 'prints the JSON of the API')
    .action(async (who: string, { json }: JsonOption) => {
      const { userId } = await find(who);
      say(await ask(pathOf(userId, 'unlock')), json, `${userId} is not locked`);
    });
  accounts
    .command('sign-out <id-or-name>')
    .description('ends all sessions of somebody, who may sign in again')
    .option('--json', 'prints the JSON of the API')
    .action(async (who: string, { json }: JsonOption) => {
      const { userId } = await find(who);
      const ended = await ask<{ ended: number }>(pathOf(userId, 'sign-out'));
      say(ended, json, `Sessions of ${userId} ended: ${ended.ended}`);
    });
  return accounts;
}

/**
 * The person with this id or, in whatever letters, this name.
 * @throws ServerRefusal where it is nobody's, or several people's
 */
async function find(who: string): Promise<Person> {
  const found: Person[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const { data, page: next } = await page({ search: who, limit: '200', ...(cursor !== undefined && { cursor }) });
    found.push(...(data as Person[])); // The API of the same product.
    cursor = next.nextCursor;
  }
  const named = found.filter(({ name }) => name !== null && usernameKey(name) === usernameKey(who));
  const [person, ...others] = found.filter(({ userId }) => userId === who).concat(named);
  if (!person) throw new ServerRefusal('USER_NOT_FOUND', `There is nobody with the id or name ${who}.`);
  if (others.length === 0 || person.userId === who) return person;
  throw new ServerRefusal(
    'NAME_OF_SEVERAL',
    `Several people have this name. Say the id: ${named.map(({ userId }) => userId).join(', ')}`,
  );
}

async function page(query: Readonly<Record<string, string>>): Promise<Page> {
  return (await askAdminApi('GET', `/users?${new URLSearchParams(query).toString()}`)) as Page;
}

async function ask<Data>(path: string, body?: object): Promise<Data> {
  return ((await askAdminApi('POST', path, body)) as { data: Data }).data; // The API of the same product.
}

function pathOf(userId: string, what: 'lock' | 'unlock' | 'sign-out'): string {
  return `/users/${encodeURIComponent(userId)}/${what}`;
}

function say(data: unknown, json: boolean | undefined, sentence = ''): void {
  process.stdout.write(`${json ? JSON.stringify(data, null, 2) : sentence}\n`);
}
