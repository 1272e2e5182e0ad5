import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Child } from '../test/support/child.js';
import { freePort } from '../test/support/free-port.js';
import { until } from '../test/support/until.js';

/** The built program; TEST_PROGRAM names another build to measure. */
export const PRODUCT = resolve(process.env['TEST_PROGRAM'] ?? 'dist/main.js');

/** A server program as a process of its own on a free port. */
export interface Program {
  readonly url: string;
  readonly pid: number;
  /** Processor time it has used so far, in milliseconds; 0 on systems without `/proc`. */
  cpuMs(): number;
  /** Begins or ends a CPU profile, where one was asked for. */
  profile(): void;
  end(): Promise<void>;
}

export interface ProgramOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Answers 200 when the program can be measured. */
  readonly readyPath?: string;
  /** A folder for CPU profiles of what is measured, to be looked at in Chrome's DevTools. */
  readonly profileTo?: string | undefined;
}

/** Starts a program that takes its port from `PORT`, and waits until it is ready. */
export async function startProgram(
  file: string,
  { env, readyPath = '/health/ready', profileTo }: ProgramOptions,
): Promise<Program> {
  if (profileTo !== undefined) mkdirSync(profileTo, { recursive: true });
  const port = await freePort();
  const hook = new URL('profile-hook.js', import.meta.url).href;
  const child = new Child(process.execPath, [...(profileTo === undefined ? [] : ['--import', hook]), file], {
    env: {
      PORT: String(port),
      API_RATE_MAX: '0',
      ...(profileTo !== undefined && { PROFILE_TO: resolve(profileTo) }),
      ...env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await until(
      `${file} to be ready`,
      async () => {
        if (!child.isRunning) throw new Error(child.output);
        return (await fetch(`${url}${readyPath}`)).ok;
      },
      { limitMs: 60_000 },
    );
  } catch (error) {
    await child.end('SIGKILL');
    throw error;
  }
  return {
    url,
    pid: child.pid,
    cpuMs: () => cpuMsOf(child.pid),
    profile: () => {
      if (profileTo !== undefined) child.signal('SIGUSR2');
    },
    end: async () => {
      await child.end('SIGTERM');
    },
  };
}

/** Linux counts in ticks of 10 ms. */
function cpuMsOf(pid: number): number {
  try {
    // After the name in parentheses: utime and stime are the 12th and 13th fields (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  } catch {
    return 0;
  }
}
