import fc from 'fast-check';
import { buildSignature } from './build-signature.js';
import { clockDifference } from './estimators/circular.js';
import { evidenceOf, withEvidencePages } from './facets/evidence.js';
import { commit, EVENING, plantCommits, plantPlays, play, type PlantedItem } from '../../test/support/planted-users.js';
import { statisticsOf } from '../../test/support/statistics-of.js';
import type { Facet, KnownClock, KnownNumber, SignatureDocument } from './signature.js';

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

describe('a signature', () => {
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
    expect(breadth.evidence.top[0]).toMatchObject({ key: 'artist:a0', label: 'Artist a0', items: expect.any(Array) });
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
