import { setImmediate as tick } from 'node:timers/promises';
import { ApiError } from './api-error.js';
import { OneByOne } from './one-by-one.js';
import { ConcurrencyLimit } from './concurrency-limit.js';

describe('What takes long', () => {
  const running = () => new ApiError(409, 'EXPORT_RUNNING', 'Wait.', { retryAfter: 10 });

  it('is done once at a time for each person, and a few times in all', () => {
    const limit = new ConcurrencyLimit(2, running);
    const end = limit.take('ada');
    expect(() => limit.take('ada')).toThrow(expect.objectContaining({ code: 'EXPORT_RUNNING' }));
    limit.take('bea');
    expect(() => limit.take('cid')).toThrow(
      expect.objectContaining({ code: 'SERVER_BUSY', extra: { retryAfter: expect.any(Number) } }),
    );
    end();
    limit.take('cid');
    expect(() => limit.take('ada')).toThrow(expect.objectContaining({ code: 'SERVER_BUSY' }));
  });

  it('and may wait is done one by one for each person, in order, also after one failed', async () => {
    const line = new OneByOne();
    const [begun, ends]: [string[], Map<string, (error?: Error) => void>] = [[], new Map()];
    const work = (name: string) => () =>
      new Promise<string>((resolve, reject) => {
        begun.push(name);
        ends.set(name, (error) => (error ? reject(error) : resolve(name)));
      });
    const answers = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'].map((name) => line.do('ada', work(name)));
    const others = line.do('bea', work('b1'));
    await tick();
    expect(begun).toEqual(['a1', 'b1']);
    await expect(line.do('ada', work('a7'))).rejects.toMatchObject({
      code: 'TOO_MANY_REQUESTS',
      extra: { retryAfter: 1 },
    });
    ends.get('a1')?.(new Error('no'));
    await expect(answers[0]).rejects.toThrow('no');
    for (const name of ['a2', 'a3', 'a4', 'a5', 'a6']) {
      await tick();
      expect(begun.at(-1)).toBe(name);
      ends.get(name)?.();
    }
    ends.get('b1')?.();
    expect(await Promise.all([...answers.slice(1), others])).toEqual(['a2', 'a3', 'a4', 'a5', 'a6', 'b1']);
    const later = line.do('ada', () => Promise.resolve('a8'));
    expect(await later).toBe('a8');
  });
});
