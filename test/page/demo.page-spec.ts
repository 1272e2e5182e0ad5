import { portrait } from '../../scripts/demo/portrait.js';
import { EVERY_CLAIM } from '../browser/every-claim.js';

describe('The demo’s portrait in a terminal', () => {
  const fact = (rest: object) => ({ platform: 'spotify', source: { label: 'counted by us' }, ...rest });
  const text = portrait(
    {
      ...EVERY_CLAIM,
      coverage: {},
      facts: [
        fact({ kind: 'list', title: 'Top artists', entries: [{ rank: 1, label: 'Rain Kettle' }] }),
        fact({ kind: 'list', title: 'Never in a top list', entries: [{ rank: null, label: 'Fog Mill' }] }),
        fact({
          kind: 'list',
          platform: null,
          title: 'Themes',
          entries: [
            {
              rank: null,
              label: 'Electronic music',
              on: [
                { platform: 'github', count: 2 },
                { platform: 'spotify', count: 131 },
              ],
            },
          ],
        }),
      ],
    },
    { name: 'Mira', titles: { spotify: 'Spotify', github: 'GitHub' } },
  );

  it('has words for every shape of claim', () => {
    expect(text).toContain('Electronic music (24 sources), Rust (12 sources), Astronomy (4 sources)');
    expect(text).toContain('synth, modular, compiler; we are confident');
    expect(text).not.toMatch(/undefined|NaN|null|\[object/);
  });

  it('numbers only what the platform ranks, and sets platforms side by side', () => {
    expect(text).toContain('  1. Rain Kettle');
    expect(text).toContain('  · Fog Mill');
    expect(text).toContain('Themes (counted by us)\n  · Electronic music (2 on GitHub, 131 on Spotify)');
  });
});
