import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { Rounds } from './round.js';

/** A contestant's process, which is asked for one round at a time. */
export class Contestant {
  private constructor(
    readonly name: string,
    private readonly process: ChildProcess,
  ) {}

  static async start(name: string, env: Readonly<Record<string, string>>): Promise<Contestant> {
    const file = new URL(`${name}.js`, import.meta.url);
    const child = fork(file, { env: { PATH: process.env['PATH'], ...env } });
    const contestant = new Contestant(name, child);
    await contestant.answer();
    return contestant;
  }

  /** @returns the milliseconds it took */
  async round(round: keyof Rounds, jobs: number): Promise<number> {
    this.process.send({ round, jobs });
    return ((await this.answer()) as { ms: number }).ms;
  }

  async end(): Promise<void> {
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    this.process.kill('SIGKILL');
    await once(this.process, 'exit');
  }

  private async answer(): Promise<unknown> {
    const controller = new AbortController();
    const { signal } = controller;
    try {
      return await Promise.race([
        once(this.process, 'message', { signal }).then(([message]) => message as unknown),
        once(this.process, 'exit', { signal }).then(() => {
          throw new Error(`${this.name} ended`);
        }),
      ]);
    } finally {
      controller.abort();
    }
  }
}
