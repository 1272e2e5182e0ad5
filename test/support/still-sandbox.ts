import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.js';
import { freePort } from './free-port.js';

/**
 * A sandbox in which no time passes, for the program to find on `SANDBOX_PORT`: its people neither play nor save
 * anything between two extractions, so that numbers of items can be compared exactly.
 */
export async function startStillSandbox(now = new Date()): Promise<Sandbox> {
  return startSandbox({ host: '127.0.0.1', port: await freePort(), now: () => now });
}
