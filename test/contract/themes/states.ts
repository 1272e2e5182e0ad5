import type { Stage } from '../stage.js';

export function states(stage: Stage): void {
  describe('states', () => {
    it('are those that people know from Bull, and two of ours', async () => {
      const letGo = await stage.fillTheSlot();
      const [user, failing] = [await stage.someone(), await stage.someone()];
      stage.scripts.set('extract-platform', failing, () => {
        throw new stage.app.errors.PermanentError('NO', 'no');
      });
      const before = (await stage.app.counts()).extraction;
      const { job } = await stage.app.extraction(user);
      const state = async (id = job.id) => (await stage.app.job(id)).state;

      expect(await state()).toBe('waiting');
      expect((await stage.app.counts()).extraction).toEqual({ ...before, waiting: before.waiting + 1 });
      await stage.app.pause('extraction');
      expect(await state()).toBe('paused');
      expect((await stage.app.counts()).extraction).toMatchObject({ active: 1, waiting: 0, paused: 1 });
      await stage.app.alter(job.id, `run_at = now() + interval '1 hour'`);
      expect(await state()).toBe('delayed');
      await stage.app.alter(job.id, `run_at = now()`);
      await stage.app.resume('extraction');

      letGo();
      await stage.app.settled(job.id);
      const failed = await stage.app.extraction(failing);
      await stage.app.settled(failed.job.id);

      expect(await state()).toBe('completed');
      expect(await state(failed.job.id)).toBe('failed');
      expect((await stage.app.counts()).extraction).toMatchObject({
        active: 0,
        waiting: 0,
        completed: before.completed + 2,
        failed: before.failed + 1,
      });
    });
  });
}
