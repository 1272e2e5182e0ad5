import type { SignatureDocument } from '../signature.js';

/** What a version stored by an earlier program may lack, as it would have said it. */
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

/** Versions are kept as they were said; this only fills in what they could not say yet. */
export function completed(document: SignatureDocument): SignatureDocument {
  return { ...LACKING, ...document };
}
