import type { Stage } from '../stage.js';

export function expiry(stage: Stage): void {
  describe('expiry', () => {
    it('a job that was not started within its time never runs', async () => {
      const letGo = await stage.fillTheSlot();
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      await stage.app.alter(job.id, `expires_at = now() - interval '1 second'`);

      expect(await stage.app.settled(job.id)).toMatchObject({
        state: 'expired',
        errorCode: 'EXPIRED',
        startedAt: null,
      });

      letGo();
      const again = await stage.app.extraction(user);
      await stage.app.settled(again.job.id);
      expect(stage.scripts.runsOf(user).map((run) => run.jobId)).toEqual([again.job.id]);
    });

    it('the time for which its queue stood still does not count', async () => {
      await stage.app.pause('extraction');
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      await stage.app.alter(
        job.id,
        `created_at = now() - interval '2 hours', run_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'`,
      );
      await stage.app.database.query(
        `UPDATE queues SET paused_at = now() - interval '119 minutes' WHERE name = 'extraction'`,
      );
      // Meanwhile the other queue goes on, and so does the looking for what has expired.
      await stage.app.settled((await stage.app.build(user)).job.id);

      await stage.app.resume('extraction');

      expect((await stage.app.settled(job.id)).state).toBe('completed');
    });

    it('a job that was started once is tried again however late it is', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        await stage.app.alter(run.job.id, `expires_at = now() - interval '1 second'`);
        if (run.attempt < 3) throw new Error('on purpose');
        return { items: 0 };
      });

      const { job } = await stage.app.extraction(user);

      expect((await stage.app.settled(job.id)).state).toBe('completed');
    });
  });
}
