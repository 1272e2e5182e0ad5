import { ReadAhead } from './read-ahead.js';

describe('reading ahead', () => {
  let read: number;
  const pages = async function* (count: number, failure?: Error) {
    for (let page = 1; page <= count; page++) {
      read = page;
      yield page;
      await Promise.resolve();
    }
    if (failure) throw failure;
  };
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  beforeEach(() => (read = 0));

  it('gives every page once, in order, and then none', async () => {
    const ahead = new ReadAhead(pages(10), 3);
    const taken: number[] = [];
    for (let some = await ahead.take(); some.length > 0; some = await ahead.take()) taken.push(...some);
    expect(taken).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(await ahead.take()).toEqual([]);
  });

  it('gets no further ahead than it may', async () => {
    const ahead = new ReadAhead(pages(10), 3);
    await settled();
    expect(read).toBe(3);
    expect(await ahead.take()).toEqual([1, 2, 3]);
    await settled();
    expect(read).toBe(6);
  });

  it('gives what was read before it fails', async () => {
    const ahead = new ReadAhead(pages(2, new Error('gone')), 5);
    await settled();
    expect(await ahead.take()).toEqual([1, 2]);
    await expect(ahead.take()).rejects.toThrow('gone');
  });

  it('ends its reading when nobody takes any more', async () => {
    let ended = false;
    const source = (async function* () {
      try {
        for (;;) yield (read += 1);
      } finally {
        ended = true;
      }
    })();
    const ahead = new ReadAhead(source, 2);
    await settled();
    ahead.stop();
    await settled();
    expect(ended).toBe(true);
    expect(read).toBeLessThanOrEqual(3);
  });
});
