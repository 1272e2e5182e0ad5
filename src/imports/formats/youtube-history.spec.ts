import fc from 'fast-check';
import { outcomesOf, wordOf } from '../../../test/support/archive-rows.js';
import { youtubeHistory } from './youtube-history.js';

const CHANNEL = 'UCDyqjn-9rKdcAe0gTMAkqyg';
const WATCHED = {
  header: 'YouTube',
  title: 'Watched How bridges hum',
  titleUrl: 'https://www.youtube.com/watch?v=2uXS20iWve4',
  subtitles: [{ name: 'Loud Structures', url: `https://www.youtube.com/channel/${CHANNEL}` }],
  time: '2021-12-03T15:02:58.289Z',
  products: ['YouTube'],
  activityControls: ['YouTube watch history'],
};
const SONG = {
  ...WATCHED,
  header: 'YouTube Music',
  title: 'Watched Solar',
  titleUrl: 'https://music.youtube.com/watch?v=-e8Nfjl_AKk',
  subtitles: [{ name: 'Sault - Topic', url: `https://www.youtube.com/channel/${CHANNEL}` }],
};

async function read(...rows: readonly unknown[]) {
  return outcomesOf(youtubeHistory, JSON.stringify(rows));
}

async function itemOf(row: object) {
  const [outcome] = await read(row);
  if (!outcome || !('item' in outcome)) throw new Error(`No item: ${JSON.stringify(outcome)}`);
  return outcome.item;
}

describe('YouTube’s watch history', () => {
  it('tells what was watched at which instant, on which channel, keyed as the API keys channels', async () => {
    expect(await read(WATCHED)).toEqual([
      {
        item: {
          kind: 'watch',
          externalId: `2uXS20iWve4@${Date.UTC(2021, 11, 3, 15, 2, 58, 289)}`,
          key: `channel:${CHANNEL}`,
          occurredAt: new Date('2021-12-03T15:02:58.289Z'),
          timeMeaning: 'user_act',
          payload: {
            videoId: '2uXS20iWve4',
            title: 'How bridges hum',
            channel: { id: CHANNEL, name: 'Loud Structures' },
          },
        },
      },
    ]);
  });

  it('is the same in every language, but for the words around the title', async () => {
    const titles = {
      'How bridges hum angesehen': 'How bridges hum',
      'Vous avez regardé\u00a0How bridges hum': 'How bridges hum',
      'Je hebt How bridges hum bekeken': 'How bridges hum',
      'How bridges hum を視聴しました': 'How bridges hum',
      'Nawatch ko How bridges hum': 'Nawatch ko How bridges hum',
    };
    for (const [title, expected] of Object.entries(titles)) {
      const item = await itemOf({ ...WATCHED, header: 'Wiedergabe', products: ['Produkt'], title });
      expect(item.payload).toMatchObject({ title: expected });
      expect(item.externalId).toBe(`2uXS20iWve4@${Date.UTC(2021, 11, 3, 15, 2, 58, 289)}`);
    }
  });

  it('knows a video by every form of its address', async () => {
    for (const titleUrl of [
      'https://www.youtube.com/watch?v=2uXS20iWve4&t=12s',
      'http://m.youtube.com/watch?feature=share&v=2uXS20iWve4',
      'https://youtu.be/2uXS20iWve4?si=x',
      'https://www.youtube.com/shorts/2uXS20iWve4',
      'https://www.youtube.com/live/2uXS20iWve4',
    ]) {
      expect((await itemOf({ ...WATCHED, titleUrl })).payload).toMatchObject({ videoId: '2uXS20iWve4' });
    }
  });

  it('counts a channel without a known id by its name, and a video without a channel for none', async () => {
    const named = { ...WATCHED, subtitles: [{ name: ' Loud  Structures', url: 'https://www.youtube.com/@loud' }] };
    expect((await itemOf(named)).key).toBe('channel:loud structures');
    expect((await itemOf({ ...WATCHED, subtitles: undefined })).key).toBeNull();
    expect((await itemOf({ ...WATCHED, subtitles: [{ name: 'Watched at 5:41 PM' }] })).payload).not.toHaveProperty(
      'channel',
    );
  });

  it('tells YouTube Music apart: a song counts for its artist, and can be the listening that a scrobble tells', async () => {
    const at = Date.UTC(2021, 11, 3, 15, 2, 58, 289);
    expect(await itemOf(SONG)).toMatchObject({
      kind: 'music-play',
      key: 'artist:sault',
      listening: { title: 'sault\nsolar', from: at, to: at, told: 'instant' },
    });
    const german = { ...SONG, title: 'Solar angesehen', subtitles: [{ ...SONG.subtitles[0], name: 'Sault – Thema' }] };
    expect(await itemOf(german)).toMatchObject({ key: 'artist:sault', listening: { title: 'sault\nsolar' } });
    const oldAddress = { ...SONG, titleUrl: 'https://www.youtube.com/watch?v=-e8Nfjl_AKk' };
    expect((await itemOf(oldAddress)).kind).toBe('music-play');
  });

  it('does not take a channel for an artist, nor a title in unknown words for a song’s', async () => {
    const upload = await itemOf({ ...SONG, subtitles: WATCHED.subtitles });
    expect(upload).toMatchObject({ kind: 'music-play', key: `channel:${CHANNEL}` });
    expect(upload).not.toHaveProperty('listening');
    expect(await itemOf({ ...SONG, title: 'Nakinig sa Solar' })).not.toHaveProperty('listening');
  });

  it('leaves out advertisements, whatever the language in which they are called so', async () => {
    const outcomes = await read(
      { ...WATCHED, details: [{ name: 'From Google Ads' }] },
      { ...WATCHED, details: [{ name: 'Von Google Anzeigen' }], titleUrl: 'https://example.org/shoes' },
    );
    expect(outcomes.map(wordOf)).toEqual(['ADVERTISEMENT', 'ADVERTISEMENT']);
  });

  it('leaves out videos of which nothing is left but an address, or not even that', async () => {
    const outcomes = await read(
      { ...WATCHED, title: 'Watched https://www.youtube.com/watch?v=2uXS20iWve4', subtitles: undefined },
      { ...WATCHED, title: 'Miré https://www.youtube.com/watch?v=2uXS20iWve4', subtitles: undefined },
      { ...WATCHED, title: 'Watched a video that has been removed', titleUrl: undefined },
      { ...WATCHED, title: 'Ein Video angesehen, das entfernt wurde', titleUrl: undefined },
    );
    expect(outcomes.map(wordOf)).toEqual(['REMOVED', 'REMOVED', 'REMOVED', 'REMOVED']);
  });

  it('leaves out searches, visits, posts and answers, and keeps nothing of them', async () => {
    const outcomes = await read(
      { ...WATCHED, title: 'Searched for a secret', titleUrl: 'https://www.youtube.com/results?search_query=a+secret' },
      { ...WATCHED, title: 'Viewed a secret', titleUrl: 'https://www.youtube.com/post/Ugkx1' },
      { ...WATCHED, title: 'Visited a secret', titleUrl: `https://www.youtube.com/channel/${CHANNEL}` },
      { ...WATCHED, title: 'Answered survey question', titleUrl: undefined },
      { ...WATCHED, title: 'Searched for a secret', titleUrl: 'https://www.google.com/search?q=a+secret' },
    );
    expect(outcomes).toEqual(Array(5).fill({ skipped: 'OTHER_ACTIVITY' }));
  });

  it('keeps no place, no control and no description', async () => {
    const item = await itemOf({
      ...WATCHED,
      description: 'secret',
      locationInfos: [{ name: 'secret', url: 'https://maps.example/secret' }],
      activityControls: ['secret'],
      imageUrl: 'secret',
    });
    expect(JSON.stringify(item)).not.toContain('secret');
  });

  it('names fields that are new and fields that are gone', async () => {
    const { header: _, ...headless } = WATCHED;
    expect(await read({ ...headless, mood: 'good', ['x'.repeat(999)]: 1 })).toMatchObject([
      { unknown: ['mood', 'x'.repeat(60)], missing: ['header'] },
    ]);
  });

  it('says of each row that cannot be read what is wrong with it', async () => {
    const outcomes = await read(
      'text',
      null,
      { ...WATCHED, title: 7 },
      { ...WATCHED, title: ' ' },
      { ...WATCHED, titleUrl: ['https://www.youtube.com/watch?v=2uXS20iWve4'] },
      { ...WATCHED, titleUrl: 'https://www.youtube.com/watch?v=short' },
      { ...WATCHED, titleUrl: 'https://www.youtube.com/watch' },
      { ...WATCHED, time: null },
      { ...WATCHED, time: '3.12.2021' },
      { ...WATCHED, time: '2021-12-03T15:02:58+01:00' },
      { ...WATCHED, time: '2021-02-30T15:02:58Z' },
      { ...WATCHED, time: '1999-12-03T15:02:58Z' },
      { ...WATCHED, time: '+275760-09-13T00:00:00Z' },
    );
    expect(outcomes.map(wordOf)).toEqual([...Array(7).fill('BAD_ROW'), ...Array(6).fill('BAD_TIME')]);
  });

  it('has no rows from after its arrival', async () => {
    const receivedAt = new Date('2021-12-01T00:00:00Z');
    const rows = [{ ...WATCHED, time: '2021-12-01T09:00:00Z' }, WATCHED];
    const outcomes = await outcomesOf(youtubeHistory, JSON.stringify(rows), { receivedAt });
    expect(outcomes.map(wordOf)).toEqual(['watch', 'BAD_TIME']);
  });

  it('says that a file is cut short, after the rows that are whole', async () => {
    const text = JSON.stringify([WATCHED, SONG]);
    const outcomes = await outcomesOf(youtubeHistory, text.slice(0, -40));
    expect(outcomes.map(wordOf)).toEqual(['watch', 'CUT_SHORT']);
  });

  it('comes to one outcome for each row, whatever stands in its fields', async () => {
    const strange = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom('\0', '\ud800', 'x'.repeat(9_999)));
    const field = (name: keyof typeof WATCHED) => fc.oneof(fc.constant<unknown>(WATCHED[name]), strange);
    const row = fc.record(
      {
        header: field('header'),
        title: field('title'),
        titleUrl: field('titleUrl'),
        subtitles: field('subtitles'),
        time: field('time'),
        details: strange,
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(row, strange)), async (rows) => {
        const outcomes = await read(...rows);
        expect(outcomes).toHaveLength(rows.length);
        for (const outcome of outcomes) {
          if ('item' in outcome) expect(outcome.item.externalId.length).toBeLessThan(500);
        }
      }),
    );
  });
});
