import { setTimeout as sleep } from 'node:timers/promises';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { randomOf } from '../support/planted-users.js';
import { RunningApp } from '../support/running-app.js';
import { servedItems, total } from '../support/served-items.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';
import { SEEDS, inFull } from '../support/length.js';

jest.setTimeout(600_000);

describe('one process with its database inside', () => {
  let sandbox: Sandbox;
  let app: RunningApp;
  let served: Record<string, number>;

  beforeAll(async () => {
    sandbox = await startStillSandbox();
    app = await RunningApp.start({ sandboxPort: sandbox.port, env: { SHUTDOWN_TIMEOUT_MS: '1000' } });
    served = await servedItems(`${sandbox.url}/spotify`, 'night-owl');
  });
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
  });

  it.each(SEEDS)('loses nothing when it dies at any moment, with others writing (R24, seed %d)', async (seed) => {
    const random = randomOf(seed);
    await app.spotify.reset();
    await app.spotify.addFault({ path: '/v1/', latencyMs: 10 });
    const person = await ApiClient.signIn(app);
    const other = await ApiClient.signIn(app);
    const { jobId } = await person.beginConnect('night-owl');
    let read = 0;
    for (let death = 0; death < inFull(5, 1); death++) {
      // Deaths without any gain between them would make it a poison job.
      read = await until('more items', async () => {
        const { items, state } = await person.get(`/jobs/${jobId}`);
        return (items > read || state === 'completed') && items;
      });
      // About 300 kB in a write of its own, while the extraction writes its pages.
      const end = Date.now() + 500 * random();
      for (let name = 0; Date.now() < end; name++) await other.patch('/me', { displayName: `Name ${name}` });
      const writing = Promise.allSettled(
        Array.from({ length: 20 }, () => other.patch('/me', { displayName: 'é'.repeat(80) })),
      );
      await sleep(20 * random());
      await app.kill();
      await writing;
      await app.startAgain();
    }
    expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', items: total(served) });
    expect(await person.itemCounts()).toEqual(served);
    expect((await person.typesOfEvents()).filter((type) => type === 'extraction_completed')).toHaveLength(1);
    expect((await other.get('/me')).displayName).toMatch(/^(Name \d+|é{80})$/);
  });
});
