import { setTimeout as sleep } from 'node:timers/promises';
import { Command } from 'commander';
import type { ImportAnswer, TrialAnswer } from './import-answer.js';
import { filesIn, uploadOf } from './import-files.js';
import { NO_PROGRESS, openProgress, type ProgressDisplay } from './import-progress.js';
import { filesRead, printable, receiptLines } from './import-receipt.js';
import { askServer, ServerRefusal } from './server-api.js';
import { userId } from './tokens.js';

/** How long the server may take to receive an upload, or to read one for a dry run. */
const UPLOAD_MS = 3_600_000;

const LOOK_EVERY_MS = 1_000;

const ENDED = ['completed', 'failed', 'cancelled', 'expired'];

interface Options {
  readonly user: string;
  readonly dryRun?: boolean;
  readonly profile?: string;
  readonly json?: boolean;
}

interface Begun {
  readonly importId: string;
  readonly jobId: string | null;
  readonly detected: readonly { readonly bytes: number }[];
}

/** The command that imports a person's export files through the running server. */
export function importCommand(): Command {
  return new Command('import')
    .description('imports export files of a person (see docs/archives.md) and prints the receipt')
    .argument('<path...>', 'files, or folders with up to 64 files')
    .requiredOption('--user <id>', 'whose files they are (the claim sub)', userId)
    .option('--dry-run', 'prints the receipt that an import would have, and keeps nothing')
    .option('--profile <name>', 'whose rows are read, where a file has those of several profiles')
    .option('--json', 'prints the JSON of the API')
    .action(run);
}

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { user, json = false } = options;
  if (process.env['SOUL_TOKEN'] !== undefined) await checkUser(user);
  const progress = json && !process.stderr.isTTY ? NO_PROGRESS : openProgress();
  let answer: TrialAnswer | ImportAnswer;
  try {
    answer = await importFiles(paths, options, progress);
  } catch (error) {
    throw inDetail(error);
  } finally {
    progress.end();
  }
  if (json) process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`);
  else printReceipt(answer);
  if ('state' in answer && answer.state !== 'completed') {
    const { code, message } = answer.error ?? {
      code: `IMPORT_${answer.state.toUpperCase()}`,
      message: `The import is ${answer.state}. What was read until then stays.`,
    };
    throw new ServerRefusal(code, message);
  }
}

async function importFiles(
  paths: readonly string[],
  { user, dryRun = false, profile }: Options,
  progress: ProgressDisplay,
): Promise<TrialAnswer | ImportAnswer> {
  const files = await filesIn(paths);
  const upload = await uploadOf(files, profile, (sent) => progress.show('Sending', sent, files.bytes));
  const path = `/imports${dryRun ? '?dryRun=true' : ''}`;
  const sent = await ask<TrialAnswer | Begun>(user, { method: 'POST', path, upload, timeoutMs: UPLOAD_MS });
  if (!('importId' in sent)) return sent;
  const bytes = sent.detected.reduce((sum, each) => sum + each.bytes, 0);
  for (;;) {
    const imported = await ask<ImportAnswer>(user, { method: 'GET', path: `/imports/${sent.importId}` });
    progress.show('Reading', Math.floor((bytes * imported.progress) / 100), bytes);
    if (ENDED.includes(imported.state)) return imported;
    await sleep(LOOK_EVERY_MS);
  }
}

/** A token is somebody's already: files of one person must not end up with another. */
async function checkUser(user: string): Promise<void> {
  const me = await ask<{ userId: string }>(user, { method: 'GET', path: '/me' });
  if (me.userId === user) return;
  throw new ServerRefusal('OTHER_USER', `SOUL_TOKEN is a token of ${me.userId}, not of ${user}.`);
}

async function ask<Data>(user: string, question: Parameters<typeof askServer>[1]): Promise<Data> {
  return ((await askServer({ userId: user, admin: false }, question)) as { data: Data }).data; // The API of the same product.
}

function printReceipt(answer: TrialAnswer | ImportAnswer): void {
  const head = 'state' in answer ? `Import ${answer.id} is ${answer.state}` : 'Dry run: nothing was kept';
  process.stdout.write(`${head}\n`);
  const rows = filesRead(answer);
  if (rows.length > 0) console.table(rows);
  process.stdout.write(`${receiptLines(answer).join('\n')}\n`);
}

/** A refusal with what the server says of single files and of profiles. */
function inDetail(error: unknown): unknown {
  if (!(error instanceof ServerRefusal)) return error;
  const { code, message, details } = error;
  // The API of the same product.
  const { entries = [], profiles = [] } = (details ?? {}) as {
    entries?: readonly { readonly name: string; readonly reason: string }[];
    profiles?: readonly string[];
  };
  const lines = [
    ...entries.map(({ name, reason }) => `  ${name}: ${reason}`),
    ...(profiles.length > 0 ? [`  Choose one with --profile: ${profiles.join(', ')}`] : []),
  ];
  return lines.length === 0 ? error : new ServerRefusal(code, [message, ...lines.map(printable)].join('\n'));
}
