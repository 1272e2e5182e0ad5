import type { Stage } from '../stage.js';

export function outcomes(stage: Stage): void {
  describe('outcomes', () => {
    it('a permanent error fails the job at once', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, () => {
        throw new stage.app.errors.PermanentError('GRANT_GONE', 'The grant is gone');
      });

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({
        state: 'failed',
        attemptsMade: 1,
        errorCode: 'GRANT_GONE',
        errorMessage: 'The grant is gone',
      });
      expect(stage.scripts.runsOf(user)).toHaveLength(1);
    });

    it('a provider that asks for patience delays the job, and no attempt is spent', async () => {
      const user = await stage.someone();
      const until = new Date(Date.now() + 1_000);
      stage.scripts.set('extract-platform', user, () => {
        if (stage.scripts.runsOf(user).length === 1) throw new stage.app.errors.RateLimitedError(until, 'Slow down');
        return Promise.resolve({ items: 0 });
      });

      const { job } = await stage.app.extraction(user);

      const delayed = await stage.app.when(job.id, ({ claim, status }) => claim === 1 && status === 'waiting');
      expect(delayed).toMatchObject({ state: 'delayed', attemptsMade: 0, errorCode: 'RATE_LIMITED' });
      expect(delayed.runAt.getTime()).toBeGreaterThanOrEqual(until.getTime());
      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'completed', attemptsMade: 1 });
      expect(stage.scripts.runsOf(user).map((run) => run.attempt)).toEqual([1, 1]);
    });

    it('a provider that asks for patience gets it, whoever asks meanwhile', async () => {
      const user = await stage.someone();
      const until = new Date(Date.now() + 1_000);
      stage.scripts.set('extract-platform', user, () => {
        if (stage.scripts.runsOf(user).length === 1) throw new stage.app.errors.RateLimitedError(until, 'Slow down');
        return Promise.resolve({ items: 0 });
      });
      const { job } = await stage.app.extraction(user);
      const { runAt } = await stage.app.when(job.id, ({ state }) => state === 'delayed');

      const asked = await stage.app.extraction(user, { priority: 1 });

      expect(asked.job).toMatchObject({ id: job.id, priority: 1, runAt });
      await stage.app.settled(job.id);
      const [, second] = (await stage.app.history(job.id)).filter(({ status }) => status === 'active');
      expect(second!.at.getTime()).toBeGreaterThanOrEqual(until.getTime());
    });

    it('a provider that asks for patience until a time that has passed does not stop the job', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, () => {
        if (stage.scripts.runsOf(user).length < 3) {
          throw new stage.app.errors.RateLimitedError(new Date(0), 'Slow down');
        }
        return Promise.resolve({ items: 0 });
      });

      const { job } = await stage.app.extraction(user);

      expect((await stage.app.settled(job.id)).state).toBe('completed');
    });

    it.each([
      ['a plain string', () => Promise.reject('a word'), 'a word'], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors
      ['nothing at all', () => Promise.reject(undefined), 'undefined'], // eslint-disable-line @typescript-eslint/prefer-promise-reject-errors
      [
        'an error with a NUL in its text',
        () => Promise.reject(new Error('cut\0off \uD800')),
        expect.stringContaining('off'),
      ],
      [
        'an error that is long',
        () => Promise.reject(new Error('long '.repeat(200_000))),
        expect.stringContaining('long'),
      ],
    ])('what is thrown may be %s', async (_, script, errorMessage) => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, script);

      const { job } = await stage.app.extraction(user);

      expect(await stage.app.settled(job.id)).toMatchObject({ state: 'failed', attemptsMade: 4, errorMessage });
    });

    it('a job that fails is never the failure of who enqueued it, and others go on', async () => {
      const [failing, other] = [await stage.someone(), await stage.someone()];
      stage.scripts.set('extract-platform', failing, () => {
        throw new stage.app.errors.PermanentError('NO', 'no');
      });

      const enqueued = await Promise.all([stage.app.extraction(failing), stage.app.extraction(other)]);

      expect(enqueued.map(({ created }) => created)).toEqual([true, true]);
      expect((await stage.app.settled(enqueued[0].job.id)).state).toBe('failed');
      expect((await stage.app.settled(enqueued[1].job.id)).state).toBe('completed');
    });

    it('are told once each, in order', async () => {
      const user = await stage.someone();
      stage.scripts.set('extract-platform', user, (run) => {
        if (stage.scripts.runsOf(user).length === 1) {
          throw new stage.app.errors.RateLimitedError(new Date(), 'Slow down');
        }
        if (run.attempt === 1) throw new Error('on purpose');
        return Promise.resolve({ items: 0 });
      });

      const { job } = await stage.app.extraction(user);
      await stage.app.settled(job.id);

      const told = stage.app.transitions.filter(({ jobId }) => jobId === job.id).map(({ kind }) => kind);
      expect(told).toEqual(['queued', 'started', 'delayed', 'started', 'failed', 'started', 'completed']);
    });
  });
}
