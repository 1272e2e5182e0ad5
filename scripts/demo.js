/**
 * The main job in a terminal: starts the program on free ports with a folder of its own, signs in, connects every
 * sandbox platform through its consent page as a browser would, shows what happens live, and prints the signature. With
 * `--archive` it imports a person's own export files instead, and also prints the receipt.
 */
import { execSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Api } from './demo/api.js';
import { filesAt, upload } from './demo/archive.js';
import { Browser } from './demo/browser.js';
import { ARCHIVE } from './demo/display.js';
import { live } from './demo/live.js';
import { portrait } from './demo/portrait.js';
import { receiptText } from './demo/receipt.js';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const START_LIMIT_MS = 60_000;
const JOB_LIMIT_MS = 180_000;
const IMPORT_LIMIT_MS = 1_800_000;
const DEFAULT_PERSONA = 'night-owl';

const USAGE = `Usage: npm run demo -- [--persona night-owl|devotee|commuter|newcomer | --archive <path>]

  --persona  whom the stand-in platforms present (${DEFAULT_PERSONA})
  --archive  export files of your own: a file, such as a ZIP archive, or a folder. Nothing leaves this machine, and what
             was read is deleted when the demo ends. docs/archives.md says where to get such files.`;

const { values: options } = parseArgs({
  options: { persona: { type: 'string' }, archive: { type: 'string' }, help: { type: 'boolean', default: false } },
});
const persona = options.persona ?? DEFAULT_PERSONA;

if (options.help) {
  console.log(USAGE);
} else if (options.persona !== undefined && options.archive !== undefined) {
  console.error(`The demo shows an invented person or your archive, not both.\n\n${USAGE}`);
  process.exitCode = 1;
} else {
  const folder = mkdtempSync(join(tmpdir(), 'soul-demo-'));
  const server = { lines: [] };
  process.once('SIGINT', () => process.exit(130)).once('SIGTERM', () => process.exit(143));
  process.once('exit', () => {
    server.process?.kill('SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  try {
    await demo(server, folder);
  } catch (error) {
    console.error(`\nThe demo failed: ${error.message}`);
    if (server.lines.length > 0) console.error(`The program's last words:\n  ${server.lines.slice(-10).join('\n  ')}`);
    process.exitCode = 1;
  } finally {
    await end(server.process);
  }
}

async function demo(server, folder) {
  const paths = options.archive === undefined ? [] : await filesAt(options.archive);
  if (!existsSync(PROGRAM)) execSync('npm run --silent build', { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = await startProgram(server, folder);
  console.log(`Soul Signature runs at ${url}, with stand-in platforms and an embedded database.`);
  const { token } = await new Api(url).call('POST', '/auth/demo', {});
  const api = new Api(url, token);
  const platforms = await api.call('GET', '/connectors/platforms');
  const isDrawn = options.archive === undefined ? await connectAll(api, platforms) : await importAll(api, paths);
  if (!isDrawn) return;
  const me = await api.call('GET', '/me');
  const titles = Object.fromEntries(platforms.map(({ name, title }) => [name, title]));
  console.log(portrait(await api.call('GET', '/soul-signature'), { name: me.displayName ?? 'you', titles }));
}

/** Connects every stand-in. @returns that there is something to draw a signature of */
async function connectAll(api, platforms) {
  const sources = platforms.filter(({ mode }) => mode === 'sandbox');
  const unread = new Set(sources.map(({ name }) => name));
  await live(api, { sources, unread, limitMs: JOB_LIMIT_MS }, async (display) => {
    for (const { name, title } of sources) {
      const person = await connect(api, name);
      display.say(`Connected ${title} as ${person.name}.`);
      await api.call('PATCH', '/me', { displayName: person.name, ...(person.zone && { timeZone: person.zone }) });
    }
  });
  return true;
}

/** Imports files and prints the receipt. @returns whether there is something to draw a signature of */
async function importAll(api, paths) {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  await api.call('PATCH', '/me', { timeZone });
  let begun;
  await live(
    api,
    { sources: [ARCHIVE], unread: new Set([ARCHIVE.name]), limitMs: IMPORT_LIMIT_MS },
    async (display) => {
      display.say(`Sending ${paths.length === 1 ? 'one file' : `${paths.length} files`}.`);
      begun = await upload(api, paths);
    },
  );
  const imported = await api.call('GET', `/imports/${begun.importId}`);
  console.log(receiptText(imported));
  return imported.receipt.accepted + imported.receipt.merged > 0;
}

/** Through the consent page, as a person in a browser: the page is read, its form is sent, redirects are followed. */
async function connect(api, platform) {
  const browser = new Browser();
  const answer = await api.send('POST', `/connectors/${platform}/authorize`, { returnTo: '/' });
  browser.keepCookies(api.url, answer.headers);
  const { authorizationUrl } = (await answer.json()).data;
  const consent = await browser.open(authorizationUrl);
  const person = consent.choice('persona', persona);
  const landed = await browser.submit(consent, { persona, decision: 'allow' });
  const { searchParams } = new URL(landed.url);
  if (searchParams.get('connected') !== platform) {
    throw new Error(`Connecting ${platform} ended with ${searchParams.get('error') ?? landed.url}`);
  }
  return { name: person.title, zone: /\(([A-Z]\w+\/\w+)\)/.exec(person.text)?.[1] };
}

async function startProgram(server, folder) {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, [PROGRAM], {
    cwd: folder, // No .env of another installation is read there.
    env: {
      PATH,
      HOME,
      PORT: String(port),
      SANDBOX_PORT: String(sandboxPort),
      DATA_DIR: join(folder, 'data'),
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  server.process = child;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => server.lines.push(...text.trimEnd().split('\n')));
  }
  const url = `http://127.0.0.1:${port}`;
  for (const limit = Date.now() + START_LIMIT_MS; Date.now() < limit; await sleep(100)) {
    if (child.exitCode !== null) throw new Error(`The program ended with code ${child.exitCode}`);
    const ready = await fetch(`${url}/health/ready`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (ready) return url;
  }
  throw new Error(`The program did not get ready within ${START_LIMIT_MS / 1_000} s`);
}

/** Ends the program in order. */
async function end(child) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await Promise.race([ended, sleep(10_000, undefined, { ref: false })]);
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}
