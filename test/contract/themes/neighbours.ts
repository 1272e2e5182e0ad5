import type { Stage } from '../stage.js';

export function neighbours(stage: Stage): void {
  describe('with several slots', () => {
    beforeAll(() => stage.open({ EXTRACTION_CONCURRENCY: '5' }));
    afterEach(() => stage.app.clear());
    afterAll(() => stage.leave());

    it('the neighbours of a job that kills its process are not taken for poison with it', async () => {
      const [poison, ...neighbours] = [
        await stage.someone(),
        await stage.someone(),
        await stage.someone(),
        await stage.someone(),
      ];
      const everybodyDies = `UPDATE jobs SET lease_until = now() - interval '1 second', claim = claim + 1 WHERE status = 'active'`;
      for (const user of neighbours) {
        stage.scripts.set('extract-platform', user, async () => {
          await new Promise((resolve) => setTimeout(resolve, 400));
          return { items: 1 };
        });
      }
      stage.scripts.set('extract-platform', poison, async (run) => {
        // It kills its process, with all other jobs that run there, once all have begun.
        if (run.job.claim === 1) await Promise.all(neighbours.map((user) => stage.scripts.begun(user)));
        await stage.app.database.query(everybodyDies);
        await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
      });

      const jobs = await Promise.all([poison, ...neighbours].map((user) => stage.app.extraction(user)));

      const [dead, ...alive] = await Promise.all(jobs.map(({ job }) => stage.app.settled(job.id)));
      expect(dead).toMatchObject({ state: 'failed', errorCode: 'POISON' });
      expect(alive.map(({ state, result }) => ({ state, result }))).toEqual(
        Array(3).fill({ state: 'completed', result: { items: 1 } }),
      );
    });
  });
}
