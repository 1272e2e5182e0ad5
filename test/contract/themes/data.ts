import type { Stage } from '../stage.js';

export function data(stage: Stage): void {
  describe('data', () => {
    it.each([
      `o'Brien "the \\boss\\" & sons`,
      '🦄 family 👩‍👩‍👧‍👦 · שלום',
      '../../etc/passwd:{0}:*?[a]',
      '${user};DROP TABLE jobs;--',
      'x'.repeat(200),
      ' ',
    ])('arrives as it was enqueued: %j', async (userId) => {
      await stage.app.user(userId);
      const { job } = await stage.app.extraction(userId, { platform: 'google-calendar' });

      await stage.app.settled(job.id);

      const [run, ...more] = stage.scripts.runsOf(userId);
      expect(more).toEqual([]);
      expect(run).toMatchObject({ jobId: job.id, userId, platform: 'google-calendar', checkpoint: undefined });
      expect(run!.hint).toEqual({ jobId: job.id, dispatch: 1, userId, platform: 'google-calendar' });
    });

    it('is kept as JSON: what a result and a checkpoint cannot say in JSON is not there afterwards', async () => {
      const user = await stage.someone();
      const at = new Date('2024-02-29T12:00:00.123Z');
      stage.scripts.set('extract-platform', user, async (run) => {
        if (run.attempt > 1 || run.checkpoint !== undefined) {
          return { items: 1, at, gone: undefined, list: [undefined] };
        }
        await run.save({ checkpoint: { at, gone: undefined, text: '"🦄\\' }, progress: 50, items: 1, step: '' }, () =>
          Promise.resolve(),
        );
        throw new Error('on purpose');
      });

      const { job } = await stage.app.extraction(user);

      expect((await stage.app.settled(job.id)).result).toEqual({ items: 1, at: at.toISOString(), list: [null] });
      expect(stage.scripts.runsOf(user)[1]!.checkpoint).toEqual({ at: at.toISOString(), text: '"🦄\\' });
    });

    it('is not there when the transaction that enqueued it is rolled back', async () => {
      const user = await stage.someone();
      let jobId = '';

      const rolledBack = stage.app.database.transaction(async (tx) => {
        const { job } = await stage.app.intake.enqueue(
          tx,
          'extract-platform',
          { userId: user, platform: 'spotify' },
          { trigger: 'manual' },
        );
        jobId = job.id;
        throw new Error('on purpose');
      });

      await expect(rolledBack).rejects.toThrow('on purpose');
      await expect(stage.app.job(jobId)).rejects.toThrow('No job');
      const other = await stage.someone();
      await stage.app.settled((await stage.app.extraction(other)).job.id);
      expect(stage.scripts.runsOf(user)).toEqual([]);
    });
  });
}
