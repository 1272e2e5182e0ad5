import type { Stage } from '../stage.js';

export function startLimit(stage: Stage): void {
  describe('with a start limit of 10 a second', () => {
    beforeAll(() =>
      stage.open({ EXTRACTION_CONCURRENCY: '40', EXTRACTION_RATE_MAX: '10', EXTRACTION_RATE_DURATION: '1000' }),
    );
    afterAll(() => stage.leave());

    it('no second sees more than 10 starts and the one that may be early, all jobs start, and priority holds', async () => {
      const jobs: string[] = [];
      for (let n = 0; n < 35; n += 1) jobs.push((await stage.app.extraction(await stage.someone())).job.id);
      const urgent: string[] = [];
      for (let n = 0; n < 3; n += 1) {
        urgent.push((await stage.app.extraction(await stage.someone(), { priority: 1 })).job.id);
      }

      await Promise.all([...jobs, ...urgent].map((id) => stage.app.settled(id)));

      const mine = new Set([...jobs, ...urgent]);
      const starts = (await stage.app.dispatches()).filter(({ jobId }) => mine.has(jobId));
      expect(starts).toHaveLength(38);
      // The limit is asked between these two times, so those are counted that were in the same second for sure.
      const busiest = starts.map(
        ({ beganMs }) => starts.filter((other) => other.beganMs >= beganMs && other.atMs < beganMs + 1_000).length,
      );
      expect(Math.max(...busiest)).toBeLessThanOrEqual(11);
      // And it is used: 38 starts need at least 3.6 s, and little more.
      const span = starts.at(-1)!.atMs - starts[0]!.atMs;
      expect(span).toBeGreaterThan(3_500);
      expect(span).toBeLessThan(30_000);
      const [asked] = await stage.app.history(urgent[2]!);
      const after = starts.filter(({ atMs }) => atMs > asked!.at.getTime() + 1);
      expect(after.slice(0, 3).map(({ priority }) => priority)).toContain(1);
      expect(after.findLastIndex(({ priority }) => priority === 1)).toBeLessThanOrEqual(3);
    });
  });
}
