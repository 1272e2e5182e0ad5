import type { Stage } from '../stage.js';

export function hints(stage: Stage): void {
  describe('hints', () => {
    const lost = `dispatch = dispatch + 1, dispatched_at = now() - interval '6 seconds'`;

    it('that are lost on their way are given again', async () => {
      await stage.app.pause('extraction');
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      await stage.app.alter(job.id, lost);

      await stage.app.resume('extraction');

      expect((await stage.app.settled(job.id)).state).toBe('completed');
      expect(stage.scripts.runsOf(user).map((run) => run.hint.dispatch)).toEqual([2]);
    });

    it('that come again after the run start nothing before the job is due again', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, () => {
        throw new stage.app.errors.RateLimitedError(new Date(Date.now() + 600_000), 'Slow down');
      });
      const { job } = await stage.app.extraction(user);
      const { dispatch } = await stage.app.when(job.id, (now) => now.state === 'delayed' && now.claim > 0);

      expect(await stage.app.ledger.claim('extract-platform', { jobId: job.id, dispatch })).toBeUndefined();

      expect(await stage.app.job(job.id)).toMatchObject({ state: 'delayed', claim: 1 });
    });

    it('that got lost are given again, but not while every slot is busy', async () => {
      const letGo = await stage.fillTheSlot();
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      await stage.app.alter(job.id, `dispatch = dispatch + 1, dispatched_at = now() - interval '6 seconds'`);
      const { dispatch } = await stage.app.job(job.id);
      await new Promise((resolve) => setTimeout(resolve, 2_500)); // The sweep comes by twice.
      expect((await stage.app.job(job.id)).dispatch).toBe(dispatch);

      letGo();
      await stage.app.settled(job.id);

      const later = await stage.someone();
      await stage.app.settled((await stage.app.extraction(later)).job.id);
      expect(stage.scripts.runsOf(user).map((run) => run.hint.dispatch)).toEqual([dispatch + 1]);
    });

    it('that are given twice start one run', async () => {
      const letGo = await stage.fillTheSlot();
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      await stage.app.alter(job.id, `dispatch = dispatch + 1, dispatched_at = now()`);
      const { dispatch } = await stage.app.job(job.id);
      const hint = { jobId: job.id, dispatch };

      const claims = await Promise.all([1, 2, 3].map(() => stage.app.ledger.claim('extract-platform', hint)));

      expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1);
      expect(await stage.app.job(job.id)).toMatchObject({ state: 'active', claim: 1 });
      await stage.app.cancel(job.id);
      letGo();
    });
  });
}
