import { openProbeApp, type DriverUnderTest, type Environment, type ProbeApp } from './probe-app.js';
import { door, Scripts } from './scripts.js';

/** One slot for extractions, so that an order of starts can be seen; short waits; no start limit. */
const SETTINGS = {
  EXTRACTION_CONCURRENCY: '1',
  EXTRACTION_RATE_MAX: '0',
  EXTRACTION_ATTEMPTS: '4',
  SIGNATURE_CONCURRENCY: '2',
  SIGNATURE_DELAY_MS: '400',
  RETRY_BASE_MS: '100',
  RETRY_JITTER: '0',
  SHUTDOWN_TIMEOUT_MS: '600',
} satisfies Environment;

/**
 * What holds for every driver of the queues, word for word: from a job that is enqueued to its outcome. `startDriver`
 * starts whatever servers it needs and says how a process finds them.
 */
export function describeQueueContract(name: string, startDriver: () => Promise<DriverUnderTest>): void {
  describe(`The queue contract on ${name}`, () => {
    let driver: DriverUnderTest;
    let scripts: Scripts;
    let app: ProbeApp;
    let users = 0;

    beforeAll(async () => {
      driver = await startDriver();
    });

    afterAll(() => driver.stop());

    /** A person of this test's own. */
    const someone = (options: { premium?: boolean } = {}) => app.user(`user-${(users += 1)}`, options);

    let isOpen = false;

    /** Starts a process. What scripts and records are there is new. */
    const open = async (settings: Environment = {}) => {
      scripts = new Scripts();
      app = await openProbeApp(driver, { ...SETTINGS, ...settings }, scripts);
      isOpen = true;
    };

    /** Ends the process as SIGTERM does. */
    const close = async () => {
      isOpen = false;
      await app.close();
    };

    /** Ends the process with whatever a test left unfinished. */
    const leave = async () => {
      if (!isOpen) return;
      await app.clear();
      await close();
    };

    /** Keeps the only slot busy until it is let go. */
    const fillTheSlot = async () => {
      const { opened, open: letGo } = door();
      const user = await someone();
      scripts.set('extract-platform', user, async () => {
        await opened;
        return { items: 0 };
      });
      await app.extraction(user);
      await scripts.begun(user);
      return letGo;
    };

    describe('with one slot and short waits', () => {
      beforeAll(() => open());
      afterEach(() => app.clear());
      afterAll(() => leave());

      describe('data', () => {
        it.each([
          `o'Brien "the \\boss\\" & sons`,
          '🦄 family 👩‍👩‍👧‍👦 · שלום',
          '../../etc/passwd:{0}:*?[a]',
          '${user};DROP TABLE jobs;--',
          'x'.repeat(200),
          ' ',
        ])('arrives as it was enqueued: %j', async (userId) => {
          await app.user(userId);
          const { job } = await app.extraction(userId, { platform: 'google-calendar' });

          await app.settled(job.id);

          const [run, ...more] = scripts.runsOf(userId);
          expect(more).toEqual([]);
          expect(run).toMatchObject({ jobId: job.id, userId, platform: 'google-calendar', checkpoint: undefined });
          expect(run!.hint).toEqual({ jobId: job.id, dispatch: 1, userId, platform: 'google-calendar' });
        });

        it('is kept as JSON: what a result and a checkpoint cannot say in JSON is not there afterwards', async () => {
          const user = await someone();
          const at = new Date('2024-02-29T12:00:00.123Z');
          scripts.set('extract-platform', user, async (run) => {
            if (run.attempt > 1 || run.checkpoint !== undefined)
              return { items: 1, at, gone: undefined, list: [undefined] };
            await run.save(
              { checkpoint: { at, gone: undefined, text: '"🦄\\' }, progress: 50, items: 1, step: '' },
              () => Promise.resolve(),
            );
            throw new Error('on purpose');
          });

          const { job } = await app.extraction(user);

          expect((await app.settled(job.id)).result).toEqual({ items: 1, at: at.toISOString(), list: [null] });
          expect(scripts.runsOf(user)[1]!.checkpoint).toEqual({ at: at.toISOString(), text: '"🦄\\' });
        });

        it('is not there when the transaction that enqueued it is rolled back', async () => {
          const user = await someone();
          let jobId = '';

          const rolledBack = app.database.transaction(async (tx) => {
            const { job } = await app.intake.enqueue(
              tx,
              'extract-platform',
              { userId: user, platform: 'spotify' },
              { trigger: 'manual' },
            );
            jobId = job.id;
            throw new Error('on purpose');
          });

          await expect(rolledBack).rejects.toThrow('on purpose');
          await expect(app.job(jobId)).rejects.toThrow('No job');
          const other = await someone();
          await app.settled((await app.extraction(other)).job.id);
          expect(scripts.runsOf(user)).toEqual([]);
        });
      });

      describe('progress', () => {
        it('goes from 0 to 100 and never falls', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            await run.progress(0, 'begin');
            await run.progress(40, 'token');
            await run.progress(20, 'a step that thinks it is earlier');
            await run.save({ checkpoint: { page: 1 }, progress: 60, items: 3, step: 'page 1' }, () =>
              Promise.resolve(),
            );
            await run.save({ checkpoint: { page: 2 }, progress: 10, items: 4, step: 'page 2' }, () =>
              Promise.resolve(),
            );
            return { items: run.items };
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id)).toMatchObject({ progress: 100, items: 7, result: { items: 7 } });
          const shown = (await app.history(job.id)).map((revision) => revision.progress);
          expect([...new Set(shown)]).toEqual([0, 40, 60, 100]);
          expect(shown).toEqual([...shown].sort((a, b) => a - b));
        });

        it('of a second attempt starts where the first one stopped', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            await run.progress(run.attempt === 1 ? 70 : 30, '');
            if (run.attempt === 1) throw new Error('on purpose');
            return { items: 0 };
          });

          const { job } = await app.extraction(user);
          await app.settled(job.id);

          const shown = (await app.history(job.id)).map((revision) => revision.progress);
          expect([...new Set(shown)]).toEqual([0, 70, 100]);
        });
      });

      describe('attempts', () => {
        it('count from 1, wait twice as long each time, and end in a dead letter with the last reason', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, (run) => {
            throw Object.assign(new Error(`no. ${run.attempt}`), { code: 'ODD' });
          });

          const { job } = await app.extraction(user);
          const dead = await app.settled(job.id);

          expect(scripts.runsOf(user).map((run) => run.attempt)).toEqual([1, 2, 3, 4]);
          expect(dead).toMatchObject({ state: 'failed', attemptsMade: 4, errorCode: 'ODD', errorMessage: 'no. 4' });
          expect(dead.errorStack).toContain('no. 4');
          const waits = retriesIn(await app.history(job.id)).map((revision) => revision.waitMs);
          expect(waits).toEqual([100, 200, 400]);
        });

        it('never start before their time', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, () => Promise.reject(new Error('on purpose')));

          const { job } = await app.extraction(user);
          await app.settled(job.id);

          const history = await app.history(job.id);
          for (const retry of retriesIn(history)) {
            const start = history.find(({ status, claim }) => status === 'active' && claim === retry.claim + 1);
            expect(start!.at.getTime()).toBeGreaterThanOrEqual(retry.runAt.getTime());
          }
        });

        it('are forgiven by a checkpoint that moved', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            const page = scripts.runsOf(user).length;
            if (page > 8) return { items: 0 };
            await run.save({ checkpoint: { page }, progress: page, items: 0, step: '' }, () => Promise.resolve());
            throw new Error('on purpose');
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id)).toMatchObject({ state: 'completed', checkpoint: { page: 8 } });
          expect(retriesIn(await app.history(job.id)).map((revision) => revision.waitMs)).toEqual(Array(8).fill(100));
        });

        it('are not forgiven by a checkpoint that says the same again', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            const sameWords = run.attempt % 2 === 1 ? { a: 1, b: 2 } : { b: 2, a: 1 };
            await run.save({ checkpoint: sameWords, progress: 5, items: 0, step: '' }, () => Promise.resolve());
            throw new Error('on purpose');
          });

          const { job } = await app.extraction(user);

          expect((await app.settled(job.id)).state).toBe('failed');
          // The first run's checkpoint was new and forgave its own attempt, which had not been counted yet.
          expect(scripts.runsOf(user)).toHaveLength(4);
        });

        it('go on at the checkpoint, with what was stored counted once', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            const page = (run.checkpoint as { page: number } | undefined)?.page ?? 0;
            await run.save({ checkpoint: { page: page + 1 }, progress: 0, items: 10, step: '' }, () =>
              Promise.resolve(),
            );
            if (page < 2) throw new Error('on purpose');
            return { items: run.items };
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id)).toMatchObject({ items: 30, result: { items: 30 } });
          expect(scripts.runsOf(user).map((run) => run.checkpoint)).toEqual([undefined, { page: 1 }, { page: 2 }]);
        });

        it('store nothing of a piece whose writing failed', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            if (run.attempt > 1) return { items: run.items };
            const write = () => Promise.reject(new Error('disk full'));
            await run.save({ checkpoint: { page: 1 }, progress: 50, items: 10, step: '' }, write);
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id)).toMatchObject({ items: 0, checkpoint: null, result: { items: 0 } });
        });
      });

      describe('outcomes', () => {
        it('a permanent error fails the job at once', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, () => {
            throw new app.errors.PermanentError('GRANT_GONE', 'The grant is gone');
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id)).toMatchObject({
            state: 'failed',
            attemptsMade: 1,
            errorCode: 'GRANT_GONE',
            errorMessage: 'The grant is gone',
          });
          expect(scripts.runsOf(user)).toHaveLength(1);
        });

        it('a provider that asks for patience delays the job, and no attempt is spent', async () => {
          const user = await someone();
          const until = new Date(Date.now() + 1_000);
          scripts.set('extract-platform', user, () => {
            if (scripts.runsOf(user).length === 1) throw new app.errors.RateLimitedError(until, 'Slow down');
            return Promise.resolve({ items: 0 });
          });

          const { job } = await app.extraction(user);

          const delayed = await app.when(job.id, ({ claim, status }) => claim === 1 && status === 'waiting');
          expect(delayed).toMatchObject({ state: 'delayed', attemptsMade: 0, errorCode: 'RATE_LIMITED' });
          expect(delayed.runAt.getTime()).toBeGreaterThanOrEqual(until.getTime());
          expect(await app.settled(job.id)).toMatchObject({ state: 'completed', attemptsMade: 1 });
          expect(scripts.runsOf(user).map((run) => run.attempt)).toEqual([1, 1]);
        });

        it('a provider that asks for patience gets it, whoever asks meanwhile', async () => {
          const user = await someone();
          const until = new Date(Date.now() + 1_000);
          scripts.set('extract-platform', user, () => {
            if (scripts.runsOf(user).length === 1) throw new app.errors.RateLimitedError(until, 'Slow down');
            return Promise.resolve({ items: 0 });
          });
          const { job } = await app.extraction(user);
          const { runAt } = await app.when(job.id, ({ state }) => state === 'delayed');

          const asked = await app.extraction(user, { priority: 1 });

          expect(asked.job).toMatchObject({ id: job.id, priority: 1, runAt });
          await app.settled(job.id);
          const [, second] = (await app.history(job.id)).filter(({ status }) => status === 'active');
          expect(second!.at.getTime()).toBeGreaterThanOrEqual(until.getTime());
        });

        it('a provider that asks for patience until a time that has passed does not stop the job', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, () => {
            if (scripts.runsOf(user).length < 3) throw new app.errors.RateLimitedError(new Date(0), 'Slow down');
            return Promise.resolve({ items: 0 });
          });

          const { job } = await app.extraction(user);

          expect((await app.settled(job.id)).state).toBe('completed');
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
          const user = await someone();
          scripts.set('extract-platform', user, script);

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id)).toMatchObject({ state: 'failed', attemptsMade: 4, errorMessage });
        });

        it('a job that fails is never the failure of who enqueued it, and others go on', async () => {
          const [failing, other] = [await someone(), await someone()];
          scripts.set('extract-platform', failing, () => {
            throw new app.errors.PermanentError('NO', 'no');
          });

          const enqueued = await Promise.all([app.extraction(failing), app.extraction(other)]);

          expect(enqueued.map(({ created }) => created)).toEqual([true, true]);
          expect((await app.settled(enqueued[0].job.id)).state).toBe('failed');
          expect((await app.settled(enqueued[1].job.id)).state).toBe('completed');
        });

        it('are told once each, in order', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, (run) => {
            if (scripts.runsOf(user).length === 1) throw new app.errors.RateLimitedError(new Date(), 'Slow down');
            if (run.attempt === 1) throw new Error('on purpose');
            return Promise.resolve({ items: 0 });
          });

          const { job } = await app.extraction(user);
          await app.settled(job.id);

          const told = app.transitions.filter(({ jobId }) => jobId === job.id).map(({ kind }) => kind);
          expect(told).toEqual(['queued', 'started', 'delayed', 'started', 'failed', 'started', 'completed']);
        });
      });

      describe('order', () => {
        it('a lower priority number goes first, and those of one priority in the order of asking', async () => {
          const letGo = await fillTheSlot();
          const expected: [number, string][] = [];
          const jobs: string[] = [];
          for (const priority of [10, 5, 1, 10, 1, 5, 5]) {
            const user = await someone();
            expected.push([priority, user]);
            jobs.push((await app.extraction(user, { priority })).job.id);
          }
          const before = scripts.runs.length;

          letGo();
          await Promise.all(jobs.map((id) => app.settled(id)));

          const inOrder = [...expected].sort(([a], [b]) => a - b).map(([, user]) => user);
          expect(scripts.runs.slice(before).map((run) => run.userId)).toEqual(inOrder);
        });

        it("a premium user's job has priority 1, and goes before what waits longer", async () => {
          const letGo = await fillTheSlot();
          const [ordinary, premium] = [await someone(), await someone({ premium: true })];
          const first = await app.extraction(ordinary);
          const second = await app.extraction(premium, { priority: 10 });
          const before = scripts.runs.length;

          letGo();
          await app.settled(first.job.id);

          expect(first.job.priority).toBe(5);
          expect(second.job.priority).toBe(1);
          expect(scripts.runs.slice(before).map((run) => run.userId)).toEqual([premium, ordinary]);
        });

        it('a job with a delay waits before its first start', async () => {
          const user = await someone();

          const { job } = await app.build(user);

          expect((await app.job(job.id)).state).toBe('delayed');
          const done = await app.settled(job.id);
          expect(done.startedAt!.getTime() - done.createdAt.getTime()).toBeGreaterThanOrEqual(400);
          expect(done.priority).toBe(10);
        });

        it('builds of one user run one at a time', async () => {
          const user = await someone();
          const { opened, open: letGo } = door();
          scripts.set('build-signature', user, async () => {
            if (scripts.runsOf(user, 'build-signature').length === 1) await opened;
            return { version: 1, changed: true };
          });
          const first = await app.build(user);
          await scripts.begun(user, 1, 'build-signature');
          const second = await app.build(user);
          const other = await someone();

          await app.settled((await app.build(other)).job.id);

          // The other's build was asked for later and is done; the second of this user has not begun.
          expect(second.job.id).not.toBe(first.job.id);
          expect(scripts.runsOf(user, 'build-signature')).toHaveLength(1);
          letGo();
          expect((await app.settled(second.job.id)).state).toBe('completed');
        });

        it('builds of one user that are due at the same time run one after the other', async () => {
          const user = await someone();
          let [running, most] = [0, 0];
          scripts.set('build-signature', user, async () => {
            most = Math.max(most, (running += 1));
            await new Promise((resolve) => setTimeout(resolve, 100));
            running -= 1;
            return { version: 1, changed: true };
          });
          const first = await app.build(user);
          await app.alter(first.job.id, 'claim = 1, unique_key = NULL'); // As one that was handed back.
          const second = await app.build(user);

          for (const { job } of [first, second]) expect((await app.settled(job.id)).state).toBe('completed');

          expect([second.created, most]).toEqual([true, 1]);
        });
      });

      describe('asking again', () => {
        it('for an unfinished job returns the one that is there, raised', async () => {
          const letGo = await fillTheSlot();
          const user = await someone();
          const first = await app.extraction(user, { priority: 10 });

          const second = await app.extraction(user, { priority: 1 });
          const third = await app.extraction(user, { priority: 5 });

          expect([first.created, second.created, third.created]).toEqual([true, false, false]);
          expect([second.job.id, third.job.id]).toEqual([first.job.id, first.job.id]);
          expect([first.job.priority, second.job.priority, third.job.priority]).toEqual([10, 1, 1]);
          letGo();
          await app.settled(first.job.id);
          expect(scripts.runsOf(user)).toHaveLength(1);
        });

        it('for a job that waits for its next attempt brings it forward', async () => {
          const user = await someone();
          const letGo = await fillTheSlot();
          const { job } = await app.extraction(user);
          await app.alter(job.id, `run_at = now() + interval '1 hour', attempts_made = 1`);

          await app.extraction(user);

          letGo();
          expect(await app.settled(job.id)).toMatchObject({ state: 'completed', attemptsMade: 2 });
        });

        it('for a running job does not make it run twice', async () => {
          const user = await someone();
          const { opened, open: letGo } = door();
          scripts.set('extract-platform', user, async () => {
            await opened;
            return { items: 0 };
          });
          const { job } = await app.extraction(user);
          await scripts.begun(user);

          const again = await app.extraction(user, { priority: 1 });

          letGo();
          await app.settled(job.id);
          expect(again).toMatchObject({ created: false, job: { id: job.id, status: 'active' } });
          expect(scripts.runsOf(user)).toHaveLength(1);
        });

        it('for a job that is over makes a new one, and for another platform too', async () => {
          const user = await someone();
          const { job } = await app.extraction(user);
          await app.settled(job.id);

          const [again, elsewhere] = [await app.extraction(user), await app.extraction(user, { platform: 'github' })];

          expect(new Set([job.id, again.job.id, elsewhere.job.id]).size).toBe(3);
        });

        it('many times at once makes one job', async () => {
          const letGo = await fillTheSlot();
          const user = await someone();

          const answers = await Promise.all(Array.from({ length: 20 }, () => app.extraction(user)));

          expect(new Set(answers.map(({ job }) => job.id)).size).toBe(1);
          expect(answers.filter(({ created }) => created)).toHaveLength(1);
          letGo();
        });
      });

      describe('asking for many at once', () => {
        const many = (users: readonly string[], priority?: number) =>
          app.database.transaction((tx) =>
            app.intake.enqueueMany(
              tx,
              'extract-platform',
              users.map((userId) => ({ userId, platform: 'spotify' })),
              { trigger: 'manual', ...(priority !== undefined && { priority }) },
            ),
          );

        it('answers in the order of asking, and all of them run', async () => {
          const users = await Promise.all(Array.from({ length: 30 }, () => someone()));

          const answers = await many(users);

          expect(answers.map(({ job, created }) => [job.userId, created])).toEqual(users.map((user) => [user, true]));
          for (const { job } of answers) expect(await app.settled(job.id)).toMatchObject({ state: 'completed' });
          for (const user of users) expect(scripts.runsOf(user)).toHaveLength(1);
          const kinds = app.transitions.filter(({ jobId }) => answers.some(({ job }) => job.id === jobId));
          expect(kinds.filter(({ kind }) => kind === 'queued')).toHaveLength(30);
        });

        it('gives one job for the same wish, and one that is there already, raised', async () => {
          const letGo = await fillTheSlot();
          const [known, other] = [await someone(), await app.user('premium-of-many', { premium: true })];
          const before = await app.extraction(known, { priority: 10 });

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
          for (const { job } of answers) await app.settled(job.id);
        });

        it('adds none when there is nobody to run one for', async () => {
          const user = await someone();

          await expect(many([user, 'nobody'])).rejects.toThrow(/No user nobody/);

          expect(await app.database.query('SELECT FROM jobs WHERE user_id = $1', [user])).toEqual([]);
        });

        it('deadlocks nobody who asks for the same in another order', async () => {
          const letGo = await fillTheSlot();
          const users = await Promise.all(Array.from({ length: 20 }, () => someone()));

          const answers = await Promise.all(
            Array.from({ length: 10 }, (_, n) => many(n % 2 === 0 ? users : [...users].reverse())),
          );

          expect(answers.flat().filter(({ created }) => created)).toHaveLength(20);
          letGo();
        });
      });

      describe('states', () => {
        it('are those that people know from Bull, and two of ours', async () => {
          const letGo = await fillTheSlot();
          const [user, failing] = [await someone(), await someone()];
          scripts.set('extract-platform', failing, () => {
            throw new app.errors.PermanentError('NO', 'no');
          });
          const before = (await app.counts()).extraction;
          const { job } = await app.extraction(user);
          const state = async (id = job.id) => (await app.job(id)).state;

          expect(await state()).toBe('waiting');
          expect((await app.counts()).extraction).toEqual({ ...before, waiting: before.waiting + 1 });
          await app.pause('extraction');
          expect(await state()).toBe('paused');
          expect((await app.counts()).extraction).toMatchObject({ active: 1, waiting: 0, paused: 1 });
          await app.alter(job.id, `run_at = now() + interval '1 hour'`);
          expect(await state()).toBe('delayed');
          await app.alter(job.id, `run_at = now()`);
          await app.resume('extraction');

          letGo();
          await app.settled(job.id);
          const failed = await app.extraction(failing);
          await app.settled(failed.job.id);

          expect(await state()).toBe('completed');
          expect(await state(failed.job.id)).toBe('failed');
          expect((await app.counts()).extraction).toMatchObject({
            active: 0,
            waiting: 0,
            completed: before.completed + 2,
            failed: before.failed + 1,
          });
        });
      });

      describe('a paused queue', () => {
        it('starts nothing, lets what runs go on, and goes on where it was when it is resumed', async () => {
          const letGo = await fillTheSlot();
          const running = scripts.runs.at(-1)!;
          await app.pause('extraction');
          const user = await someone();
          const { job } = await app.extraction(user);

          letGo();
          expect((await app.settled(running.jobId)).state).toBe('completed');
          // The other queue is not paused, and by the time its job is done this one has been passed over many times.
          await app.settled((await app.build(user)).job.id);
          expect(scripts.runsOf(user)).toEqual([]);
          expect((await app.job(job.id)).state).toBe('paused');

          await app.resume('extraction');
          expect((await app.settled(job.id)).state).toBe('completed');
        });
      });

      describe('hints', () => {
        const lost = `dispatch = dispatch + 1, dispatched_at = now() - interval '6 seconds'`;

        it('that are lost on their way are given again', async () => {
          await app.pause('extraction');
          const user = await someone();
          const { job } = await app.extraction(user);
          await app.alter(job.id, lost);

          await app.resume('extraction');

          expect((await app.settled(job.id)).state).toBe('completed');
          expect(scripts.runsOf(user).map((run) => run.hint.dispatch)).toEqual([2]);
        });

        it('that come again after the run start nothing before the job is due again', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, () => {
            throw new app.errors.RateLimitedError(new Date(Date.now() + 600_000), 'Slow down');
          });
          const { job } = await app.extraction(user);
          const { dispatch } = await app.when(job.id, (now) => now.state === 'delayed' && now.claim > 0);

          expect(await app.ledger.claim('extract-platform', { jobId: job.id, dispatch })).toBeUndefined();

          expect(await app.job(job.id)).toMatchObject({ state: 'delayed', claim: 1 });
        });

        it('that got lost are given again, but not while every slot is busy', async () => {
          const letGo = await fillTheSlot();
          const user = await someone();
          const { job } = await app.extraction(user);
          await app.alter(job.id, `dispatch = dispatch + 1, dispatched_at = now() - interval '6 seconds'`);
          const { dispatch } = await app.job(job.id);
          await new Promise((resolve) => setTimeout(resolve, 2_500)); // The sweep comes by twice.
          expect((await app.job(job.id)).dispatch).toBe(dispatch);

          letGo();
          await app.settled(job.id);

          const later = await someone();
          await app.settled((await app.extraction(later)).job.id);
          expect(scripts.runsOf(user).map((run) => run.hint.dispatch)).toEqual([dispatch + 1]);
        });

        it('that are given twice start one run', async () => {
          const letGo = await fillTheSlot();
          const user = await someone();
          const { job } = await app.extraction(user);
          await app.alter(job.id, `dispatch = dispatch + 1, dispatched_at = now()`);
          const { dispatch } = await app.job(job.id);
          const hint = { jobId: job.id, dispatch };

          const claims = await Promise.all([1, 2, 3].map(() => app.ledger.claim('extract-platform', hint)));

          expect(claims.filter((claimed) => claimed !== undefined)).toHaveLength(1);
          expect(await app.job(job.id)).toMatchObject({ state: 'active', claim: 1 });
          await app.cancel(job.id);
          letGo();
        });
      });

      describe('cancelling', () => {
        it('a waiting job: it never runs', async () => {
          const letGo = await fillTheSlot();
          const [user, later] = [await someone(), await someone()];
          const { job } = await app.extraction(user);

          await app.cancel(job.id);

          const behind = await app.extraction(later);
          letGo();
          await app.settled(behind.job.id);
          expect((await app.job(job.id)).state).toBe('cancelled');
          expect(scripts.runsOf(user)).toEqual([]);
        });

        it('a running job: its next write is refused and changes nothing', async () => {
          const user = await someone();
          const { opened, open: letGo } = door();
          const refused: unknown[] = [];
          const wrote = jest.fn(() => Promise.resolve());
          scripts.set('extract-platform', user, async (run) => {
            await run.save({ checkpoint: { page: 1 }, progress: 10, items: 1, step: '' }, () => Promise.resolve());
            await opened;
            await run.progress(50, '').catch((error: unknown) => refused.push(error));
            await run
              .save({ checkpoint: { page: 2 }, progress: 60, items: 1, step: '' }, wrote)
              .catch((error: unknown) => refused.push(error));
            return { items: 2 };
          });
          const { job } = await app.extraction(user);
          await app.when(job.id, ({ items }) => items === 1);

          await app.cancel(job.id);
          const cancelled = await app.job(job.id);
          letGo();

          const next = await someone();
          await app.settled((await app.extraction(next)).job.id);
          expect(refused).toEqual([expect.any(app.errors.FencedError), expect.any(app.errors.FencedError)]);
          expect(wrote).not.toHaveBeenCalled();
          expect(await app.job(job.id)).toEqual(cancelled);
          expect(cancelled).toMatchObject({ state: 'cancelled', items: 1, checkpoint: { page: 1 }, result: null });
        });

        it('a running job that writes nothing: its signal tells it within a lease renewal', async () => {
          const user = await someone();
          const aborted = door();
          scripts.set('extract-platform', user, (run) => {
            run.signal.addEventListener('abort', aborted.open);
            return new Promise(() => undefined);
          });
          const { job } = await app.extraction(user);
          await scripts.begun(user);

          await app.cancel(job.id);

          const at = Date.now();
          await aborted.opened;
          expect(Date.now() - at).toBeLessThan(6_000);
          expect((await app.job(job.id)).state).toBe('cancelled');
        });

        it('a job that is over: nothing happens', async () => {
          const user = await someone();
          const { job } = await app.extraction(user);
          const done = await app.settled(job.id);

          expect(await app.cancel(job.id)).toBeUndefined();

          expect(await app.job(job.id)).toEqual(done);
        });
      });

      describe('expiry', () => {
        it('a job that was not started within its time never runs', async () => {
          const letGo = await fillTheSlot();
          const user = await someone();
          const { job } = await app.extraction(user);
          await app.alter(job.id, `expires_at = now() - interval '1 second'`);

          expect(await app.settled(job.id)).toMatchObject({ state: 'expired', errorCode: 'EXPIRED', startedAt: null });

          letGo();
          const again = await app.extraction(user);
          await app.settled(again.job.id);
          expect(scripts.runsOf(user).map((run) => run.jobId)).toEqual([again.job.id]);
        });

        it('the time for which its queue stood still does not count', async () => {
          await app.pause('extraction');
          const user = await someone();
          const { job } = await app.extraction(user);
          await app.alter(
            job.id,
            `created_at = now() - interval '2 hours', run_at = now() - interval '2 hours', expires_at = now() - interval '1 hour'`,
          );
          await app.database.query(
            `UPDATE queues SET paused_at = now() - interval '119 minutes' WHERE name = 'extraction'`,
          );
          // Meanwhile the other queue goes on, and so does the looking for what has expired.
          await app.settled((await app.build(user)).job.id);

          await app.resume('extraction');

          expect((await app.settled(job.id)).state).toBe('completed');
        });

        it('a job that was started once is tried again however late it is', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            await app.alter(run.job.id, `expires_at = now() - interval '1 second'`);
            if (run.attempt < 3) throw new Error('on purpose');
            return { items: 0 };
          });

          const { job } = await app.extraction(user);

          expect((await app.settled(job.id)).state).toBe('completed');
        });
      });

      describe('a process that dies', () => {
        // The process lives on, but with another claim on the row it renews nothing, as the dead do.
        const die = `lease_until = now() - interval '1 second', claim = claim + 1`;

        it('loses its job to a new run, which its own late writes cannot touch', async () => {
          const user = await someone();
          const { opened, open: letGo } = door();
          const refused = door();
          scripts.set('extract-platform', user, async (run) => {
            if (run.job.claim > 1) return { items: 5 };
            await opened;
            await run
              .save({ checkpoint: { late: true }, progress: 99, items: 9, step: '' }, () => Promise.resolve())
              .catch((error: unknown) => {
                expect(error).toBeInstanceOf(app.errors.FencedError);
                refused.open();
              });
            return { items: 9 };
          });
          const { job } = await app.extraction(user);
          await scripts.begun(user);

          await app.alter(job.id, die);

          const done = await app.settled(job.id);
          letGo();
          await refused.opened;
          expect(scripts.runsOf(user).map(({ claim, attempt }) => ({ claim, attempt }))).toEqual([
            { claim: 1, attempt: 1 },
            { claim: 4, attempt: 1 },
          ]);
          expect(done).toMatchObject({ result: { items: 5 }, items: 0, crashes: 0, checkpoint: null });
          expect(await app.job(job.id)).toEqual(done);
        });

        it('three times on the same piece of work: the job is poison and ends', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            await app.alter(run.job.id, die);
            await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id, 40_000)).toMatchObject({ state: 'failed', errorCode: 'POISON', crashes: 3 });
          expect(scripts.runsOf(user)).toHaveLength(3);
          expect(app.transitions.filter(({ jobId, kind }) => jobId === job.id && kind === 'failed')).toHaveLength(1);
        }, 60_000);

        it('on pieces of work that each got done: the job goes on', async () => {
          const user = await someone();
          scripts.set('extract-platform', user, async (run) => {
            const page = scripts.runsOf(user).length;
            if (page > 4) return { items: 0 };
            await run.save({ checkpoint: { page }, progress: 0, items: 0, step: '' }, () => Promise.resolve());
            await app.alter(run.job.id, die);
            await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
          });

          const { job } = await app.extraction(user);

          expect(await app.settled(job.id, 50_000)).toMatchObject({ state: 'completed', checkpoint: { page: 4 } });
        }, 60_000);
      });
    });

    describe('with several slots', () => {
      beforeAll(() => open({ EXTRACTION_CONCURRENCY: '5' }));
      afterEach(() => app.clear());
      afterAll(() => leave());

      it('the neighbours of a job that kills its process are not taken for poison with it', async () => {
        const [poison, ...neighbours] = [await someone(), await someone(), await someone(), await someone()];
        const everybodyDies = `UPDATE jobs SET lease_until = now() - interval '1 second', claim = claim + 1 WHERE status = 'active'`;
        for (const user of neighbours)
          scripts.set('extract-platform', user, async () => {
            await new Promise((resolve) => setTimeout(resolve, 400));
            return { items: 1 };
          });
        scripts.set('extract-platform', poison, async (run) => {
          // It kills its process, and with it whatever else runs there, when all have begun.
          if (run.job.claim === 1) await Promise.all(neighbours.map((user) => scripts.begun(user)));
          await app.database.query(everybodyDies);
          await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
        });

        const jobs = await Promise.all([poison, ...neighbours].map((user) => app.extraction(user)));

        const [dead, ...alive] = await Promise.all(jobs.map(({ job }) => app.settled(job.id, 50_000)));
        expect(dead).toMatchObject({ state: 'failed', errorCode: 'POISON' });
        expect(alive.map(({ state, result }) => ({ state, result }))).toEqual(
          Array(3).fill({ state: 'completed', result: { items: 1 } }),
        );
      }, 60_000);
    });

    describe('with a short time limit', () => {
      beforeAll(() => open({ EXTRACTION_TIMEOUT_MS: '300', EXTRACTION_ATTEMPTS: '2' }));
      afterEach(() => app.clear());
      afterAll(() => leave());

      it('a run that passes it is stopped, and it was an attempt', async () => {
        const user = await someone();
        const reasons: unknown[] = [];
        scripts.set('extract-platform', user, async (run) => {
          await new Promise((resolve) => run.signal.addEventListener('abort', resolve));
          reasons.push(run.signal.reason);
          throw run.signal.reason;
        });

        const { job } = await app.extraction(user);

        expect(await app.settled(job.id)).toMatchObject({ state: 'failed', errorCode: 'TIMEOUT', attemptsMade: 2 });
        expect(reasons).toEqual([expect.any(app.errors.JobTimeoutError), expect.any(app.errors.JobTimeoutError)]);
      });

      it('a run that ignores its signal does not keep its slot, and what it does later counts for nothing', async () => {
        const [user, next] = [await someone(), await someone()];
        const { opened, open: letGo } = door();
        const refused = door();
        scripts.set('extract-platform', user, async (run) => {
          await opened;
          await run
            .save({ checkpoint: { late: true }, progress: 99, items: 9, step: '' }, () => Promise.resolve())
            .catch(refused.open);
          return { items: 9 };
        });
        const { job } = await app.extraction(user);
        await scripts.begun(user);

        const behind = await app.extraction(next);

        expect((await app.settled(behind.job.id)).state).toBe('completed');
        const failed = await app.settled(job.id);
        letGo();
        await refused.opened;
        expect(failed).toMatchObject({
          state: 'failed',
          errorCode: 'TIMEOUT',
          items: 0,
          checkpoint: null,
          result: null,
        });
        expect(await app.job(job.id)).toEqual(failed);
      });

      it('a long run that gets on gets to its end, and no attempt is spent', async () => {
        const user = await someone();
        scripts.set('extract-platform', user, async (run) => {
          const done = (run.checkpoint as { page: number } | undefined)?.page ?? 0;
          for (let page = done + 1; page <= 8; page += 1) {
            await new Promise((resolve) => setTimeout(resolve, 100));
            await run.save({ checkpoint: { page }, progress: page, items: 1, step: '' }, () => Promise.resolve());
          }
          return { items: run.items };
        });

        const { job } = await app.extraction(user);

        expect(await app.settled(job.id)).toMatchObject({ state: 'completed', items: 8, attemptsMade: 1, crashes: 0 });
        expect(new Set(scripts.runsOf(user).map((run) => run.attempt))).toEqual(new Set([1]));
        const told = app.transitions.filter(({ jobId }) => jobId === job.id).map(({ kind }) => kind);
        expect(told.filter((kind) => kind === 'failed')).toEqual([]);
      });

      it('a run that stores the same checkpoint again and again does not get on', async () => {
        const user = await someone();
        scripts.set('extract-platform', user, async (run) => {
          while (!run.signal.aborted) {
            await new Promise((resolve) => setTimeout(resolve, 50));
            await run.save({ checkpoint: { stuck: true }, progress: 1, items: 0, step: '' }, () => Promise.resolve());
          }
          throw run.signal.reason;
        });

        const { job } = await app.extraction(user);

        expect(await app.settled(job.id)).toMatchObject({ state: 'failed', errorCode: 'TIMEOUT' });
      });
    });

    describe('with a start limit of 10 a second', () => {
      beforeAll(() =>
        open({ EXTRACTION_CONCURRENCY: '40', EXTRACTION_RATE_MAX: '10', EXTRACTION_RATE_DURATION: '1000' }),
      );
      afterAll(() => leave());

      it('no second sees more than 10 starts and the one that may be early, all jobs start, and priority holds', async () => {
        const jobs: string[] = [];
        for (let n = 0; n < 35; n += 1) jobs.push((await app.extraction(await someone())).job.id);
        const urgent: string[] = [];
        for (let n = 0; n < 3; n += 1) urgent.push((await app.extraction(await someone(), { priority: 1 })).job.id);

        await Promise.all([...jobs, ...urgent].map((id) => app.settled(id, 30_000)));

        const mine = new Set([...jobs, ...urgent]);
        const starts = (await app.dispatches()).filter(({ jobId }) => mine.has(jobId));
        expect(starts).toHaveLength(38);
        // 20 ms less than a second: the clock is read when a row is written, a moment after the limit was asked.
        const busiest = starts.map(({ atMs }) => starts.filter((s) => s.atMs >= atMs && s.atMs < atMs + 980).length);
        expect(Math.max(...busiest)).toBeLessThanOrEqual(11);
        // And it is used: 38 starts need at least 3.6 s, and little more.
        const span = starts.at(-1)!.atMs - starts[0]!.atMs;
        expect(span).toBeGreaterThan(3_500);
        expect(span).toBeLessThan(30_000);
        const [asked] = await app.history(urgent[2]!);
        const after = starts.filter(({ atMs }) => atMs > asked!.at.getTime() + 1);
        expect(after.slice(0, 3).map(({ priority }) => priority)).toContain(1);
        expect(after.findLastIndex(({ priority }) => priority === 1)).toBeLessThanOrEqual(3);
      });
    });

    describe('at its start and its end', () => {
      afterEach(() => leave());

      it('refuses to start while nobody takes a job, and names it', async () => {
        const start = openProbeApp(driver, SETTINGS, new Scripts(), 'one missing');
        await expect(start).rejects.toThrow(/No handler for build-signature/);
      });

      it('refuses two handlers for one job', async () => {
        const start = openProbeApp(driver, SETTINGS, new Scripts(), 'one twice');
        await expect(start).rejects.toThrow(/extract-platform/);
      });

      it('lets a run end that ends in time, and starts nothing more', async () => {
        await open();
        const [running, waiting] = [await someone(), await someone()];
        const began = door();
        scripts.set('extract-platform', running, async () => {
          began.open();
          await new Promise((resolve) => setTimeout(resolve, 200));
          return { items: 3 };
        });
        const first = await app.extraction(running);
        const second = await app.extraction(waiting);
        await began.opened;

        await close();

        await open();
        expect(await app.job(first.job.id)).toMatchObject({
          state: 'completed',
          result: { items: 3 },
          attemptsMade: 1,
        });
        expect(await app.settled(second.job.id)).toMatchObject({ state: 'completed', crashes: 0, attemptsMade: 1 });
      });

      it('hands a run that does not end back at its checkpoint, and the next process finishes it', async () => {
        await open();
        const user = await someone();
        const saved = door();
        scripts.set('extract-platform', user, async (run) => {
          await run.save({ checkpoint: { page: 1 }, progress: 40, items: 7, step: '' }, () => Promise.resolve());
          saved.open();
          await new Promise(() => undefined);
        });
        const { job } = await app.extraction(user);
        await saved.opened;

        await close();

        await open();
        const done = await app.settled(job.id);
        expect(scripts.runsOf(user)).toMatchObject([{ attempt: 1, checkpoint: { page: 1 } }]);
        expect(done).toMatchObject({ state: 'completed', items: 7, crashes: 0, attemptsMade: 1, progress: 100 });
      });

      it('counts no crash when it ends while many jobs are about to start', async () => {
        const settings = { EXTRACTION_CONCURRENCY: '20', SHUTDOWN_TIMEOUT_MS: '5000' };
        await open(settings);
        await app.pause('extraction');
        const jobs: string[] = [];
        const people: string[] = [];
        for (let n = 0; n < 20; n += 1) {
          const user = await someone();
          people.push(user);
          scripts.set('extract-platform', user, async () => {
            await new Promise((resolve) => setTimeout(resolve, 100));
            return { items: 0 };
          });
          jobs.push((await app.extraction(user)).job.id);
        }

        await app.resume('extraction');
        await Promise.any(people.map((user) => scripts.begun(user)));
        await close();

        await open(settings);
        for (const id of jobs) {
          expect(await app.settled(id)).toMatchObject({ state: 'completed', attemptsMade: 1 });
          expect((await app.history(id)).map(({ crashes }) => crashes)).not.toContain(1);
        }
      });
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
