import { EVENING, plantCommits, plantPlays } from '../../../test/support/planted-users.js';
import { statisticsOf } from '../../../test/support/statistics-of.js';
import { platforms } from '../../platforms/registry.js';
import { buildSignature, type BuildOptions } from '../build-signature.js';
import type { Facet, KnownNumber } from '../document/facet.js';
import type { SignatureDocument } from '../document/signature.js';
import { archetypeOf } from './archetype.js';
import { diffOf } from './diff.js';
import { narrativeOf } from './narrative.js';
import { isFaithful, written } from './narrative-writer.js';
import { completed } from './older-documents.js';
import { policyWarnings } from './policy-warnings.js';
import type { KnownArchetype } from '../document/portrait.js';
import { withReach, type Offer } from './reach.js';
import { quantilesOf, uniquenessOf } from './uniqueness.js';

const plays = plantPlays({ seed: 31, days: 300, hours: EVENING, plays: [1, 4] });
const commits = plantCommits({ seed: 32, days: 300 });
const ASOF = new Date('2026-11-20T00:00:00Z');
const build = (
  items = [...plays, ...commits],
  options: Partial<BuildOptions> = {},
  connected: readonly string[] = ['github', 'spotify'],
) => buildSignature(statisticsOf(items, connected), { asOf: ASOF, zone: { iana: 'UTC', source: 'user' }, ...options });
const whole = build();

/** A known number with this 90 % half-width. */
const number = (value: number, halfWidth: number, u: number, rest: Partial<KnownNumber> = {}): KnownNumber => ({
  ...(whole.facets['taste.breadth'] as KnownNumber),
  value,
  interval: [value - halfWidth, value + halfWidth],
  confidence: { score: 0.6, level: 'high', u },
  ...rest,
});
const facets = (night: number, breadth: number, share: number, gate = true): Record<string, Facet> => ({
  'rhythms.night_share': number(night, 0.04, 0.1, { days: 300 }),
  'rhythms.peak': gate
    ? number(22, 1, 1)
    : { status: 'unknown', reason: 'no_daily_pattern', have: 1, need: 4, unit: 'F' },
  'taste.breadth': number(breadth, 4, 10),
  'creation.share_of_days': number(share, 0.04, 0.1),
});
const at = (day: number) => new Date(ASOF.getTime() + day * 86_400_000);
const named = (of: Record<string, Facet>, previous: KnownArchetype | null = null, day = 0, version = 1) =>
  archetypeOf(of, { asOf: at(day), version, previous }) as KnownArchetype;

describe('the archetype', () => {
  it('follows the published table', () => {
    expect(named(facets(0.5, 50, 0.6)).name).toBe('Night Maker');
    expect(named(facets(0.2, 90, 0.1)).name).toBe('Daylight Wanderer');
    expect(named(facets(0.33, 90, 0.6)).name).toBe('Mixed-hours Maker'); // equal margins: the earlier in the table
    expect(named(facets(0.33, 50, 0.1, false)).name).toBe('Anytime All-rounder');
    expect(named({ ...facets(0.5, 90, 0.1), 'rhythms.peak': { status: 'unknown', reason: 'no_time_zone' } }).noun).toBe(
      'Wanderer',
    );
  });

  it('is unknown with fewer than two facets that could name the person, and without hours has no adjective', () => {
    const of = { 'taste.breadth': number(90, 4, 10) };
    expect(archetypeOf(of, { asOf: ASOF, version: 1, previous: null })).toEqual({
      status: 'unknown',
      reason: 'too_few_items',
      have: 1,
      need: 2,
      unit: 'facets that could name you',
    });
    expect(named({ ...of, 'creation.share_of_days': number(0.1, 0.04, 0.1) }).name).toBe('Wanderer');
  });

  it('takes a noun only if an 80 % interval clears the cut', () => {
    expect(named(facets(0.5, 71, 0.1)).noun).toBe('All-rounder');
    expect(named(facets(0.5, 74, 0.1)).noun).toBe('Wanderer');
  });

  it('says the numbers that decided', () => {
    const { sentence, rule, margins, claims } = named(facets(0.47, 50, 0.6));
    expect(sentence).toBe(
      'Night Maker: 47 % of your active hours lie between 21:00 and 05:00, and you make something on 60 % of your active days.',
    );
    expect(rule).toBe('night_share>=.42 & share_of_days>=.40');
    expect(margins).toEqual({ maker: 2, wanderer: -2 });
    expect(claims).toEqual(['rhythms.night_share', 'creation.share_of_days']);
  });

  it('is kept until a challenger has cleared its boundary in two builds seven days apart', () => {
    const first = named(facets(0.5, 50, 0.6));
    const second = named(facets(0.5, 90, 0.1), first, 1, 2);
    expect(second).toMatchObject({ name: 'Night Maker', since: 1, challenger: { noun: { value: 'Wanderer' } } });
    const third = named(facets(0.5, 90, 0.1), second, 7, 3);
    expect(third).toMatchObject({ name: 'Night Maker', challenger: second.challenger });
    const fourth = named(facets(0.5, 90, 0.1), third, 8, 4);
    expect(fourth).toMatchObject({ name: 'Night Wanderer', since: 4, challenger: null });
    const forgotten = named(facets(0.5, 50, 0.6), second, 3, 3);
    expect(forgotten.challenger).toBeNull();
    expect(named(facets(0.5, 90, 0.1), forgotten, 9, 4).name).toBe('Night Maker');
  });

  it('is not lost to noise at a boundary', () => {
    let bearer = named(facets(0.425, 50, 0.6));
    for (let week = 1; week < 52; week++) {
      bearer = named(facets(week % 2 === 0 ? 0.425 : 0.41, 50, 0.6), bearer, 7 * week, week + 1);
      expect(bearer).toMatchObject({ name: 'Night Maker', since: 1 });
    }
  });
});

describe('the changes between two versions', () => {
  const previous = { version: 41, document: whole };

  it('are none where nothing has changed, however often it is built', () => {
    const again = build(undefined, { previous, asOf: at(3) });
    expect(again.diff).toEqual([]);
    expect(again).toMatchObject({ prev: 41, statsDigest: whole.statsDigest, archetype: whole.archetype });
  });

  it('call a number changed only if it moved far and surely', () => {
    const withBreadth = (value: number, halfWidth: number) => ({
      ...whole,
      facets: { ...whole.facets, 'taste.breadth': number(value, halfWidth, 10) },
    });
    const change = (a: SignatureDocument, b: SignatureDocument) => diffOf(a, b).map(({ kind, z }) => [kind, z]);
    expect(change(withBreadth(50, 2), withBreadth(56, 2))).toEqual([['changed', 3.49]]);
    expect(change(withBreadth(50, 2), withBreadth(54.9, 0.1))).toEqual([]); // sure, but not worth mentioning
    expect(change(withBreadth(50, 5), withBreadth(58, 5))).toEqual([]); // far, but not sure
  });

  it.each([
    ['method', { method: '9' }, 'method'],
    ['zone', { zone: { iana: 'Asia/Tokyo', source: 'user' as const } }, 'zone'],
    [
      'items',
      { coverage: { ...whole.coverage, spotify: { ...whole.coverage['spotify']!, items: 1 } } },
      'data_removed',
    ],
    ['nothing else', {}, 'new_data'],
  ])('name their cause (%s)', (_name, rest, cause) => {
    const peak = number(4, 0.5, 1, { period: 24 });
    const after = { ...whole, ...rest, facets: { ...whole.facets, 'rhythms.peak@spotify': peak } };
    expect(diffOf(whole, after)).toEqual([
      expect.objectContaining({ claim: 'rhythms.peak@spotify', kind: 'changed', cause }) as unknown,
    ]);
  });

  it('say what appeared with a connection, and leave the other platform alone', () => {
    const alone = build(plays, {}, ['spotify']);
    const changes = diffOf(alone, whole);
    expect(changes).toContainEqual(
      expect.objectContaining({ claim: 'creation.languages', kind: 'appeared', cause: 'connection' }),
    );
    expect(changes.filter(({ claim }) => /^taste|@spotify$/u.test(claim))).toEqual([]);
  });

  it('can be told against a version that an older program stored', () => {
    const { archetype: _a, narrative: _n, diff: _d, uniqueness: _u, factsOnly: _f, rules: _r, ...rest } = whole;
    const older = {
      ...rest,
      facets: Object.fromEntries(Object.entries(whole.facets).map(([key, { restsOn: _g, ...facet }]) => [key, facet])),
    };
    expect(completed(older as SignatureDocument).facets).toEqual(whole.facets);
    expect(diffOf(completed(older as SignatureDocument), whole)).toEqual([
      expect.objectContaining({ claim: 'archetype', cause: 'method' }) as unknown,
    ]);
  });
});

describe('the place among others', () => {
  const others = quantilesOf(Array.from({ length: 80 }, (_, i) => 20 + i));

  it('is unknown below fifty others', () => {
    const found = uniquenessOf(whole.facets, { 'taste.breadth': { others: 49, quantiles: others } });
    expect(found['taste.breadth']).toMatchObject({
      status: 'unknown',
      reason: 'population_too_small',
      have: 49,
      need: 50,
    });
    expect(build().uniqueness['taste.breadth']).toMatchObject({ reason: 'population_too_small', have: 0, need: 50 });
  });

  it('is told to five points with the interval of fifty draws: the 70th is 59 to 80', () => {
    const quantiles = Array.from({ length: 21 }, (_, i) => i * 5);
    const found = uniquenessOf({ 'taste.breadth': number(70, 2, 10) }, { 'taste.breadth': { others: 50, quantiles } });
    expect(found['taste.breadth']).toEqual({ status: 'known', percentile: 70, interval: [59, 80], others: 50 });
  });

  it('is not told of what is known with low confidence only, and stays within the table', () => {
    const low = number(70, 18, 10, { confidence: { score: 0.35, level: 'low', u: 10 } });
    expect(uniquenessOf({ 'taste.breadth': low }, {})).toEqual({});
    const table = { 'taste.breadth': { others: 60, quantiles: others } };
    expect(uniquenessOf({ 'taste.breadth': number(1, 1, 10) }, table)['taste.breadth']).toMatchObject({
      percentile: 0,
    });
    expect(uniquenessOf({ 'taste.breadth': number(100, 1, 10) }, table)['taste.breadth']).toMatchObject({
      percentile: 100,
    });
  });
});

describe('the narrative', () => {
  it('says numbers that are those of the facets, each sentence with its claims', () => {
    const { sentences } = whole.narrative;
    for (const { claims, kind } of sentences) {
      for (const key of claims) expect(whole.facets[key]?.status).toBe(kind === 'statement' ? 'known' : 'unknown');
    }
    const breadth = Math.round((whole.facets['taste.breadth'] as KnownNumber).value);
    expect(sentences.map(({ text }) => text)).toContain(
      `A hundred of your artist-days hold about ${breadth} different artists.`,
    );
  });

  it('makes an invitation of what is not known yet', () => {
    const { facets: few, archetype } = build(plantPlays({ seed: 5, days: 20 }), {}, ['spotify']);
    const days = (few['taste.breadth'] as { have: number }).have;
    expect(narrativeOf({ facets: few, archetype }).sentences).toContainEqual({
      kind: 'invitation',
      text: `${30 - days} more days with plays, and we can say how wide you listen.`,
      claims: ['taste.breadth'],
    });
  });

  it('invites to nothing that no platform gives, and to all of it once one declares it', () => {
    const outOfReach = (offers: readonly Offer[]) =>
      Object.entries(withReach(whole.facets, offers)).flatMap(([key, facet]) =>
        facet.status === 'unknown' && !facet.withinReach ? [key] : [],
      );
    const offers = platforms.map(({ name, gives }) => ({ name, gives }));
    // Spotify's items have no titles whose words could be compared with those of other platforms.
    const never = ['taste.specialist', 'interests.words@spotify'];
    expect(outOfReach(offers)).toEqual([...never, 'connection.organiser', 'connection.reciprocity']);
    const calendar = { name: 'google-calendar', gives: ['event'] };
    expect(outOfReach([...offers, calendar])).toEqual([...never, 'connection.reciprocity']);

    const invited = (options: Partial<BuildOptions>) =>
      build([], { zone: null, ...options }).narrative.sentences.flatMap(({ claims }) => claims);
    expect(invited({ offers })).toEqual(invited({}));
    expect(invited({ offers: offers.filter(({ name }) => name === 'github') })).toEqual([
      'rhythms.peak',
      'creation.languages',
      'creation.cadence',
    ]);
  });

  it('takes a writer’s text only if it says no number of its own', async () => {
    const sources = ['47 % of your active hours lie between 21:00 and 05:00.', 'Ten artists have 61 % of your days.'];
    expect(isFaithful('Between 21:00 and 05:00 fall 47 % of your hours; ten artists take 61 %.', sources)).toBe(true);
    for (const text of [
      'About 48 % of it.',
      'Nearly half of it.',
      'From 21:30 on.',
      'Twenty artists.',
      '',
      'x'.repeat(5_000),
    ]) {
      expect(isFaithful(text, sources)).toBe(false);
    }
    const writer = (text: string) => ({ name: 'a model', write: () => Promise.resolve(text) });
    expect(await written(whole.narrative, writer('You live at night.'))).toMatchObject({
      text: 'You live at night.',
      writer: 'a model',
      sentences: whole.narrative.sentences,
    });
    expect(await written(whole.narrative, writer('You are 99.9 % night.'))).toEqual(whole.narrative);
  });
});

describe('a platform of which only facts may be said', () => {
  const silent = build(undefined, { factsOnly: ['spotify'] });

  it('gives no estimate, with the policy as the reason, and all its facts', () => {
    for (const [key, facet] of Object.entries(silent.facets)) {
      if (/^(taste|change)\.|@spotify$/u.test(key)) {
        expect([key, facet]).toEqual([key, expect.objectContaining({ reason: 'policy' })]);
      }
    }
    expect(silent.facets['rhythms.clock@spotify']).toBeDefined();
    expect(silent.facets['interests.words@spotify']).toBeDefined();
    expect(silent.facts).toEqual(whole.facts);
    expect(silent.coverage).toEqual(whole.coverage);
    expect(silent.factsOnly).toEqual(['spotify']);
  });

  it('feeds nothing that several platforms share, and leaves the other platform as it is', () => {
    expect(silent.facets['rhythms.clock']).toMatchObject({ coverage: { platforms: ['github'] } });
    expect(silent.facets['creation.languages']).toEqual(whole.facets['creation.languages']);
    const alone = build(plays, { factsOnly: ['spotify'] }, ['spotify']);
    expect(alone.facets['rhythms.peak']).toMatchObject({ status: 'unknown', reason: 'policy' });
    expect(alone.facets['creation.languages']).toMatchObject({ reason: 'not_connected' });
  });

  it('is asked for in production where the owner forbids estimates and nobody has decided', () => {
    const platforms = new Map([
      ['spotify', { clientId: 'x' }],
      ['youtube', { clientId: 'x', estimates: 'on' as const }],
      ['github', { clientId: 'x' }],
    ]);
    expect(policyWarnings({ production: false, platforms })).toEqual([]);
    expect(policyWarnings({ production: true, platforms })).toEqual([
      expect.stringContaining('PLATFORM_SPOTIFY_ESTIMATES=facts') as unknown,
    ]);
  });
});
