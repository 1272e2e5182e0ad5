import { door } from '../scripts.js';
import type { Stage } from '../stage.js';

export function askingAgain(stage: Stage): void {
  describe('asking again', () => {
    it('for an unfinished job returns the one that is there, raised', async () => {
      const letGo = await stage.fillTheSlot();
      const user = await stage.someone();
      const first = await stage.app.extraction(user, { priority: 10 });

      const second = await stage.app.extraction(user, { priority: 1 });
      const third = await stage.app.extraction(user, { priority: 5 });

      expect([first.created, second.created, third.created]).toEqual([true, false, false]);
      expect([second.job.id, third.job.id]).toEqual([first.job.id, first.job.id]);
      expect([first.job.priority, second.job.priority, third.job.priority]).toEqual([10, 1, 1]);
      letGo();
      await stage.app.settled(first.job.id);
      expect(stage.scripts.runsOf(user)).toHaveLength(1);
    });

    it('for a job that waits for its next attempt brings it forward', async () => {
      const user = await stage.someone();
      const letGo = await stage.fillTheSlot();
      const { job } = await stage.app.extraction(user);
      await stage.app.alter(job.id, `run_at = now() + interval '1 hour', attempts_made = 1`);

      await stage.app.extraction(user);

      letGo();
      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'completed', attemptsMade: 2 });
    });

    it('for a running job does not make it run twice', async () => {
      const user = await stage.someone();
      const { opened, open: letGo } = door();
      stage.scripts.set('extract-platform', user, async () => {
        await opened;
        return { items: 0 };
      });
      const { job } = await stage.app.extraction(user);
      await stage.scripts.begun(user);

      const again = await stage.app.extraction(user, { priority: 1 });

      letGo();
      await stage.app.settled(job.id);
      expect(again).toMatchObject({ created: false, job: { id: job.id, status: 'active' } });
      expect(stage.scripts.runsOf(user)).toHaveLength(1);
    });

    it('for a job that is over makes a new one, and for another platform too', async () => {
      const user = await stage.someone();
      const { job } = await stage.app.extraction(user);
      await stage.app.settled(job.id);

      const [again, elsewhere] = [
        await stage.app.extraction(user),
        await stage.app.extraction(user, { platform: 'github' }),
      ];

      expect(new Set([job.id, again.job.id, elsewhere.job.id]).size).toBe(3);
    });

    it('many times at once makes one job', async () => {
      const letGo = await stage.fillTheSlot();
      const user = await stage.someone();

      const answers = await Promise.all(Array.from({ length: 20 }, () => stage.app.extraction(user)));

      expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1);
      expect(answers.filter(({ created }) => created)).toHaveLength(1);
      letGo();
    });
  });
}
