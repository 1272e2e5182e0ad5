/**
 * Lets the scanner wapiti (Debian's package of that name) attack a running copy: `node scripts/scan.js <url> [token]`.
 * Every module tries every address of the OpenAPI document and of the pages. Ends with 1 for a finding of medium or above.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEDIUM = 2;
const SECONDS_FOR_EACH_MODULE = 300;

const [url, token] = process.argv.slice(2);
if (url === undefined) throw new Error('Name the address of the running copy, and a bearer token to scan signed in');

/** Whoever is lured here by an injected address is noted. The scanner itself asks for `get_*.php`. */
const lured = [];
const bait = createServer((request, response) => {
  if (!/\/get_\w+\.php/.test(request.url)) lured.push(request.url);
  response.setHeader('content-type', 'application/json').end('{}');
}).listen(0, '127.0.0.1');
await once(bait, 'listening');

const folder = mkdtempSync(join(tmpdir(), 'soul-scan-'));
const report = join(folder, 'report.json');
try {
  const scanner = spawn('wapiti', await scannerArguments(), { stdio: 'inherit' });
  const [code] = await once(scanner, 'exit');
  if (code !== 0) throw new Error(`wapiti ended with ${code}`);
  const findings = findingsIn(JSON.parse(readFileSync(report, 'utf8')));
  console.table(findings);
  process.exitCode = findings.some(({ level }) => level >= MEDIUM) ? 1 : 0;
} finally {
  bait.close();
  rmSync(folder, { recursive: true, force: true });
}

async function scannerArguments() {
  const seeds = [...(await addresses()), '/operator.html', '/connected.html', '/api/docs', '/health/ready', '/metrics'];
  return [
    ...[
      '--url',
      `${url}/`,
      '--scope',
      'folder',
      '--module',
      'all',
      '--level',
      '2',
      '--no-bugreport',
      '--flush-session',
    ],
    ...['--store-session', folder, '--store-config', folder, '--format', 'json', '--output', report, '--verbose', '1'],
    ...['--max-attack-time', String(SECONDS_FOR_EACH_MODULE), '--max-scan-time', '120'],
    ...['--endpoint', `http://127.0.0.1:${bait.address().port}/`],
    ...seeds.flatMap((path) => ['--start', url + path]),
    ...(token === undefined ? [] : ['--header', `Authorization: Bearer ${token}`]),
  ];
}

/** What can be asked for with GET, with all its parameters, so that the scanner puts its attacks into them. */
async function addresses() {
  const { paths } = await (await fetch(`${url}/api/openapi.json`)).json();
  return Object.entries(paths)
    .filter(([, operations]) => operations.get)
    .map(([path, { get }]) => {
      const query = (get.parameters ?? []).filter((each) => each.in === 'query').map(({ name }) => `${name}=1`);
      return (
        path.replaceAll(/\{(\w+)\}/g, (_, name) => (name === 'platform' ? 'spotify' : '1')) +
        (query.length > 0 ? `?${query.join('&')}` : '')
      );
    });
}

function findingsIn({ vulnerabilities, anomalies }) {
  const listed = Object.entries({ ...vulnerabilities, ...anomalies }).flatMap(([kind, found]) =>
    found.map(({ level, method, path, parameter, info }) => ({ kind, level, method, path, parameter, info })),
  );
  return [...listed, ...lured.map((path) => ({ kind: 'The server asked for an injected address', level: 4, path }))];
}
