import { door } from '../scripts.js';
import type { Stage } from '../stage.js';

export function startAndEnd(stage: Stage): void {
  describe('at its start and its end', () => {
    afterEach(() => stage.leave());

    it('refuses to start while nobody takes a job, and names it', async () => {
      const start = stage.openWith('one missing');
      await expect(start).rejects.toThrow(/No handler for build-signature/);
    });

    it('refuses two handlers for one job', async () => {
      const start = stage.openWith('one twice');
      await expect(start).rejects.toThrow(/extract-platform/);
    });

    it('lets a run end that ends in time, and starts nothing more', async () => {
      await stage.open();
      const [running, waiting] = [await stage.someone(), await stage.someone()];
      const began = door();
      stage.scripts.set('extract-platform', running, async () => {
        began.open();
        await new Promise((resolve) => setTimeout(resolve, 200));
        return { items: 3 };
      });
      const first = await stage.app.extraction(running);
      const second = await stage.app.extraction(waiting);
      await began.opened;

      await stage.close();

      await stage.open();
      expect(await stage.app.job(first.job.id)).toMatchObject({
        state: 'completed',
        result: { items: 3 },
        attemptsMade: 1,
      });
      expect(await stage.app.settled(second.job.id)).toMatchObject({ state: 'completed', crashes: 0, attemptsMade: 1 });
    });

    it('hands a run that does not end back at its checkpoint, and the next process finishes it', async () => {
      await stage.open();
      const user = await stage.someone();
      const saved = door();
      stage.scripts.set('extract-platform', user, async (run) => {
        await run.save({ checkpoint: { page: 1 }, progress: 40, items: 7, step: '' }, () => Promise.resolve());
        saved.open();
        await new Promise(() => undefined);
      });
      const { job } = await stage.app.extraction(user);
      await saved.opened;

      await stage.close();

      await stage.open();
      const done = await stage.app.settled(job.id);
      expect(stage.scripts.runsOf(user)).toMatchObject([{ attempt: 1, checkpoint: { page: 1 } }]);
      expect(done).toMatchObject({ state: 'completed', items: 7, crashes: 0, attemptsMade: 1, progress: 100 });
    });

    it('counts no crash when it ends while many jobs are about to start', async () => {
      const settings = { EXTRACTION_CONCURRENCY: '20', SHUTDOWN_TIMEOUT_MS: '5000' };
      await stage.open(settings);
      await stage.app.pause('extraction');
      const jobs: string[] = [];
      const people: string[] = [];
      for (let n = 0; n < 20; n += 1) {
        const user = await stage.someone();
        people.push(user);
        stage.scripts.set('extract-platform', user, async () => {
          await new Promise((resolve) => setTimeout(resolve, 100));
          return { items: 0 };
        });
        jobs.push((await stage.app.extraction(user)).job.id);
      }

      await stage.app.resume('extraction');
      await Promise.any(people.map((user) => stage.scripts.begun(user)));
      await stage.close();

      await stage.open(settings);
      for (const id of jobs) {
        expect(await stage.app.settled(id)).toMatchObject({ state: 'completed', attemptsMade: 1 });
        expect((await stage.app.history(id)).map(({ crashes }) => crashes)).not.toContain(1);
      }
    });
  });
}
