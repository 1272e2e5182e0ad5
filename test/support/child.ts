import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly uid?: number | undefined;
  readonly gid?: number | undefined;
}

/** How a process ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A process of the tests' own, with what it prints; only it is ever ended, by its pid. */
export class Child {
  /** Everything it has printed, both streams, line by line. */
  readonly lines: string[] = [];
  /** Resolves when it has ended and all it printed is in `lines`. */
  readonly ended: Promise<Ending>;
  private readonly process: ChildProcess;

  constructor(command: string, args: readonly string[], { env = {}, ...options }: ChildOptions = {}) {
    this.process = spawn(command, args, { ...options, env: { ...cleanEnvironment(), ...env }, stdio: 'pipe' });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      if (stream) createInterface(stream).on('line', (line) => this.lines.push(line));
    }
    this.ended = new Promise((resolve) => {
      this.process.once('error', (error) => {
        this.lines.push(error.message);
        resolve({ code: null, signal: null });
      });
      this.process.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  get pid(): number {
    return this.process.pid ?? 0;
  }

  get output(): string {
    return this.lines.join('\n');
  }

  get isRunning(): boolean {
    return this.process.pid !== undefined && this.process.exitCode === null && this.process.signalCode === null;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Signals it and waits for its end; SIGKILL follows when it takes longer than `limitMs`. */
  async end(signal: NodeJS.Signals, limitMs = 30_000): Promise<Ending> {
    this.signal(signal);
    const timer = setTimeout(() => this.signal('SIGKILL'), limitMs);
    const ending = await this.ended;
    clearTimeout(timer);
    return ending;
  }
}

/** What any program needs, and nothing that could change what ours does. */
function cleanEnvironment(): Record<string, string> {
  const { PATH = '', HOME = '', TMPDIR, LANG } = process.env;
  return { PATH, HOME, ...(TMPDIR !== undefined && { TMPDIR }), ...(LANG !== undefined && { LANG }) };
}
