/**
 * The main job in a terminal: starts the program on free ports with a folder of its own, signs in, connects every
 * sandbox platform through its consent page as a browser would, shows what happens live, and prints the signature.
 */
import { execSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { io } from 'socket.io-client';
import { Api } from './demo/api.js';
import { Browser } from './demo/browser.js';
import { openDisplay } from './demo/display.js';
import { portrait } from './demo/portrait.js';

const PROGRAM = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const START_LIMIT_MS = 60_000;
const JOB_LIMIT_MS = 180_000;

const { values: options } = parseArgs({
  options: { persona: { type: 'string', default: 'night-owl' }, help: { type: 'boolean', default: false } },
});

if (options.help) {
  console.log('Usage: npm run demo -- [--persona night-owl|devotee|commuter|newcomer]');
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
  if (!existsSync(PROGRAM)) execSync('npm run --silent build', { stdio: ['ignore', 'ignore', 'inherit'] });
  const url = await startProgram(server, folder);
  console.log(`Soul Signature runs at ${url}, with stand-in platforms and an embedded database.`);
  const { token } = await new Api(url).call('POST', '/auth/demo', {});
  const api = new Api(url, token);
  const platforms = (await api.call('GET', '/connectors/platforms')).filter(({ mode }) => mode === 'sandbox');

  const display = openDisplay(platforms);
  const socket = io(url, { auth: { token }, reconnection: false, transports: ['websocket'] });
  try {
    const built = watch(socket, platforms, display);
    built.catch(() => undefined); // It is awaited below; connecting may fail first.
    for (const { name, title } of platforms) {
      const person = await connect(api, name);
      display.say(`Connected ${title} as ${person.name}.`);
      await api.call('PATCH', '/me', { displayName: person.name, ...(person.zone && { timeZone: person.zone }) });
    }
    await built;
  } finally {
    display.close();
    socket.close();
  }
  const me = await api.call('GET', '/me');
  const titles = Object.fromEntries(platforms.map(({ name, title }) => [name, title]));
  console.log(portrait(await api.call('GET', '/soul-signature'), { name: me.displayName, titles }));
}

/** Through the consent page, as a person in a browser: the page is read, its form is sent, redirects are followed. */
async function connect(api, platform) {
  const browser = new Browser();
  const answer = await api.send('POST', `/connectors/${platform}/authorize`, { returnTo: '/' });
  browser.keepCookies(api.url, answer.headers);
  const { authorizationUrl } = (await answer.json()).data;
  const consent = await browser.open(authorizationUrl);
  const person = consent.choice('persona', options.persona);
  const landed = await browser.submit(consent, { persona: options.persona, decision: 'allow' });
  const { searchParams } = new URL(landed.url);
  if (searchParams.get('connected') !== platform) {
    throw new Error(`Connecting ${platform} ended with ${searchParams.get('error') ?? landed.url}`);
  }
  return { name: person.title, zone: /\(([A-Z]\w+\/\w+)\)/.exec(person.text)?.[1] };
}

/** Resolves when a signature was begun after the last extraction, and is built; rejects when one of them failed. */
function watch(socket, platforms, display) {
  const unread = new Set(platforms.map(({ name }) => name));
  let timer;
  let lastBuild;
  return new Promise((resolve, reject) => {
    const fail = (message) => reject(new Error(message));
    timer = setTimeout(() => fail(`No signature within ${JOB_LIMIT_MS / 1_000} s`), JOB_LIMIT_MS);
    socket.on('connect_error', ({ message }) => fail(`No live connection: ${message}`));
    socket.on('disconnect', (reason) => fail(`The live connection ended: ${reason}`));
    socket.onAny((type, event) => {
      if (type === 'snapshot' || typeof event?.seq !== 'number') return;
      display.show(event);
      const about = event.platform ?? 'The signature';
      if (type === 'extraction_completed') unread.delete(event.platform);
      else if (type === 'signature_started' && unread.size === 0) lastBuild = event.jobId;
      else if (type === 'signature_completed' && event.jobId === lastBuild) resolve();
      else if (type.endsWith('_failed') && !event.willRetry) fail(`${about}: ${event.error.message}`);
      else if (type.endsWith('_expired') || type.endsWith('_cancelled')) fail(`${about}: ${type}`);
    });
  }).finally(() => clearTimeout(timer));
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
