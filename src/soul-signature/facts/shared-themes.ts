import { platformTitle } from '../../platforms/platform-titles.js';
import { evidence } from '../facets/evidence.js';
import { sourcesByConcept } from '../facets/interests.js';
import { NEVER_POOLED } from '../facets/rhythm-source.js';
import { byText, type InterestSource } from '../statistics/statistics.js';
import { labelOfConcept } from '../facets/themes.js';
import type { Fact, FactListEntry } from '../document/fact.js';
import type { FactBuilder } from './fact.js';

const SHOWN = 20;

interface Theme {
  readonly concept: string;
  readonly on: readonly { readonly platform: string; readonly sources: readonly InterestSource[] }[];
}

/**
 * Themes that two platforms or more carry, with how many sources each has: numbers side by side, never one made of both.
 * Platforms whose owner forbids to mix its data (YouTube) are left out.
 */
export const sharedThemes: FactBuilder = (statistics) => {
  const mixable = statistics.sources.filter(({ platform }) => !NEVER_POOLED.includes(platform));
  const carriers = new Map<string, Theme['on']>();
  for (const own of mixable) {
    for (const [concept, sources] of sourcesByConcept(own)) {
      carriers.set(concept, [...(carriers.get(concept) ?? []), { platform: own.platform, sources }]);
    }
  }
  const themes = [...carriers]
    .map(([concept, on]): Theme => ({ concept, on }))
    .filter(({ on }) => on.length >= 2)
    .sort((a, b) => b.on.length - a.on.length || byText(labelOfConcept(a.concept), labelOfConcept(b.concept)))
    .slice(0, SHOWN);
  if (themes.length === 0) return [];
  const used = mixable.filter(({ platform }) => themes.some(({ on }) => on.some((one) => one.platform === platform)));
  const kinds = used.flatMap(({ platform, kinds: own }) => own.map((kind) => `${platform}.${kind}`));
  const count = used.reduce((sum, { items }) => sum + items, 0);
  const entries = themes.map(entryOf);
  const fact: Fact = {
    key: 'shared_themes',
    platform: null,
    title: 'Themes that your platforms share',
    kind: 'list',
    source: { label: 'compared by us', kinds, count },
    note: `What ${used.map(({ platform }) => platformTitle(platform)).join(' and ')} say of what you follow, keep and make there, by our table of themes; how many on each, not added up.`,
    evidence: evidence(
      {
        platforms: used.map(({ platform }) => platform),
        kinds: [...new Set(used.flatMap(({ kinds: own }) => own))].sort(byText),
        dayFrom: null,
        dayTo: null,
        timeMeaning: null,
      },
      kinds,
      count,
      entries.map(({ label, items }, i) => ({ key: `theme:${themes[i]?.concept ?? ''}`, label, days: null, items })),
    ),
    unit: null,
    entries,
  };
  return [fact];
};

function entryOf({ concept, on }: Theme): FactListEntry {
  return {
    rank: null,
    key: `theme:${concept}`,
    label: labelOfConcept(concept),
    on: on.map(({ platform, sources }) => ({ platform, count: sources.length })),
    items: on.flatMap(({ sources }) => sources.slice(0, 2).flatMap(({ sample }) => sample.slice(0, 1))),
  };
}
