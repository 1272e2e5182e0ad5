import { setImmediate as turn } from 'node:timers/promises';
import { Gatherer } from './gatherer.js';

describe('The gatherer', () => {
  it('answers what is asked while a batch is under way with the next one, and a lone one at once', async () => {
    const batches: number[][] = [];
    const gatherer = new Gatherer<number, string>(
      async (asked) => {
        batches.push([...asked]);
        await turn();
        return asked.map((each) => `answer ${each}`);
      },
      () => Promise.reject(new Error('alone')),
    );
    const first = gatherer.ask(0);
    await turn();
    const later = Array.from({ length: 60 }, (_, n) => gatherer.ask(n + 1));
    expect(await first).toBe('answer 0');
    expect(await Promise.all(later)).toEqual(Array.from({ length: 60 }, (_, n) => `answer ${n + 1}`));
    expect(batches.map((batch) => batch.length)).toEqual([1, 50, 10]);
    expect(await gatherer.ask(61)).toBe('answer 61');
  });

  it('asks alone for what a batch leaves out, and does not let the next batch wait for it', async () => {
    let release: (answer: string) => void = () => undefined;
    const gatherer = new Gatherer<number, string>(
      (asked) => Promise.resolve(asked.map((each) => (each < 0 ? undefined : 'together'))),
      () => new Promise((resolve) => (release = resolve)),
    );
    const answers = [gatherer.ask(1), gatherer.ask(-1)];
    expect(await answers[0]).toBe('together');
    expect(await gatherer.ask(2)).toBe('together');
    release('alone');
    expect(await answers[1]).toBe('alone');
  });

  it('takes a batch that fails apart, so that only who is to blame fails', async () => {
    const gatherer = new Gatherer<number, string>(
      () => Promise.reject(new Error('all')),
      (ask) => (ask === 2 ? Promise.reject(new Error('two')) : Promise.resolve('alone')),
    );
    const answers = await Promise.allSettled([gatherer.ask(1), gatherer.ask(2), gatherer.ask(3)]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});
