import type { Stage } from '../stage.js';

export function manyAtOnce(stage: Stage): void {
  describe('asking for many at once', () => {
    const many = (users: readonly string[], priority?: number) =>
      stage.app.database.transaction((tx) =>
        stage.app.intake.enqueueMany(
          tx,
          'extract-platform',
          users.map((userId) => ({ userId, platform: 'spotify' })),
          { trigger: 'manual', ...(priority !== undefined && { priority }) },
        ),
      );

    it('answers in the order of asking, and all of them run', async () => {
      const users = await Promise.all(Array.from({ length: 30 }, () => stage.someone()));

      const answers = await many(users);

      expect(answers.map(({ job, created }) => [job.userId, created])).toEqual(users.map((user) => [user, true]));
      for (const { job } of answers) expect(await stage.app.settled(job.id)).toMatchObject({ state: 'completed' });
      for (const user of users) expect(stage.scripts.runsOf(user)).toHaveLength(1);
      const kinds = stage.app.transitions.filter(({ jobId }) => answers.some(({ job }) => job.id === jobId));
      expect(kinds.filter(({ kind }) => kind === 'queued')).toHaveLength(30);
    });

    it('gives one job for the same wish, and one that is there already, raised', async () => {
      const letGo = await stage.fillTheSlot();
      const [known, other] = [await stage.someone(), await stage.app.user('premium-of-many', { premium: true })];
      const before = await stage.app.extraction(known, { priority: 10 });

      const answers = await many([other, known, other, known], 5);

      expect(answers.map(({ created }) => created)).toEqual([true, false, true, false]);
      expect(answers.map(({ job }) => job.id)).toEqual([
        answers[0]?.job.id,
        before.job.id,
        answers[0]?.job.id,
        before.job.id,
      ]);
      expect(answers.map(({ job }) => job.priority)).toEqual([1, 5, 1, 5]);
      letGo();
      for (const { job } of answers) await stage.app.settled(job.id);
    });

    it('adds none when there is nobody to run one for', async () => {
      const user = await stage.someone();

      await expect(many([user, 'nobody'])).rejects.toThrow(/account was deleted/);

      expect(await stage.app.database.query('SELECT FROM jobs WHERE user_id = $1', [user])).toEqual([]);
    });

    it('deadlocks nobody who asks for the same in another order', async () => {
      const letGo = await stage.fillTheSlot();
      const users = await Promise.all(Array.from({ length: 20 }, () => stage.someone()));

      const answers = await Promise.all(
        Array.from({ length: 10 }, (_, n) => many(n % 2 === 0 ? users : [...users].reverse())),
      );

      expect(answers.flat().filter(({ created }) => created)).toHaveLength(20);
      letGo();
    });
  });
}
