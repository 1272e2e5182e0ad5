import { portrait } from '../../scripts/demo/portrait.js';
import { receiptText } from '../../scripts/demo/receipt.js';
import { EVERY_CLAIM } from '../browser/every-claim.js';

describe('The demo’s portrait in a terminal', () => {
  const fact = (rest: object) => ({ platform: 'spotify', source: { label: 'counted by us' }, ...rest });
  const text = portrait(
    {
      ...EVERY_CLAIM,
      coverage: {
        netflix: {
          title: 'Netflix',
          from: '2020-01-02',
          to: '2026-11-01',
          activeDays: 900,
          items: 1_000,
          sources: [{ source: 'import', importedAt: '2026-11-19T08:00:00.000Z', items: 1_000, from: null, to: null }],
        },
      },
      facts: [
        fact({ kind: 'list', title: 'Top artists', entries: [{ rank: 1, label: 'Rain Kettle' }] }),
        fact({
          kind: 'list',
          title: 'First',
          entries: [{ rank: 1, label: 'Owl Fair', count: 9, at: '2022-09-05T23:54:05.943Z' }],
        }),
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

  it('says what an archive told, of a platform that cannot be connected too', () => {
    expect(text).toContain('Netflix: 1,000 items, 900 active days from 2 January 2020 to 1 November 2026');
    expect(text).toContain('\n  1,000 items told by the archive of 19 November 2026\n');
    expect(text).toContain('  1. Owl Fair (9), since 5 September 2022');
  });

  it('numbers only what the platform ranks, and sets platforms side by side', () => {
    expect(text).toContain('  1. Rain Kettle');
    expect(text).toContain('  · Fog Mill');
    expect(text).toContain('Themes (counted by us)\n  · Electronic music (2 on GitHub, 131 on Spotify)');
  });
});

describe('The demo’s receipt in a terminal', () => {
  const place = { file: 'my_data.zip', entry: 'endsong_0.json', row: 12 };
  const text = receiptText({
    files: [
      {
        name: 'my_data.zip',
        bytes: 10,
        entries: [
          { name: 'endsong_0.json', format: 'spotify-extended', rows: 1_234 },
          { name: 'ReadMe.pdf', format: null, reason: 'NOT_RECOGNIZED' },
        ],
      },
    ],
    receipt: {
      read: 1_234,
      accepted: 1_000,
      alreadyKnown: 100,
      merged: 30,
      skipped: { INCOGNITO: { count: 100, example: place }, VIDEO: { count: 3, example: place } },
      unread: { BAD_TIME: { count: 1, example: place } },
      range: { from: '2019-05-01T00:00:00.000Z', to: '2024-02-03T12:00:00.000Z' },
      kinds: { play: 1_130 },
      fields: { unknown: {}, missing: {} },
      warnings: [],
    },
  });

  it('sums up what each row came to', () => {
    expect(text).toContain(
      '1,234 rows = 1,000 new + 100 already known + 30 also told by another source + 103 skipped + 1 unread',
    );
    expect(text).toContain('May 2019 to 3 February 2024');
  });

  it('says where the first row of each reason is, and what was not looked at', () => {
    expect(text).toContain('skipped: INCOGNITO, 100, the first in endsong_0.json, row 12');
    expect(text).toContain('1 file not looked at, such as ReadMe.pdf (NOT_RECOGNIZED)');
    expect(text).not.toMatch(/undefined|NaN|null|\[object/);
  });
});
