/*
 * Asks for one person's access token as 25 jobs of one worker process would. A program of its own, on the built
 * product: `node token-callers.js <user> <platform> <callers>`. It prints `ready`, asks at SIGUSR2, prints what it got
 * as hashes (JSON), and ends.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { pathToFileURL } from 'node:url';

const [userId, platform, callers] = process.argv.slice(2);
const built = (path) => import(new URL(path, pathToFileURL(`${process.env.BUILT}/`)).href);

const { config } = await built('config/config.module.js');
const { connectDataSource } = await built('database/data-source.js');
const { Database } = await built('database/database.js');
const { Housekeeping } = await built('database/housekeeping.js');
const { Doorbell } = await built('realtime/doorbell.js');
const { EventLog } = await built('realtime/event-log.js');
const { AccessTokens } = await built('connectors/access-tokens.js');
const { Connection } = await built('connectors/connection.entity.js');
const { ConnectionRows } = await built('connectors/connection-rows.js');
const { OAuthClient } = await built('connectors/oauth-client.js');
const { PlatformDirectory } = await built('connectors/platform-access.js');
const { TokenRevocation } = await built('connectors/token-revocation.js');
const { TokenVault } = await built('connectors/token-vault.js');

const dataSource = await connectDataSource(config, [Connection]);
const database = new Database(dataSource);
const directory = new PlatformDirectory(config);
const oauth = new OAuthClient();
const vault = new TokenVault(config);
const events = new EventLog(database, new Doorbell(), new Housekeeping(database), config);
const revocation = new TokenRevocation(database, directory, oauth, vault);
const tokens = new AccessTokens(database, directory, oauth, vault, new ConnectionRows(database, events), revocation);

const alive = setInterval(() => undefined, 1_000);
const go = once(process, 'SIGUSR2');
console.log('ready');
await go;
const asked = Array.from({ length: Number(callers) }, () => tokens.get(userId, platform));
const answers = await Promise.allSettled(asked);
const shown = answers.map(({ value, reason }) =>
  value === undefined ? String(reason) : createHash('sha256').update(value).digest('hex'),
);
console.log(JSON.stringify(shown));
clearInterval(alive);
await dataSource.destroy();
