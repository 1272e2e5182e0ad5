import { door } from '../scripts.js';
import type { Stage } from '../stage.js';

export function cancelling(stage: Stage): void {
  describe('cancelling', () => {
    it('a waiting job: it never runs', async () => {
      const letGo = await stage.fillTheSlot();
      const [user, later] = [await stage.someone(), await stage.someone()];
      const { job } = await stage.app.extraction(user);

      await stage.app.cancel(job.id);

      const behind = await stage.app.extraction(later);
      letGo();
      await stage.app.settled(behind.job.id);
      expect((await stage.app.job(job.id)).state).toBe('cancelled');
      expect(stage.scripts.runsOf(user)).toEqual([]);
    });

    it('a running job: its next write is refused and changes nothing', async () => {
      const user = await stage.someone();
      const { opened, open: letGo } = door();
      const refused: unknown[] = [];
      const wrote = jest.fn(() => Promise.resolve());
      stage.scripts.set('extract-platform', user, async (run) => {
        await run.save({ checkpoint: { page: 1 }, progress: 10, items: 1, step: '' }, () => Promise.resolve());
        await opened;
        await run.progress(50, '').catch((error: unknown) => refused.push(error));
        await run
          .save({ checkpoint: { page: 2 }, progress: 60, items: 1, step: '' }, wrote)
          .catch((error: unknown) => refused.push(error));
        return { items: 2 };
      });
      const { job } = await stage.app.extraction(user);
      await stage.app.when(job.id, ({ items }) => items === 1);

      await stage.app.cancel(job.id);
      const cancelled = await stage.app.job(job.id);
      letGo();

      const next = await stage.someone();
      await stage.app.settled((await stage.app.extraction(next)).job.id);
      expect(refused).toEqual([expect.any(stage.app.errors.FencedError), expect.any(stage.app.errors.FencedError)]);
      expect(wrote).not.toHaveBeenCalled();
      expect(await stage.app.job(job.id)).toEqual(cancelled);
      expect(cancelled).toMatchObject({ state: 'cancelled', items: 1, checkpoint: { page: 1 }, result: null });
    });

    it('a running job that writes nothing: its signal tells it within a lease renewal', async () => {
      const user = await stage.someone();
      const aborted = door();
      stage.scripts.set('extract-platform', user, (run) => {
        run.signal.addEventListener('abort', aborted.open);
        return new Promise(() => undefined);
      });
      const { job } = await stage.app.extraction(user);
      await stage.scripts.begun(user);

      await stage.app.cancel(job.id);

      const at = Date.now();
      await aborted.opened;
      expect(Date.now() - at).toBeLessThan(6_000);
      expect((await stage.app.job(job.id)).state).toBe('cancelled');
    });

    it('a job that is over: nothing happens', async () => {
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      const done = await stage.app.settled(job.id);

      expect(await stage.app.cancel(job.id)).toBeUndefined();

      expect(await stage.app.job(job.id)).toEqual(done);
    });
  });
}
