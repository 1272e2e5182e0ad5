import fc from 'fast-check';
import { sameListenings, type Telling } from './same-listenings.js';

const MINUTE = 60_000;
const START = Date.UTC(2024, 4, 1, 20);

interface Options {
  readonly title?: string;
  readonly track?: string;
  readonly lasts?: number;
}

/** A telling of an archive with both ends. */
const span = (at: number, { title = 'song', track = 'id', lasts = 180_000 }: Options = {}): Telling => ({
  platform: 'spotify',
  kind: 'play',
  externalId: `${track}@${at}`,
  at,
  listening: { title, from: at, to: at + lasts, told: 'span' },
});

/** A telling of Spotify's API, whose instant is the end or the start. */
const polled = (at: number, { title = 'song', track = 'id', lasts = 180_000 }: Options = {}): Telling => ({
  platform: 'spotify',
  kind: 'play',
  externalId: `${track}@${at}`,
  at,
  listening: { title, from: at - lasts, to: at + lasts, told: 'instant' },
});

const scrobbled = (at: number, { title = 'song' }: Options = {}): Telling => ({
  platform: 'listenbrainz',
  kind: 'play',
  externalId: `${title}@${at}`,
  at,
  listening: { title, from: at, to: at, told: 'instant' },
});

/** A telling by the minute in which a listening ended. */
const inMinute = (endMinute: number, { title = 'song', lasts = 180_000 }: Options = {}): Telling => ({
  platform: 'spotify',
  kind: 'play',
  externalId: `minute ${title} ${endMinute}`,
  at: endMinute - lasts,
  listening: { title, from: endMinute, to: endMinute + MINUTE, told: 'minute' },
});

/** The tellings of each listening, the one that shows it first. */
function listeningsOf(tellings: readonly Telling[]): string[][] {
  const listenings = new Map<Telling, string[]>();
  for (const [telling, head] of sameListenings(tellings)) {
    const known = listenings.get(head) ?? [head.externalId];
    if (telling !== head) known.push(telling.externalId);
    listenings.set(head, known);
  }
  return [...listenings.values()].map(([head = '', ...others]) => [head, ...others.sort()]).sort();
}

const named = (...tellings: readonly Telling[]) => tellings.map(({ externalId }) => externalId);

describe('Tellings of one listening', () => {
  it.each([
    ['the end', polled(START + 180_000)],
    ['the start', polled(START)],
    ['some seconds after the end', polled(START + 189_000)],
    ['some seconds before the start', polled(START - 9_000)],
  ])('are found when the API tells %s', (_, telling) => {
    expect(listeningsOf([telling, span(START)])).toEqual([named(span(START), telling)]);
  });

  it('are not found when the times are too far apart', () => {
    expect(listeningsOf([polled(START + 191_000), span(START)])).toHaveLength(2);
    expect(listeningsOf([polled(START - 11_000), span(START)])).toHaveLength(2);
    expect(listeningsOf([inMinute(START + 4 * MINUTE + 11_000), span(START)])).toHaveLength(2);
  });

  it('are those of all sources, the most exact one first', () => {
    const all = [inMinute(START + 3 * MINUTE), scrobbled(START + 1_000), polled(START + 180_000), span(START)];
    const [head, ...others] = listeningsOf(all)[0] ?? [];
    expect(head).toBe(span(START).externalId);
    expect(others).toHaveLength(3);
    const withoutArchive = listeningsOf(all.slice(0, 3));
    expect(withoutArchive).toHaveLength(1);
    expect(withoutArchive[0]?.[0]).toBe(polled(START + 180_000).externalId);
  });

  it('are found by the names where the ids differ, and by the id where the names differ', () => {
    expect(listeningsOf([span(START), polled(START, { track: 'relinked' })])).toHaveLength(1);
    expect(listeningsOf([span(START), polled(START, { title: 'song (renamed)' })])).toHaveLength(1);
    expect(listeningsOf([span(START), polled(START, { track: 'other', title: 'other' })])).toHaveLength(2);
  });

  it('of one source are several listenings, however often a track is repeated', () => {
    const spans = Array.from({ length: 20 }, (_, n) => span(START + n * 180_000));
    const polls = Array.from({ length: 20 }, (_, n) => polled(START + (n + 1) * 180_000));
    const minutes = Array.from({ length: 20 }, (_, n) => inMinute(START + (n + 1) * 3 * MINUTE));
    for (const [others, count] of [
      [polls, 20],
      [minutes, 20],
      [polls.slice(4, 9), 20],
      [[...polls, ...minutes], 20],
    ] as const) {
      expect(listeningsOf([...spans, ...others])).toHaveLength(count);
    }
    expect(listeningsOf(spans)).toHaveLength(20);
  });

  it('are of one kind, but that music is music at YouTube too, where it shows no taste', () => {
    const music = { ...scrobbled(START), platform: 'youtube', kind: 'music-play', externalId: `video@${START}` };
    expect(listeningsOf([music, scrobbled(START)])).toEqual([named(scrobbled(START), music)]);
    const minute = { ...scrobbled(START), listening: { ...scrobbled(START).listening, told: 'minute' } } as const;
    expect(listeningsOf([music, minute])).toEqual([named(minute, music)]);
    for (const kind of ['podcast-play', 'skipped-play', 'skipped-podcast-play']) {
      const [long, short] = [
        { ...span(START), kind },
        { ...inMinute(START + 3 * MINUTE), kind },
      ];
      expect(listeningsOf([short, long])).toEqual([named(long, short)]);
      expect(listeningsOf([span(START), short])).toHaveLength(2);
    }
  });

  it('are those of one source too, when it tells one instant again in other words', () => {
    const corrected = { ...scrobbled(START), externalId: `corrected@${START}` };
    expect(listeningsOf([scrobbled(START), corrected])).toHaveLength(1);
    expect(listeningsOf([scrobbled(START), corrected, span(START)])).toHaveLength(1);
    expect(listeningsOf([scrobbled(START), { ...corrected, at: START + 1_000 }])).toHaveLength(2);
  });

  it('are the same in whatever order they come', () => {
    const telling = fc
      .tuple(fc.constantFrom(span, polled, scrobbled, inMinute), fc.nat(40), fc.constantFrom('song', 'other'))
      .map(([tell, n, title]) => tell(START + n * 30_000, { title, track: title }));
    fc.assert(
      fc.property(
        fc.uniqueArray(telling, {
          maxLength: 25,
          selector: ({ externalId, listening }) => `${externalId} ${listening.told}`,
        }),
        fc.nat(),
        (tellings, seed) => {
          const turned = [
            ...tellings.slice(seed % (tellings.length + 1)),
            ...tellings.slice(0, seed % (tellings.length + 1)),
          ];
          expect(listeningsOf(turned.reverse())).toEqual(listeningsOf(tellings));
        },
      ),
    );
  });
});
