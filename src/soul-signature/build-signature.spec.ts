import fc from 'fast-check';
import { buildSignature } from './build-signature.js';
import { clockDifference } from './estimators/circular.js';
import { evidenceOf, withEvidencePages } from './facets/evidence.js';
import { commit, EVENING, plantCommits, plantPlays, play, type PlantedItem } from '../../test/support/planted-users.js';
import { statisticsOf } from '../../test/support/statistics-of.js';
import type { Facet, KnownClock, KnownNumber } from './document/facet.js';
import type { SignatureDocument } from './document/signature.js';

const ASOF = new Date('2026-11-20T00:00:00Z');
const build = (items: readonly PlantedItem[], iana = 'Europe/Berlin', connected = ['spotify']): SignatureDocument =>
  buildSignature(statisticsOf(items, connected), { asOf: ASOF, zone: { iana, source: 'user' } });
const number = (facet: Facet | undefined) => facet as KnownNumber;
const listener = plantPlays({ seed: 11, days: 150, hours: EVENING, plays: [3, 12] });

describe('a person of whom nothing is known', () => {
  it.each([
    ['nothing connected', [], []],
    ['no items', [], ['spotify']],
    ['one item', [play('a', 1_790_000_000_000)], ['spotify']],
    ['one commit', [commit('1', 1_790_000_000_000, 'Rust')], ['github', 'spotify']],
  ])('gets no number but reasons (%s)', (_name, items, connected) => {
    const { facets } = build(items, 'UTC', connected);
    for (const facet of Object.values(facets)) {
      expect(numbersIn({ ...facet, have: null, need: null })).toEqual([]);
      expect(facet.status).toBe('unknown');
      expect(facet).not.toHaveProperty('value');
      expect(facet).not.toHaveProperty('interval');
      if (facet.status === 'unknown') expect(facet.reason).toMatch(/^[a-z_]+$/);
    }
    expect(Object.keys(facets)).toEqual(
      expect.arrayContaining([
        'taste.breadth',
        'rhythms.clock',
        'rhythms.peak',
        'creation.languages',
        'creation.cadence',
      ]),
    );
  });
});

/** Every number anywhere in a value. */
function numbersIn(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersIn) : [];
}

describe('people whose platforms have nothing in common', () => {
  const source = (platform: string, kind: string, key: string, fields: object): PlantedItem => ({
    platform,
    kind,
    externalId: key,
    key,
    at: null,
    timeMeaning: 'snapshot',
    payload: { ...fields },
  });
  const repositories = Array.from({ length: 20 }, (_, i) =>
    source('github', 'repository', `repo:${i}`, { language: 'Rust' }),
  );
  const artists = (genre: string) =>
    Array.from({ length: 20 }, (_, i) => source('spotify', 'followed-artist', `artist:${i}`, { genres: [genre] }));
  const videos = Array.from({ length: 20 }, (_, i) => ({
    ...source('youtube', 'subscription', `channel:${i}`, { topicCategories: ['https://en.wikipedia.org/wiki/Jazz'] }),
    at: 1_780_000_000_000 + i * 86_400_000,
    timeMeaning: 'user_act' as const,
  }));

  it('resonate in nothing, though each platform by itself is salient', () => {
    const { facets } = build([...repositories, ...artists('baroque')], 'UTC', ['github', 'spotify']);
    expect(facets['interests.resonance']).toMatchObject({ status: 'unknown', have: 0, need: 1 });
    expect(facets['interests.salience@github']).toMatchObject({ status: 'known', n: 20 });
    expect(facets['interests.salience@spotify']).toMatchObject({
      value: { themes: [{ key: 'theme:classical', share: 1, sources: 20 }] },
    });
  });

  it('resonate in what two of them share, and bare words never count', () => {
    const connected = ['github', 'spotify', 'youtube'];
    const { facets } = build([...repositories, ...artists('vocal jazz'), ...videos], 'UTC', connected);
    expect(facets['interests.resonance']).toMatchObject({
      value: { themes: [{ key: 'theme:jazz', platforms: ['spotify', 'youtube'], sources: 40 }] },
    });
    const bare = repositories.map((one) => ({ ...one, payload: { topics: ['metal', 'go', 'music scene'] } }));
    expect(build(bare, 'UTC', ['github']).facets['interests.salience@github']).toMatchObject({ status: 'unknown' });
  });
});

describe('a signature', () => {
  it('knows keys only by their labels: other names, the same numbers', () => {
    const renamed = listener.map((one) => ({ ...one, key: one.key!.replace('artist:artist', 'artist:zz') }));
    const numbers = (document: SignatureDocument) =>
      JSON.stringify(
        Object.entries(document.facets).map(([key, facet]) => [key, { ...facet, evidence: null, movers: null }]),
      );
    expect(numbers(build(renamed))).toBe(numbers(build(listener)));
  });

  it('leaves out days of which the provider had forgotten a part, and says that it was sampled', () => {
    const gap = { platform: 'spotify', kind: 'play', dayFrom: 20_430, dayTo: 20_540 };
    const whole = statisticsOf(listener, ['spotify']);
    const holed = statisticsOf(listener, ['spotify'], [gap]);
    const of = (statistics: typeof whole) =>
      buildSignature(statistics, { asOf: ASOF, zone: { iana: 'UTC', source: 'user' } });
    const outside = listener.filter(({ at }) => at! < 20_430 * 86_400_000 || at! >= 20_541 * 86_400_000);
    expect(of(whole).facets['rhythms.peak']).toMatchObject({ status: 'known' });
    expect(of(holed).facets['rhythms.peak']).toMatchObject({ status: 'unknown', reason: 'sampled', need: 60 });
    expect(of(holed).facets['taste.breadth']).toMatchObject({ reason: 'sampled', need: 30 });
    expect(of(statisticsOf(outside, ['spotify'])).facets['taste.breadth']).toMatchObject({ reason: 'too_few_days' });
    const small = { ...gap, dayTo: 20_435 };
    const known = of(statisticsOf(listener, ['spotify'], [small])).facets['taste.breadth'];
    expect(known).toMatchObject({ evidence: { predicate: { except: [small] } } });
    const left = listener.filter(({ at }) => at! < 20_430 * 86_400_000 || at! >= 20_436 * 86_400_000);
    expect(known).toMatchObject({
      evidence: { count: left.length },
      value: number(build(left).facets['taste.breadth']).value,
    });
  });

  it('is the same bytes for the same items in any order and any number of times', () => {
    const expected = JSON.stringify(build(listener));
    fc.assert(
      fc.property(fc.shuffledSubarray(listener, { maxLength: 500 }), fc.boolean(), (again, reverse) => {
        const shuffled = reverse ? [...listener].reverse() : [...listener];
        expect(JSON.stringify(build([...again, ...shuffled]))).toBe(expected);
      }),
      { seed: 3, numRuns: 4 },
    );
  });

  it('turns its rhythms with the zone and leaves taste and facts as they are, to the byte', () => {
    const utc = build(listener, 'UTC');
    fc.assert(
      fc.property(fc.integer({ min: -12, max: 14 }), (shift) => {
        const moved = build(listener, `Etc/GMT${shift > 0 ? '-' : '+'}${Math.abs(shift)}`); // POSIX sign
        expect(JSON.stringify(moved.facets['taste.breadth'])).toBe(JSON.stringify(utc.facets['taste.breadth']));
        expect(JSON.stringify([moved.facts, moved.coverage, moved.statsDigest])).toBe(
          JSON.stringify([utc.facts, utc.coverage, utc.statsDigest]),
        );
        const [before, after] = [utc, moved].map((document) => number(document.facets['rhythms.peak']));
        expect(Math.abs(clockDifference(after!.value, before!.value + shift))).toBeLessThan(0.001);
        expect(Math.abs(clockDifference(after!.interval[0], before!.interval[0] + shift))).toBeLessThan(0.001);
        const clocks = [utc, moved].map((document) =>
          (document.facets['rhythms.clock'] as KnownClock).value.week.flat(),
        );
        const cells = 168;
        expect(clocks[1]).toEqual(clocks[0]!.map((_, cell) => clocks[0]![(cell - shift + cells) % cells]));
      }),
      { seed: 4, numRuns: 8 },
    );
  });

  it('changes only its labels when artists are renamed', () => {
    const renamed = listener.map((item) => ({
      ...item,
      key: item.key!.replace(/\d+/, (id) => String(9_999 - Number(id))),
    }));
    const strip = ({ facets }: SignatureDocument) =>
      JSON.stringify(facets, (key, value: unknown) => (key === 'evidence' ? undefined : value));
    expect(strip(build(renamed))).toBe(strip(build(listener)));
  });

  it('is not touched by a further platform in what it says of the first', () => {
    const github = plantCommits({ seed: 12, days: 90 });
    const [alone, both] = [build(listener), build([...listener, ...github], 'Europe/Berlin', ['spotify', 'github'])];
    const about = ({ facets, facts, coverage }: SignatureDocument) =>
      JSON.stringify([
        Object.entries(facets).filter(([key]) => key.startsWith('taste.') || key.endsWith('@spotify')),
        facts.filter(({ platform }) => platform === 'spotify'),
        coverage['spotify'],
      ]);
    expect(about(both)).toBe(about(alone));
    expect(about(alone)).toContain('rhythms.peak@spotify');
    expect(both.facets['creation.languages']?.status).toBe('known');
    expect(both.facets['rhythms.clock@github']?.status).toBe('known');
    expect(number(both.facets['rhythms.clock']).n).toBeGreaterThan(number(alone.facets['rhythms.clock']).n);
  });

  it('names window, sample, evidence and confidence with every claim', () => {
    const document = build(listener);
    const known = Object.entries(document.facets).filter(([, facet]) => facet.status === 'known');
    expect(known.map(([key]) => key)).toEqual([
      'taste.breadth',
      'taste.effective_artists',
      'taste.effective_artists.shannon',
      'taste.repeat',
      ...['clock', 'peak', 'quiet_point', 'night_share', 'regularity'].flatMap((name) => [
        `rhythms.${name}`,
        `rhythms.${name}@spotify`,
      ]),
    ]);
    for (const [key, facet] of known) {
      expect(facet).toMatchObject({
        level: 0.9,
        coverage: { from: '2025-11-21', platforms: ['spotify'], truncated: true },
      });
      expect(evidenceOf(document, key)).toMatchObject({ kinds: ['spotify.play'], count: listener.length, page: null });
      expect(evidenceOf(document, key)!.top.length).toBeGreaterThan(0);
    }
    const breadth = number(document.facets['taste.breadth']);
    expect(breadth.evidence.top).toHaveLength(10);
    expect(breadth.evidence.top[0]).toMatchObject({
      key: 'artist:artist a0',
      label: 'Artist a0',
      items: expect.any(Array),
    });
    expect(breadth.evidence.predicateText).toContain("platform='spotify' AND kind='play'");
    expect(evidenceOf(document, 'constructor')).toBeUndefined();
  });

  it('says what share of the repo-days has a language, and what GitHub keeps only in part', () => {
    const commits = plantCommits({ seed: 13, days: 90 });
    const event = { ...commits[0]!, kind: 'event', externalId: '1' };
    const { coverage, facets } = build([...commits, event], 'UTC', ['github']);
    const repoDays = new Set(commits.map(({ key, at }) => `${key!} ${Math.floor(at! / 86_400_000)}`));
    const silent = [...repoDays].filter((name) => name.startsWith('repo:7 ')).length;
    expect(coverage['github']).toMatchObject({ truncated: true, truncations: [{ kind: 'event' }] });
    expect(coverage['github']!.fields['language']).toBeCloseTo(1 - silent / repoDays.size, 4);
    expect(facets['creation.languages']).toMatchObject({
      n: repoDays.size - silent,
      coverage: { platforms: ['github'], truncated: false },
    });
  });

  it('takes the address of each claim’s evidence from who numbers the version', () => {
    const document = withEvidencePages(build(listener), (key) => `/versions/7/evidence/${key}`);
    expect(evidenceOf(document, 'taste.breadth')!.page).toBe('/versions/7/evidence/taste.breadth');
    expect(evidenceOf(document, 'plays_seen@spotify')!.page).toBe('/versions/7/evidence/plays_seen@spotify');
  });

  it('says what it covers', () => {
    expect(build(listener).coverage['spotify']).toMatchObject({
      from: '2025-11-21',
      items: listener.length,
      truncated: true,
      truncations: [{ kind: 'play' }],
    });
    expect(build([]).coverage['spotify']).toEqual({
      title: 'Spotify',
      sources: [],
      from: null,
      to: null,
      activeDays: 0,
      items: 0,
      truncated: false,
      truncations: [],
      fields: {},
      sampleCoverage: null,
    });
  });

  it('has narrower intervals with more days (median of 15 people)', () => {
    const median = (days: number) => {
      const widths = Array.from({ length: 15 }, (_, i) => {
        const { interval } = number(build(plantPlays({ seed: 50 + i, days, plays: [1, 1] })).facets['taste.breadth']);
        return interval[1] - interval[0];
      }).sort((a, b) => a - b);
      return widths[7]!;
    };
    const ratio = median(100) / median(400);
    expect(ratio).toBeGreaterThan(1.5);
    expect(ratio).toBeLessThan(2.7);
  });
});
