import type { Stage } from '../stage.js';

export function attempts(stage: Stage): void {
  describe('attempts', () => {
    it('count from 1, wait twice as long each time, and end in a dead letter with the last reason', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, (run) => {
        throw Object.assign(new Error(`no. ${run.attempt}`), { code: 'ODD' });
      });

      const { job } = await stage.app.extraction(user);
      const dead = await stage.app.settled(job.id);

      expect(stage.scripts.runsOf(user).map((run) => run.attempt)).toEqual([1, 2, 3, 4]);
      expect(dead).toMatchObject({ state: 'failed', attemptsMade: 4, errorCode: 'ODD', errorMessage: 'no. 4' });
      expect(dead.errorStack).toContain('no. 4');
      const waits = retriesIn(await stage.app.history(job.id)).map((revision) => revision.waitMs);
      expect(waits).toEqual([100, 200, 400]);
    });

    it('never start before their time', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, () => Promise.reject(new Error('on purpose')));

      const { job } = await stage.app.extraction(user);
      await stage.app.settled(job.id);

      const history = await stage.app.history(job.id);
      for (const retry of retriesIn(history)) {
        const start = history.find(({ status, claim }) => status === 'active' && claim === retry.claim + 1);
        expect(start!.at.getTime()).toBeGreaterThanOrEqual(retry.runAt.getTime());
      }
    });

    it('are forgiven by a checkpoint that moved', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        const page = stage.scripts.runsOf(user).length;
        if (page > 8) return { items: 0 };
        await run.save({ checkpoint: { page }, progress: page, items: 0, step: '' }, () => Promise.resolve());
        throw new Error('on purpose');
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'completed', checkpoint: { page: 8 } });
      expect(retriesIn(await stage.app.history(job.id)).map((revision) => revision.waitMs)).toEqual(Array(8).fill(100));
    });

    it('are not forgiven by a checkpoint that says the same again', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        const sameWords = run.attempt % 2 === 1 ? { a: 1, b: 2 } : { b: 2, a: 1 };
        await run.save({ checkpoint: sameWords, progress: 5, items: 0, step: '' }, () => Promise.resolve());
        throw new Error('on purpose');
      });

      const { job } = await stage.app.extraction(user);

      expect((await stage.app.settled(job.id)).state).toBe('failed');
      // The first run's checkpoint was new and forgave its own attempt, which had not been counted yet.
      expect(stage.scripts.runsOf(user)).toHaveLength(4);
    });

    it('go on at the checkpoint, with what was stored counted once', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        const page = (run.checkpoint as { page: number } | undefined)?.page ?? 0;
        await run.save({ checkpoint: { page: page + 1 }, progress: 0, items: 10, step: '' }, () => Promise.resolve());
        if (page < 2) throw new Error('on purpose');
        return { items: run.items };
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ items: 30, result: { items: 30 } });
      expect(stage.scripts.runsOf(user).map((run) => run.checkpoint)).toEqual([undefined, { page: 1 }, { page: 2 }]);
    });

    it('store nothing of a piece whose writing failed', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, async (run) => {
        if (run.attempt > 1) return { items: run.items };
        const write = () => Promise.reject(new Error('disk full'));
        await run.save({ checkpoint: { page: 1 }, progress: 50, items: 10, step: '' }, write);
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ items: 0, checkpoint: null, result: { items: 0 } });
    });
  });
}

/** Where a failed attempt was put back to wait. */
function retriesIn<Row extends { status: string; attemptsMade: number; dispatch: number; claim: number }>(
  history: readonly Row[],
) {
  return history.filter(
    (revision, n) => revision.status === 'waiting' && history[n - 1]?.status === 'active' && revision.claim > 0,
  );
}
