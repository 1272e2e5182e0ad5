/*
 * Asks for one person's access token as 25 jobs of one worker process would. A program of its own, on the built
 * product: `node token-callers.js <user> <platform> <callers>`. It prints `ready`, asks at SIGUSR2, prints what it got
 * as hashes (JSON), and ends.
 */
import { createHash } from 'node:crypto';
import { once } from 'node:events';

const [userId, platform, callers] = process.argv.slice(2);
const product = (path) => import(new URL(`../../dist/${path}`, import.meta.url));

const { config } = await product('config/config.module.js');
const { connectDataSource } = await product('database/data-source.js');
const { Database } = await product('database/database.js');
const { Housekeeping } = await product('database/housekeeping.js');
const { Doorbell } = await product('realtime/doorbell.js');
const { EventLog } = await product('realtime/event-log.js');
const { AccessTokens } = await product('connectors/access-tokens.js');
const { Connection } = await product('connectors/connection.entity.js');
const { ConnectionRows } = await product('connectors/connection-rows.js');
const { OAuthClient } = await product('connectors/oauth-client.js');
const { PlatformDirectory } = await product('connectors/platform-access.js');
const { TokenRevocation } = await product('connectors/token-revocation.js');
const { TokenVault } = await product('connectors/token-vault.js');

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
