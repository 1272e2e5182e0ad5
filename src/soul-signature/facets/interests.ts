import { confidence, rounded } from '../estimators/confidence.js';
import { wilson90 } from '../estimators/wilson.js';
import type { Evidence } from '../document/evidence.js';
import type { Confidence, Facet, Theme } from '../document/facet.js';
import type { Ground } from '../document/ground.js';
import { evidence } from './evidence.js';
import { claimCoverage, shortfall, type FacetContext, type FacetDefinition } from './facet.js';
import { SOURCE_KINDS } from '../statistics/kinds.js';
import { byText, type InterestSource, type PlatformSources, type Statistics } from '../statistics/statistics.js';
import { conceptsOf, labelOfConcept } from './themes.js';

const MIN_SOURCES = 10;
/** What makes a theme of one platform count for resonance. */
const RESONANT = { sources: 2, days: 2 };
const SHOWN = 12;
/** A tenth of the sources. */
const U = 0.1;

const SOURCES: Ground = { what: 'items', platform: null, kinds: SOURCE_KINDS };
const THEMES: Ground = { what: 'themes' };

/** How large a part of what the person follows, keeps or makes on a platform is about a theme; one facet a platform. */
export const salience: FacetDefinition = {
  name: 'interests.salience',
  restsOn: [SOURCES, THEMES],
  perPlatform: 'alone',
  explain: {
    formula: 'sources about the theme / all sources of the platform',
    source: 'count; interval: Wilson 1927',
    inputs: 'channels, repositories, artists, communities of one platform, and the tags that it gives them',
  },
  build: (context) =>
    Object.fromEntries(
      context.statistics.connected.map((platform) => [`interests.salience@${platform}`, salienceOf(context, platform)]),
    ),
};

/** Themes that show on two platforms or more. An observed fact; whether it is more than chance would need a population. */
export const resonance: FacetDefinition = {
  name: 'interests.resonance',
  restsOn: [SOURCES, THEMES],
  explain: {
    formula:
      '(platforms with the theme / platforms connected) · geometric mean of the lower ends of its Wilson intervals',
    source: 'Wilson 1927',
    inputs:
      'themes with two or more sources on each of two or more platforms, on two or more days where there are days',
  },
  build: (context) => ({ 'interests.resonance': resonanceOf(context) }),
};

function salienceOf({ statistics, sensitiveTopics }: FacetContext, platform: string): Facet {
  const own = statistics.sources.find((entry) => entry.platform === platform);
  const tagged = own?.sources.filter(({ tags }) => tags.length > 0) ?? [];
  if (!own || own.sources.length < MIN_SOURCES) {
    return shortfall(
      'too_few_items',
      own?.sources.length ?? 0,
      MIN_SOURCES,
      'channels, repositories, artists or communities',
    );
  }
  if (tagged.length === 0) return shortfall('field_absent', 0, 1, 'sources with a theme');
  const all = own.sources.length;
  const several = [...sourcesByConcept(own, sensitiveTopics)].filter(
    ([, sources]) => sources.length >= RESONANT.sources,
  );
  const themes = several.map(([concept, sources]): Theme => {
    const [low, high] = wilson90(sources.length, all);
    return theme(concept, sources.length / all, [low, high], sources.length, [platform]);
  });
  if (themes.length === 0) return shortfall('too_few_items', 0, 1, 'sources with a theme we know');
  const widest = Math.max(...themes.map(({ interval: [low, high] }) => (high - low) / 2));
  return themesFacet(statistics, [own], themes, {
    unit: 'share of sources',
    method: 'wilson',
    n: all,
    // Salience is exact for the sources there are; what is unsure is only how far they stand for the interest.
    confidence: confidence(widest, U) ?? { score: rounded(U / (U + widest), 4), level: 'low', u: U },
  });
}

function resonanceOf({ statistics, sensitiveTopics }: FacetContext): Facet {
  const platforms = statistics.connected.length;
  if (platforms < 2) return shortfall('too_few_items', platforms, 2, 'connected platforms');
  const found = new Map<string, { platform: string; sources: number; low: number }[]>();
  for (const own of statistics.sources) {
    for (const [concept, sources] of sourcesByConcept(own, sensitiveTopics)) {
      const dated = sources.filter(({ days }) => days.length > 0);
      const days = new Set(dated.flatMap((source) => source.days)).size;
      if (sources.length < RESONANT.sources || (dated.length > 0 && days < RESONANT.days)) continue;
      const [low] = wilson90(sources.length, own.sources.length);
      found.set(concept, [...(found.get(concept) ?? []), { platform: own.platform, sources: sources.length, low }]);
    }
  }
  const themes = [...found]
    .filter(([, on]) => on.length >= 2)
    .map(([concept, on]): Theme => {
      const mean = Math.exp(on.reduce((sum, { low }) => sum + Math.log(low), 0) / on.length);
      const score = (on.length / platforms) * mean;
      const count = on.reduce((sum, { sources }) => sum + sources, 0);
      return theme(
        concept,
        score,
        [score, score],
        count,
        on.map(({ platform }) => platform),
      );
    });
  if (themes.length === 0) return shortfall('too_few_items', 0, 1, 'themes seen on two platforms');
  const used = statistics.sources.filter(({ platform }) => themes.some((one) => one.platforms.includes(platform)));
  return themesFacet(statistics, used, themes, {
    unit: 'resonance, 0 to 1',
    method: 'observed-on-platforms',
    n: used.reduce((sum, { sources }) => sum + sources.length, 0),
    confidence: { score: 1, level: 'high', u: U },
  });
}

interface ThemesOf {
  readonly unit: string;
  readonly method: string;
  readonly n: number;
  readonly confidence: Confidence;
}

function themesFacet(
  statistics: Statistics,
  used: readonly PlatformSources[],
  themes: readonly Theme[],
  rest: ThemesOf,
): Facet {
  const days = used.flatMap(({ sources }) => sources.flatMap((source) => source.days));
  const kinds = statistics.kinds.filter(({ platform, kind }) =>
    used.some((own) => own.platform === platform && own.kinds.includes(kind)),
  );
  const windows = kinds.flatMap(({ dayFrom, dayTo }) => (dayFrom === null || dayTo === null ? [] : [dayFrom, dayTo]));
  const sorted = [...themes].sort((a, b) => b.share - a.share || byText(a.key, b.key)).slice(0, SHOWN);
  return {
    status: 'known',
    shape: 'themes',
    value: { themes: sorted },
    interval: null,
    level: 0.9,
    days: new Set(days).size,
    ...rest,
    coverage: {
      ...claimCoverage(
        statistics,
        kinds,
        Math.min(...windows, ...(windows.length === 0 ? [0] : [])),
        Math.max(0, ...windows),
      ),
    },
    evidence: themeEvidence(used, sorted),
  };
}

/** All sources of the platforms, with those of the strongest themes. */
function themeEvidence(used: readonly PlatformSources[], themes: readonly Theme[]): Evidence {
  const sources = used.flatMap(({ sources: own }) => own);
  return evidence(
    {
      platforms: used.map(({ platform }) => platform),
      kinds: [...new Set(used.flatMap(({ kinds }) => kinds))].sort(byText),
      dayFrom: null,
      dayTo: null,
      timeMeaning: null,
    },
    used.flatMap(({ platform, kinds }) => kinds.map((kind) => `${platform}.${kind}`)),
    used.reduce((sum, { items }) => sum + items, 0),
    themes.slice(0, 10).map(({ key, label }) => {
      const about = sources.filter(({ tags }) =>
        tags.some((tag) => conceptsOf(tag, true).includes(key.slice('theme:'.length))),
      );
      return { key, label, days: null, items: about.slice(0, 3).flatMap(({ sample }) => sample.slice(0, 1)) };
    }),
  );
}

function theme(
  concept: string,
  share: number,
  [low, high]: readonly [number, number],
  sources: number,
  platforms: readonly string[],
): Theme {
  return {
    key: `theme:${concept}`,
    label: labelOfConcept(concept),
    share: rounded(share, 4),
    interval: [rounded(low, 4), rounded(high, 4)],
    sources,
    platforms: [...platforms].sort(byText),
  };
}

/** The sources of a platform by the themes that they carry; sensitive ones only on request. */
export function sourcesByConcept({ sources }: PlatformSources, sensitiveTopics = false): Map<string, InterestSource[]> {
  const found = new Map<string, InterestSource[]>();
  for (const source of sources) {
    for (const concept of new Set(source.tags.flatMap((tag) => conceptsOf(tag, sensitiveTopics)))) {
      const known = found.get(concept) ?? [];
      known.push(source);
      found.set(concept, known);
    }
  }
  return found;
}
