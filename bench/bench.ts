import { callback } from './callback.js';
import { extraction } from './extraction.js';
import { importing } from './import.js';
import { kept } from './kept.js';
import { queue } from './queue.js';
import { realtime } from './realtime.js';
import { printTable, type Report } from './report.js';
import { rude } from './rude.js';
import { signIn } from './sign-in.js';
import { signature } from './signature.js';

/** Every benchmark by name. Each starts the servers and programs it needs, and ends them. */
const BENCHMARKS: Readonly<Record<string, (args: string[]) => Promise<Report>>> = {
  callback,
  extraction,
  import: importing,
  kept,
  queue,
  realtime,
  rude,
  'sign-in': signIn,
  signature,
};

const [name = '', ...args] = process.argv.slice(2);
const benchmark = BENCHMARKS[name];
if (benchmark) {
  const report = await benchmark(args.filter((arg) => arg !== '--json'));
  if (args.includes('--json')) process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`);
  else printTable(report);
  process.exitCode = report.goals.every(({ met }) => met) ? 0 : 1;
} else {
  process.stderr.write(`Usage: npm run bench -- <${Object.keys(BENCHMARKS).join('|')}> [--json]\n`);
  process.exitCode = 2;
}
