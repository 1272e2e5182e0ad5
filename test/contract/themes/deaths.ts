import { door } from '../scripts.js';
import type { Stage } from '../stage.js';

export function deaths(stage: Stage): void {
  describe('a process that dies', () => {
    // The process lives on, but with another claim on the row its renewals fail, as if it were dead.
    const die = `lease_until = now() - interval '1 second', claim = claim + 1`;

    it('loses its job to a new run, which its own late writes cannot touch', async () => {
      const user = await stage.someone();
      const { opened, open: letGo } = door();
      const refused = door();
      stage.scripts.set('extract-platform', user, async (run) => {
        if (run.job.claim > 1) return { items: 5 };
        await opened;
        await run
          .save({ checkpoint: { late: true }, progress: 99, items: 9, step: '' }, () => Promise.resolve())
          .catch((error: unknown) => {
            expect(error).toBeInstanceOf(stage.app.errors.FencedError);
            refused.open();
          });
        return { items: 9 };
      });
      const { job } = await stage.app.extraction(user);
      await stage.scripts.begun(user);

      await stage.app.alter(job.id, die);

      const done = await stage.app.settled(job.id);
      letGo();
      await refused.opened;
      expect(stage.scripts.runsOf(user).map(({ claim, attempt }) => ({ claim, attempt }))).toEqual([
        { claim: 1, attempt: 1 },
        { claim: 4, attempt: 1 },
      ]);
      expect(done).toMatchObject({ result: { items: 5 }, items: 0, crashes: 0, checkpoint: null });
      expect(await stage.app.job(job.id)).toEqual(done);
    });

    it('three times on the same piece of work: the job is poison and ends', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        await stage.app.alter(run.job.id, die);
        await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({
        state: 'failed',
        errorCode: 'POISON',
        crashes: 3,
      });
      expect(stage.scripts.runsOf(user)).toHaveLength(3);
      expect(stage.app.transitions.filter(({ jobId, kind }) => jobId === job.id && kind === 'failed')).toHaveLength(1);
    });

    it('on pieces of work that each got done: the job goes on', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        const page = stage.scripts.runsOf(user).length;
        if (page > 4) return { items: 0 };
        await run.save({ checkpoint: { page }, progress: 0, items: 0, step: '' }, () => Promise.resolve());
        await stage.app.alter(run.job.id, die);
        await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'completed', checkpoint: { page: 4 } });
    });
  });
}
