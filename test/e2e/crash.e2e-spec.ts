import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';
import { servedItems, total } from '../support/served-items.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { until } from '../support/until.js';

interface Job {
  readonly items: number;
  readonly progress: number;
}

/** Where the process dies: in the n-th page of these lists. */
const DEATHS = [
  { path: '/v1/me/tracks', page: 4 },
  { path: '/v1/me/albums', page: 2 },
  { path: '/v1/playlists/', page: 5 },
];

const ALL = [
  { database: 'embedded', deaths: inFull(DEATHS, DEATHS.slice(2)) },
  // Other processes may share a server, so after each kill there the lease has to run out first: one kill is enough.
  { database: 'postgres', deaths: DEATHS.slice(1, 2) },
] as const;

describe.each(ALL.slice(0, inFull(2, 1)))(
  'a process that is killed in an extraction ($database)',
  ({ database, deaths }) => {
    let sandbox: Sandbox;
    let app: RunningApp;
    let served: Record<string, number>;
    /** The requests of an extraction that is not killed. */
    let asked: Record<string, number>;

    beforeAll(async () => {
      sandbox = await startStillSandbox();
      app = await RunningApp.start({ database, sandboxPort: sandbox.port, env: { SHUTDOWN_TIMEOUT_MS: '1000' } });
      served = await servedItems(`${sandbox.url}/spotify`, 'night-owl');
      await app.spotify.reset();
      const person = await ApiClient.signIn(app);
      await person.endOf((await person.connect('night-owl')).jobId);
      asked = apiRequests(await app.spotify.requests());
    });
    beforeEach(() => app.spotify.reset());
    afterAll(async () => {
      await app.stop();
      await sandbox.close();
    });

    it('goes on from its checkpoint each time, repeats no page, and completes once', async () => {
      for (const { path, page } of deaths) await app.spotify.addFault({ path, after: page - 1, hang: true, times: 1 });
      const person = await ApiClient.signIn(app);
      const { jobId } = await person.beginConnect('night-owl');
      for (const { path, page } of deaths) {
        const arrived = async () => countBelow(path, await app.spotify.requests()) >= page;
        await until(`page ${page} of ${path} to be asked for`, arrived);
        const before = await allStored(person, jobId);
        expect(before).toMatchObject({ state: 'active', attemptsMade: 0 });
        await app.kill();
        await app.startAgain();
        const after = await person.get(`/jobs/${jobId}`);
        expect(after.items).toBeGreaterThanOrEqual(before.items);
        expect(after.progress).toBeGreaterThanOrEqual(before.progress);
      }
      expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', progress: 100, items: total(served) });
      expect(await person.itemCounts()).toEqual(served);

      const requests = apiRequests(await app.spotify.requests());
      // Only the page in which it died is asked for again, once for each death.
      expect(countBelow('/v1/', requests)).toBe(countBelow('/v1/', asked) + deaths.length);
      for (const { path } of deaths) expect(countBelow(path, requests)).toBe(countBelow(path, asked) + 1);
      expect(requests['/v1/me']).toBe(1);

      const types = await person.typesOfEvents();
      expect(types.filter((type) => type === 'extraction_queued')).toHaveLength(1);
      expect(types.filter((type) => type === 'extraction_started')).toHaveLength(1 + deaths.length);
      expect(types.filter((type) => type === 'extraction_completed')).toHaveLength(1);
      expect(types).not.toContain('extraction_failed');
      await person.event('signature_completed');
      const events = await person.events();
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    });

    it('ends a running job at SIGTERM at its checkpoint, without spending an attempt', async () => {
      await app.spotify.addFault({ path: '/v1/me/tracks', after: 2, hang: true, times: 1 });
      const person = await ApiClient.signIn(app);
      const { jobId } = await person.beginConnect('night-owl');
      await until('the third page', async () => (await app.spotify.countOf('/v1/me/tracks')) === 3);
      const startedAt = Date.now();
      expect(await app.terminate()).toEqual({ code: 0, signal: null });
      expect(Date.now() - startedAt).toBeLessThan(30_000);
      await app.startAgain();
      expect(await person.endOf(jobId)).toMatchObject({ state: 'completed', attemptsMade: 1, items: total(served) });
      expect(await app.spotify.countOf('/v1/me/tracks')).toBe(asked['/v1/me/tracks']! + 1);
    });
  },
);

/** The job when all that it has read is stored: pages are read ahead, and storing them may be far behind on a busy machine. */
async function allStored(person: ApiClient, jobId: string): Promise<Job> {
  let last: Job | undefined;
  let same = 0;
  return until('the pages before to be stored', async () => {
    const job: Job = await person.get(`/jobs/${jobId}`);
    same = job.items === last?.items ? same + 1 : 0;
    last = job;
    return same === 20 && job;
  });
}

function apiRequests(requests: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(requests).filter(([path]) => path.startsWith('/v1/')));
}

function countBelow(prefix: string, requests: Readonly<Record<string, number>>): number {
  return total(Object.fromEntries(Object.entries(requests).filter(([path]) => path.startsWith(prefix))));
}
