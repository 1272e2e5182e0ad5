import { door } from '../scripts.js';
import type { Stage } from '../stage.js';

export function timeLimit(stage: Stage): void {
  describe('with a short time limit', () => {
    beforeAll(() => stage.open({ EXTRACTION_TIMEOUT_MS: '300', EXTRACTION_ATTEMPTS: '2' }));
    afterEach(() => stage.app.clear());
    afterAll(() => stage.leave());

    it('a run that passes it is stopped, and it was an attempt', async () => {
      const user = await stage.someone();
      const reasons: unknown[] = [];
      stage.scripts.set('extract-platform', user, async (run) => {
        await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
        reasons.push(run.signal.reason);
        throw run.signal.reason;
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'failed', errorCode: 'TIMEOUT', attemptsMade: 2 });
      expect(reasons).toEqual([
        expect.any(stage.app.errors.JobTimeoutError),
        expect.any(stage.app.errors.JobTimeoutError),
      ]);
    });

    it('a run that ignores its signal does not keep its slot, and what it does later counts for nothing', async () => {
      const [user, next] = [await stage.someone(), await stage.someone()];
      const { opened, open: letGo } = door();
      const refused = door();
      stage.scripts.set('extract-platform', user, async (run) => {
        await opened;
        await run
          .save({ checkpoint: { late: true }, progress: 99, items: 9, step: '' }, () => Promise.resolve())
          .catch(refused.open);
        return { items: 9 };
      });
      const { job } = await stage.app.extraction(user);
      await stage.scripts.begun(user);

      const behind = await stage.app.extraction(next);

      expect((await stage.app.settled(behind.job.id)).state).toBe('completed');
      const failed = await stage.app.settled(job.id);
      letGo();
      await refused.opened;
      expect(failed).toMatchObject({
        state: 'failed',
        errorCode: 'TIMEOUT',
        items: 0,
        checkpoint: null,
        result: null,
      });
      expect(await stage.app.job(job.id)).toEqual(failed);
    });

    it('a long run that gets on gets to its end, and no attempt is spent', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        const done = (run.checkpoint as { page: number } | undefined)?.page ?? 0;
        for (let page = done + 1; page <= 8; page += 1) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          await run.save({ checkpoint: { page }, progress: page, items: 1, step: '' }, () => Promise.resolve());
        }
        return { items: run.items };
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({
        state: 'completed',
        items: 8,
        attemptsMade: 1,
        crashes: 0,
      });
      expect(new Set(stage.scripts.runsOf(user).map((run) => run.attempt))).toEqual(new Set([1]));
      const told = stage.app.transitions.filter(({ jobId }) => jobId === job.id).map(({ kind }) => kind);
      expect(told.filter((kind) => kind === 'failed')).toEqual([]);
    });

    it('a run that stores the same checkpoint again and again does not get on', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        while (!run.signal.aborted) {
          await new Promise((resolve) => setTimeout(resolve, 50));
          await run.save({ checkpoint: { stuck: true }, progress: 1, items: 0, step: '' }, () => Promise.resolve());
        }
        throw run.signal.reason;
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'failed', errorCode: 'TIMEOUT' });
    });
  });
}
