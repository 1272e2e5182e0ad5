import type { Fault } from '../../src/sandbox/faults.js';

/** Orders faults from one stand-in of a sandbox, and reads what was asked of it. */
export class SandboxControl {
  constructor(
    readonly sandboxUrl: string,
    readonly standIn: string,
  ) {}

  /** The stand-in's own address, where its OAuth server and its API are. */
  get url(): string {
    return `${this.sandboxUrl}/${this.standIn}`;
  }

  async addFault(fault: Partial<Fault>): Promise<void> {
    await this.send('POST', `/sandbox/${this.standIn}/faults`, fault);
  }

  /** No faults, no requests counted, as after a start. */
  async reset(): Promise<void> {
    await this.send('DELETE', `/sandbox/${this.standIn}/faults`);
    await this.send('DELETE', `/sandbox/${this.standIn}/requests`);
  }

  /** How often each path was asked for. */
  async requests(): Promise<Record<string, number>> {
    return (await (await this.send('GET', `/sandbox/${this.standIn}/requests`)).json()) as Record<string, number>;
  }

  /** How often one path was asked for. */
  async countOf(path: string): Promise<number> {
    return (await this.requests())[path] ?? 0;
  }

  /** Moves the sandbox's clock, by which its tokens expire. */
  async advanceClock(advanceMs: number): Promise<void> {
    await this.send('POST', '/sandbox/clock', { advanceMs });
  }

  private async send(method: string, path: string, body?: unknown): Promise<Response> {
    const response = await fetch(`${this.sandboxUrl}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    if (!response.ok) throw new Error(`Sandbox: ${response.status} ${await response.text()}`);
    return response;
  }
}
