import { type ArchiveFormat, objectOf, type ReadingContext, type RowOutcome } from '../format.js';
import { snowflakeOf } from './discord-snowflake.js';

/** A list of servers is short: nobody is in more than 200. */
const MOST_CHARACTERS = 1_048_576;
/** The longest name of a server. */
const MOST_OF_A_NAME = 100;

/** How Discord names direct messages, and channels that it cannot name. */
const NO_SERVER = /^(?:Direct Message with |Unknown channel)/i;

/** The folder of the list of channels. */
const CHANNELS = /(?:^|[/\\])messages[/\\][^/\\]*$/i;

/**
 * Discord's `servers/index.json`: the servers that the person is in, names by id. `messages/index.json` has the same form
 * with channels, and among those are the names of the people written to, which are not to be kept. What tells them apart
 * is the content: channels may have no name (null), are called `general in Some server` or `Direct Message with …`. The
 * whole list has to be seen to know that; a longer one is no list of servers. A path that names the folder of messages
 * only adds a reason to leave the list out.
 */
export const discordServers: ArchiveFormat = {
  name: 'discord-servers',
  title: 'Discord, servers',
  platform: 'discord',
  gives: ['server'],
  detect({ text, whole }) {
    return whole && isServers(text);
  },
  read,
};

async function* read(
  text: AsyncIterable<string>,
  { name }: ReadingContext,
): AsyncGenerator<RowOutcome, void, undefined> {
  let all = '';
  for await (const piece of text) {
    all += piece;
    if (all.length > MOST_CHARACTERS) {
      yield { unread: 'ROW_TOO_LONG' };
      return;
    }
  }
  const servers = namesIn(all);
  if (!servers) {
    yield { unread: 'CUT_SHORT' };
    return;
  }
  const channels = CHANNELS.test(name) || looksLikeChannels(servers);
  for (const [id, server] of servers) yield channels ? { skipped: 'OTHER_LIST' } : serverOf(id, server);
}

function serverOf(written: string, name: unknown): RowOutcome {
  const id = snowflakeOf(written);
  if (id === null || typeof name !== 'string' || name.trim() === '' || name.length > MOST_OF_A_NAME) {
    return { unread: 'BAD_ROW' };
  }
  return {
    item: {
      kind: 'server',
      externalId: id,
      key: `server:${id}`,
      occurredAt: null,
      timeMeaning: 'snapshot',
      payload: { name },
    },
  };
}

type Names = readonly (readonly [string, unknown])[];

/** The fields of the object that a text is. */
function namesIn(text: string): Names | undefined {
  try {
    const fields = objectOf(JSON.parse(text));
    return fields && Object.entries(fields);
  } catch {
    return undefined;
  }
}

function isServers(text: string): boolean {
  const names = /^\s*\{\s*"\d{15,19}"\s*:/.test(text) ? namesIn(text) : undefined;
  if (!names || looksLikeChannels(names)) return false;
  return names.every(([id, name]) => snowflakeOf(id) !== null && typeof name === 'string');
}

function looksLikeChannels(names: Names): boolean {
  const within = names.filter(([, name]) => typeof name === 'string' && / in \S/.test(name)).length;
  return (
    within * 2 > names.length ||
    names.some(([, name]) => name === null || (typeof name === 'string' && NO_SERVER.test(name)))
  );
}
