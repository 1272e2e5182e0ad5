import { csvOf, outcomesOf, wordOf } from '../../../test/support/archive-rows.js';
import { netflixHistory } from './netflix-history.js';

async function read(...rows: readonly (readonly string[])[]) {
  return outcomesOf(netflixHistory, csvOf([['Title', 'Date'], ...rows]));
}

/** The days as which these dates are read; the reason for those that are not. */
async function daysOf(...dates: readonly string[]) {
  const outcomes = await read(...dates.map((date) => ['Heat', date]));
  return outcomes.map((outcome) => ('item' in outcome ? outcome.item.payload['day'] : wordOf(outcome)));
}

describe('Netflix’s short viewing history', () => {
  it('tells on which day a title was watched, never at which hour', async () => {
    expect(await read(['Dark: Season 1: Secrets', '31/1/21'])).toEqual([
      {
        item: {
          kind: 'watched-title',
          externalId: 'Dark: Season 1: Secrets@2021-01-31',
          key: 'title:dark',
          occurredAt: new Date('2021-01-31T00:00:00Z'),
          timeMeaning: 'content',
          payload: { title: 'Dark: Season 1: Secrets', series: 'Dark', day: '2021-01-31' },
        },
      },
    ]);
  });

  it('finds the order of day and month from a day after the twelfth anywhere in its first rows', async () => {
    expect(await daysOf('5/2/21', '31/1/21')).toEqual(['2021-02-05', '2021-01-31']);
    expect(await daysOf('2/5/21', '1/31/21')).toEqual(['2021-02-05', '2021-01-31']);
    expect(await daysOf('5/2/2021', '31/1/2021')).toEqual(['2021-02-05', '2021-01-31']);
  });

  it('finds it from the newest row’s coming first where no day is after the twelfth', async () => {
    expect(await daysOf('1/3/21', '12/2/21', '11/2/21')).toEqual(['2021-03-01', '2021-02-12', '2021-02-11']);
    expect(await daysOf('3/1/21', '2/12/21', '2/11/21')).toEqual(['2021-03-01', '2021-02-12', '2021-02-11']);
  });

  it('leaves its rows out where nothing decides, rather than moving them by months', async () => {
    expect(await daysOf('3/2/21')).toEqual(['NO_DATE']);
    expect(await daysOf('3/2/21', '2/1/21')).toEqual(['NO_DATE', 'NO_DATE']);
  });

  it('reads days that are the same in either order', async () => {
    expect(await daysOf('2/2/21', '1/1/21')).toEqual(['2021-02-02', '2021-01-01']);
  });

  it('reads days with dashes, with dots, with the year first, and with marks of direction', async () => {
    expect(await daysOf('2021-02-05', '2021-01-31')).toEqual(['2021-02-05', '2021-01-31']);
    expect(await daysOf('05.02.21', '01.02.21')).toEqual(['2021-02-05', '2021-02-01']);
    expect(await daysOf('2021. 2. 5.', '2021. 1. 31.')).toEqual(['2021-02-05', '2021-01-31']);
    expect(await daysOf('21. 2. 5.')).toEqual(['2021-02-05']);
    expect(await daysOf('5\u200f/2\u200f/2021', '31\u200f/1\u200f/2021')).toEqual(['2021-02-05', '2021-01-31']);
  });

  it('is not misled by rows that are no days in the order of the others', async () => {
    expect(await daysOf('5/2/21', '99/99/99', '12/31/20', '31/1/21', '30/1/21', 'soon', '', '5/2/1998')).toEqual([
      '2021-02-05',
      'BAD_TIME',
      'BAD_TIME',
      '2021-01-31',
      '2021-01-30',
      'BAD_TIME',
      'NO_DATE',
      'BAD_TIME',
    ]);
  });

  it('decides from its first 64 KiB, and reads the rest in the same order', async () => {
    const rows = Array.from({ length: 3_000 }, (_, at) => ['x'.repeat(50), at === 0 ? '28/3/21' : '5/2/21']);
    const outcomes = await read(...rows, ['Heat', '1/31/21']);
    expect(outcomes).toHaveLength(3_001);
    expect(outcomes.slice(0, -1).every((outcome) => 'item' in outcome)).toBe(true);
    expect(outcomes.at(-1)).toEqual({ unread: 'BAD_TIME' });
    expect(outcomes.at(-2)).toMatchObject({ item: { payload: { day: '2021-02-05' } } });
  });

  it('holds no more than 64 Ki rows, however short they are', async () => {
    let pieces = 0;
    async function* emptyRows() {
      for (; pieces < 100; pieces += 1) yield '""\n'.repeat(10_000);
    }
    const outcomes = netflixHistory.read(emptyRows(), { name: 'a file' });
    expect((await outcomes.next()).value).toEqual({ unread: 'BAD_ROW' });
    expect(pieces).toBeLessThan(10);
  });

  it('has no rows from after its arrival', async () => {
    const text = csvOf([
      ['Title', 'Date'],
      ['Heat', '31/1/21'],
      ['Heat', '28/1/21'],
    ]);
    const outcomes = await outcomesOf(netflixHistory, text, { receivedAt: new Date('2021-01-28') });
    expect(outcomes.map(wordOf)).toEqual(['BAD_TIME', 'watched-title']);
  });

  it('cannot read rows without a title or with other cells', async () => {
    expect((await read(['', '31/1/21'], ['Heat'], ['Heat', '31/1/21', 'x'])).map(wordOf)).toEqual(
      Array(3).fill('BAD_ROW'),
    );
  });
});
