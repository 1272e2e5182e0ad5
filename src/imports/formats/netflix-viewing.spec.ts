import fc from 'fast-check';
import { csvOf, inPieces, outcomesOf, wordOf } from '../../../test/support/archive-rows.js';
import { netflixViewing } from './netflix-viewing.js';

const HEADER = [
  'Profile Name',
  'Start Time',
  'Duration',
  'Attributes',
  'Title',
  'Supplemental Video Type',
  'Device Type',
  'Bookmark',
  'Latest Bookmark',
  'Country',
];

function viewing(cells: Readonly<Record<string, string>> = {}): readonly string[] {
  const row: Readonly<Record<string, string>> = {
    'Profile Name': 'Mira',
    'Start Time': '2021-01-31 20:15:42',
    Duration: '00:45:10',
    Title: 'Dark: Season 1: Secrets',
    'Device Type': 'Secret TV',
    Bookmark: '00:45:10',
    'Latest Bookmark': 'Not latest view',
    Country: 'DE (Germany)',
    ...cells,
  };
  return HEADER.map((name) => row[name] ?? '');
}

async function read(rows: readonly (readonly string[])[], profile?: string, header = HEADER) {
  return outcomesOf(netflixViewing, csvOf([header, ...rows]), profile === undefined ? {} : { profile });
}

describe('Netflix’s viewing activity', () => {
  it('tells what was watched from when and for how long, and counts episodes for their series', async () => {
    expect(await read([viewing()])).toEqual([
      {
        item: {
          kind: 'watch',
          externalId: `Dark: Season 1: Secrets@${Date.UTC(2021, 0, 31, 20, 15, 42)}+2710000`,
          key: 'title:dark',
          occurredAt: new Date('2021-01-31T20:15:42Z'),
          timeMeaning: 'user_act',
          payload: { title: 'Dark: Season 1: Secrets', series: 'Dark', durationMs: 2_710_000 },
        },
      },
    ]);
  });

  it('is read by position where its header is in another language', async () => {
    const localized = HEADER.map((_, at) => `Spalte ${at}`);
    expect(await read([viewing()], undefined, localized)).toEqual(await read([viewing()]));
  });

  it('is read by name where its columns stand in another order', async () => {
    expect(await read([[...viewing()].reverse()], undefined, [...HEADER].reverse())).toEqual(await read([viewing()]));
  });

  it('leaves out trailers, what played by itself, what was hidden, and what did not play', async () => {
    const outcomes = await read([
      viewing({ 'Supplemental Video Type': 'HOOK' }),
      viewing({ 'Supplemental Video Type': 'TEASER_TRAILER' }),
      viewing({ Attributes: 'Autoplayed: user action: None; ' }),
      viewing({ Attributes: 'Autoplayed: user action: User_Interaction; ' }),
      viewing({ Attributes: 'View was hidden; ' }),
      viewing({ Duration: '00:00:00' }),
    ]);
    expect(outcomes.map(wordOf)).toEqual([
      'NOT_WATCHED',
      'NOT_WATCHED',
      'NOT_WATCHED',
      'watch',
      'HIDDEN',
      'NOTHING_PLAYED',
    ]);
  });

  it('reads one profile of a household, the chosen one', async () => {
    const rows = [viewing(), viewing({ 'Profile Name': 'Tobias' }), viewing({ 'Profile Name': 'Kids' })];
    expect((await read(rows, 'Tobias')).map(wordOf)).toEqual(['OTHER_PROFILE', 'watch', 'OTHER_PROFILE']);
    expect((await read(rows, 'Nobody')).map(wordOf)).toEqual(Array(3).fill('OTHER_PROFILE'));
  });

  it('never mixes two people when none is chosen', async () => {
    const rows = [viewing(), viewing({ 'Profile Name': 'Tobias' }), viewing()];
    expect((await read(rows)).map(wordOf)).toEqual(['watch', 'OTHER_PROFILE', 'watch']);
  });

  it('lists the profiles in their order, each once', async () => {
    const rows = ['Mira', 'Kids', ' Mira ', 'Tobias', 'Kids'].map((name) => viewing({ 'Profile Name': name }));
    expect(await netflixViewing.profiles?.(inPieces(csvOf([HEADER, ...rows]), [7]))).toEqual([
      'Mira',
      'Kids',
      'Tobias',
    ]);
  });

  it('says of each row that cannot be read what is wrong with it', async () => {
    const outcomes = await read([
      viewing({ Title: '' }),
      viewing({ Duration: 'long' }),
      viewing().slice(0, 5),
      viewing({ 'Start Time': '' }),
      viewing({ 'Start Time': '31/01/2021 20:15' }),
      viewing({ 'Start Time': '2021-02-30 20:15:42' }),
      viewing({ 'Start Time': '1970-01-01 00:00:00' }),
    ]);
    expect(outcomes.map(wordOf)).toEqual([...Array(3).fill('BAD_ROW'), ...Array(4).fill('BAD_TIME')]);
  });

  it('has no rows from after its arrival', async () => {
    const receivedAt = new Date('2021-01-30T00:00:00Z');
    const outcomes = await outcomesOf(netflixViewing, csvOf([HEADER, viewing()]), { receivedAt });
    expect(outcomes.map(wordOf)).toEqual(['BAD_TIME']);
  });

  it('keeps a viewing whose duration is not told', async () => {
    expect(await read([viewing({ Duration: '' })])).toMatchObject([
      { item: { payload: { title: expect.any(String) } } },
    ]);
  });

  it('names columns that are new and columns that are gone', async () => {
    const header = [...HEADER.filter((name) => name !== 'Attributes'), 'Mood'];
    const row = [...viewing().filter((_, at) => at !== 3), 'good'];
    expect(await read([row], undefined, header)).toMatchObject([{ unknown: ['Mood'], missing: ['Attributes'] }]);
  });

  it('keeps no profile, device or country, and no id longer than a column', async () => {
    const rows = [viewing({ 'Profile Name': 'Secret' }), viewing({ 'Profile Name': 'Secret', Title: 'x'.repeat(900) })];
    const outcomes = await read(rows);
    expect(JSON.stringify(outcomes)).not.toMatch(/Secret[^s]|Germany/);
    expect(outcomes[1]).toMatchObject({ item: { externalId: expect.stringMatching(/^sha256:[\da-f]{64}$/) } });
  });

  it('comes to one outcome for each row, whatever stands in its cells', async () => {
    const cell = fc.oneof(
      fc.constantFrom(...viewing(), '\0', '\ud800', '"', 'x'.repeat(999)),
      fc.string({ unit: 'binary' }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(cell, { minLength: 2, maxLength: 12 })), async (rows) => {
        expect(await read(rows)).toHaveLength(rows.length);
      }),
      { numRuns: 30 },
    );
  });
});
