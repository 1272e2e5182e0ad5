import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { zipOf } from './archive-zip.js';

/** Text that does not compress well, without end. */
function* endless(made: { pieces: number }): Generator<string> {
  for (let state = 1; ; state = (state * 48_271) % 2_147_483_647) {
    made.pieces += 1;
    yield String(state).repeat(1_000);
  }
}

describe('a zip of an archive', () => {
  it('is made as fast as it is read', async () => {
    const made = { pieces: 0 };
    const zip = zipOf([{ name: 'endless.json', text: endless(made) }]);
    await once(zip, 'readable');
    let before = -1;
    for (let turns = 0; turns < 1_000 && before !== made.pieces; turns += 1) {
      before = made.pieces;
      for (let turn = 0; turn < 200; turn += 1) await setImmediate();
    }
    // It has stopped, with what its buffers hold.
    expect(before).toBe(made.pieces);
    zip.destroy();
    await once(zip, 'close');
  });

  it('is left unmade where its reader goes', async () => {
    let left = false;
    function* text() {
      try {
        yield* endless({ pieces: 0 });
      } finally {
        left = true;
      }
    }
    const zip = zipOf([{ name: 'endless.json', text: text() }]);
    await once(zip, 'readable');
    zip.destroy();
    while (!left) await setImmediate();
    expect(left).toBe(true);
  });

  it('begins a file when the one before it has ended', async () => {
    const asked: string[] = [];
    function* text(name: string) {
      asked.push(`${name} begins`);
      yield 'x'.repeat(200_000);
      asked.push(`${name} ends`);
    }
    function* entries() {
      for (const name of ['a', 'b']) {
        asked.push(`${name} is named`);
        yield { name, text: text(name) };
      }
    }
    await zipOf(entries()).toArray();
    expect(asked).toEqual(['a is named', 'a begins', 'a ends', 'b is named', 'b begins', 'b ends']);
  });

  it('fails as its files do', async () => {
    function* broken(): Generator<string> {
      yield 'begin';
      throw new Error('no more');
    }
    await expect(zipOf([{ name: 'a', text: broken() }]).toArray()).rejects.toThrow('no more');
    const none = {
      [Symbol.iterator]: () => ({
        next: () => {
          throw new Error('none');
        },
      }),
    };
    await expect(zipOf(none).toArray()).rejects.toThrow('none');
  });
});
