import type { Stage } from '../stage.js';

export function progress(stage: Stage): void {
  describe('progress', () => {
    it('goes from 0 to 100 and never falls', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        await run.progress(0, 'begin');
        await run.progress(40, 'token');
        await run.progress(20, 'a step that thinks it is earlier');
        await run.save({ checkpoint: { page: 1 }, progress: 60, items: 3, step: 'page 1' }, () => Promise.resolve());
        await run.save({ checkpoint: { page: 2 }, progress: 10, items: 4, step: 'page 2' }, () => Promise.resolve());
        return { items: run.items };
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ progress: 100, items: 7, result: { items: 7 } });
      const shown = (await stage.app.history(job.id)).map((revision) => revision.progress);
      expect([...new Set(shown)]).toEqual([0, 40, 60, 100]);
      expect(shown).toEqual([...shown].sort((a, b) => a - b));
    });

    it('of a second attempt starts where the first one stopped', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        await run.progress(run.attempt === 1 ? 70 : 30, '');
        if (run.attempt === 1) throw new Error('on purpose');
        return { items: 0 };
      });

      const { job } = await stage.app.extraction(user);
      await stage.app.settled(job.id);

      const shown = (await stage.app.history(job.id)).map((revision) => revision.progress);
      expect([...new Set(shown)]).toEqual([0, 70, 100]);
    });
  });
}
