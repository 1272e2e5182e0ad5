import { door } from '../scripts.js';
import type { Stage } from '../stage.js';

export function order(stage: Stage): void {
  describe('order', () => {
    it('a lower priority number goes first, and those of one priority in the order of asking', async () => {
      const letGo = await stage.fillTheSlot();
      const expected: [number, string][] = [];
      const jobs: string[] = [];
      for (const priority of [10, 5, 1, 10, 1, 5, 5]) {
        const user = await stage.someone();
        expected.push([priority, user]);
        jobs.push((await stage.app.extraction(user, { priority })).job.id);
      }
      const before = stage.scripts.runs.length;

      letGo();
      await Promise.all(jobs.map((id) => stage.app.settled(id)));

      const inOrder = [...expected].sort(([a], [b]) => a - b).map(([, user]) => user);
      expect(stage.scripts.runs.slice(before).map((run) => run.userId)).toEqual(inOrder);
    });

    it("a premium user's job has priority 1, and goes before what waits longer", async () => {
      const letGo = await stage.fillTheSlot();
      const [ordinary, premium] = [await stage.someone(), await stage.someone({ premium: true })];
      const first = await stage.app.extraction(ordinary);
      const second = await stage.app.extraction(premium, { priority: 10 });
      const before = stage.scripts.runs.length;

      letGo();
      await stage.app.settled(first.job.id);

      expect(first.job.priority).toBe(5);
      expect(second.job.priority).toBe(1);
      expect(stage.scripts.runs.slice(before).map((run) => run.userId)).toEqual([premium, ordinary]);
    });

    it('a job with a delay waits before its first start', async () => {
      const user = await stage.someone();

      const { job } = await stage.app.build(user);

      expect((await stage.app.job(job.id)).state).toBe('delayed');
      const done = await stage.app.settled(job.id);
      expect(done.startedAt!.getTime() - done.createdAt.getTime()).toBeGreaterThanOrEqual(400);
      expect(done.priority).toBe(10);
    });

    it('builds of one user run one at a time', async () => {
      const user = await stage.someone();
      const { opened, open: letGo } = door();
      stage.scripts.set('build-signature', user, async () => {
        if (stage.scripts.runsOf(user, 'build-signature').length === 1) await opened;
        return { version: 1, changed: true };
      });
      const first = await stage.app.build(user);
      await stage.scripts.begun(user, 1, 'build-signature');
      const second = await stage.app.build(user);
      const other = await stage.someone();

      await stage.app.settled((await stage.app.build(other)).job.id);

      // The other's build was asked for later and is done; the second of this user has not begun.
      expect(second.job.id).not.toBe(first.job.id);
      expect(stage.scripts.runsOf(user, 'build-signature')).toHaveLength(1);
      letGo();
      expect((await stage.app.settled(second.job.id)).state).toBe('completed');
    });

    it('builds of one user that are due at the same time run one after the other', async () => {
      const user = await stage.someone();
      let [running, most] = [0, 0];
      stage.scripts.set('build-signature', user, async () => {
        most = Math.max(most, (running += 1));
        await new Promise((resolve) => setTimeout(resolve, 100));
        running -= 1;
        return { version: 1, changed: true };
      });
      const first = await stage.app.build(user);
      await stage.app.alter(first.job.id, 'claim = 1, unique_key = NULL'); // As one that was handed back.
      const second = await stage.app.build(user);

      for (const { job } of [first, second]) expect((await stage.app.settled(job.id)).state).toBe('completed');

      expect([second.created, most]).toEqual([true, 1]);
    });
  });
}
