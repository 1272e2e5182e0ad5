import { platformTitle } from '../../platforms/platform-titles.js';
import type { Facet, Facets } from '../document/facet.js';
import { claimsOf } from '../facets/facet.js';
import { FACETS } from '../facets/facets.js';
import type { PlatformCoverage, SignatureDocument } from '../document/signature.js';

/** What a version stored by an earlier program may lack, as that program would have written it. */
const LACKING: Pick<
  SignatureDocument,
  | 'rules'
  | 'themes'
  | 'prev'
  | 'factsOnly'
  | 'sensitiveTopics'
  | 'archetype'
  | 'uniqueness'
  | 'rarity'
  | 'narrative'
  | 'diff'
> = {
  rules: 'none',
  themes: 'none',
  prev: null,
  factsOnly: [],
  sensitiveTopics: false,
  archetype: { status: 'unknown', reason: 'too_few_items', have: 0, need: 2, unit: 'facets that could name you' },
  uniqueness: {},
  rarity: {},
  narrative: { writer: 'rules', sentences: [], text: null },
  diff: [],
};

/** Versions are kept as they were made; this only fills in what they could not hold yet. */
export function completed(document: SignatureDocument): SignatureDocument {
  return { ...LACKING, ...document, coverage: withSources(document), facets: withGrounds(document) };
}

/** Who told what was not known before there were archives. */
function withSources({ coverage }: SignatureDocument): SignatureDocument['coverage'] {
  const complete = Object.entries(coverage).map(([platform, seen]): [string, PlatformCoverage] => {
    // The type is that of today's documents, and says nothing of what an earlier program wrote.
    const { title = platformTitle(platform), sources = [] } = seen as Partial<PlatformCoverage>;
    return [platform, { ...seen, title, sources }];
  });
  return Object.fromEntries(complete);
}

/** What its facets rest on, where the version does not have it: the same as today. */
function withGrounds({ facets, coverage }: SignatureDocument): Facets {
  const lacking = FACETS.flatMap((definition) =>
    claimsOf(definition, Object.keys(coverage)).flatMap(({ key, restsOn }): [string, Facet][] => {
      const facet = facets[key];
      return facet && !facet.restsOn ? [[key, { ...facet, restsOn }]] : [];
    }),
  );
  return { ...facets, ...Object.fromEntries(lacking) };
}
