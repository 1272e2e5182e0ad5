import { artistKey, showKey } from '../listening.js';
import type { JsonObject } from '../platform.js';
import { keyByName } from './spotify-keys.js';

describe('the key of an artist or a show', () => {
  test.each([
    ['Portishead', 'artist:portishead'],
    ['  PORTISHEAD\t', 'artist:portishead'],
    ['Ｐｏｒｔｉｓｈｅａｄ', 'artist:portishead'],
    ['Bjo\u0308rk', 'artist:björk'],
    ['Godspeed  You!\u00a0Black Emperor', 'artist:godspeed you! black emperor'],
    ['Tyler: The Creator', 'artist:tyler: the creator'],
    ['\0Air\0', 'artist:air'],
    ['', null],
    [' \n', null],
    [null, null],
    [undefined, null],
  ])('of %j is %j', (name, key) => {
    expect(artistKey(name)).toBe(key);
    expect(showKey(name)).toBe(key?.replace('artist:', 'show:') ?? null);
  });

  test('is short enough for an index, however long the name', () => {
    expect(artistKey('ﷺ'.repeat(10_000))!.length).toBeLessThanOrEqual(207);
  });
});

describe('the key of an item of Spotify by name', () => {
  const artists = [{ id: '1', name: 'Portishead' }, { name: 'Guest' }];
  const show = { id: '2', name: 'The Daily' };

  test.each<[string, JsonObject, string | null]>([
    ...['play', 'top-track', 'saved-track', 'playlist-item', 'saved-album'].map(
      (kind): [string, JsonObject, string] => [kind, { name: 'Roads', artists }, 'artist:portishead'],
    ),
    ...['play', 'playlist-item', 'saved-episode'].map((kind): [string, JsonObject, string] => [
      kind,
      { type: 'episode', name: 'Monday', show, artists },
      'show:the daily',
    ]),
    ['saved-episode', { name: 'Monday', show }, 'show:the daily'],
    ['saved-show', { name: 'The Daily' }, 'show:the daily'],
    ['top-artist', { name: 'Portishead', rank: 1 }, 'artist:portishead'],
    ['followed-artist', { name: 'Portishead' }, 'artist:portishead'],
    ['playlist', { name: 'Portishead' }, null],
    ['profile', { name: 'Portishead', artists }, null],
    ['play', { artists: [{ id: '1' }, { name: 'Guest' }] }, null],
    ['play', { type: 'episode', artists }, null],
    ['play', { artists: [] }, null],
    ['play', {}, null],
    ['saved-show', { name: 7 }, null],
    ...[7, 'x', null, {}, { name: 'x' }, [null], ['x'], [['x']], [{ name: ['x'] }]].map(
      (wrong): [string, JsonObject, null] => ['play', { artists: wrong }, null],
    ),
  ])('is of a %s %j: %j', (kind, payload, key) => {
    expect(keyByName(kind, payload)).toBe(key);
  });
});
