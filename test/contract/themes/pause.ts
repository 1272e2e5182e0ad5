import type { Stage } from '../stage.js';

export function pause(stage: Stage): void {
  describe('a paused queue', () => {
    it('starts nothing, lets what runs go on, and goes on where it was when it is resumed', async () => {
      const letGo = await stage.fillTheSlot();
      const running = stage.scripts.runs.at(-1)!;
      await stage.app.pause('extraction');
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);

      letGo();
      expect((await stage.app.settled(running.jobId)).state).toBe('completed');
      // The other queue is not paused, and by the time its job is done this one has been passed over many times.
      await stage.app.settled((await stage.app.build(user)).job.id);
      expect(stage.scripts.runsOf(user)).toEqual([]);
      expect((await stage.app.job(job.id)).state).toBe('paused');

      await stage.app.resume('extraction');
      expect((await stage.app.settled(job.id)).state).toBe('completed');
    });
  });
}
