import type { Facet, Facets } from '../document/facet.js';
import { claimsOf } from '../facets/facet.js';
import { FACETS } from '../facets/facets.js';
import type { SignatureDocument } from '../document/signature.js';

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
  return { ...LACKING, ...document, facets: withGrounds(document) };
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
