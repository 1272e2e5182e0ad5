import type { Evidence, EvidenceTop, Predicate } from '../document/evidence.js';
import type { SignatureDocument } from '../document/signature.js';

/** Evidence of a claim whose items `predicate` selects; `kinds` are those that really occur, `count` how many items. */
export function evidence(
  predicate: Predicate,
  kinds: readonly string[],
  count: number,
  top: readonly EvidenceTop[],
): Evidence {
  return {
    kinds: [...kinds].sort(),
    count,
    predicate,
    predicateText: inWords(predicate),
    top: top.slice(0, 10),
    page: null,
  };
}

/** The predicate as the SQL condition it stands for, `day` being the UTC day of `occurred_at`. */
function inWords(predicate: Predicate): string {
  const own = ownWords(predicate);
  return predicate.also ? `(${own}) OR (${inWords(predicate.also)})` : own;
}

function ownWords(predicate: Predicate): string {
  const parts = [oneOf('platform', predicate.platforms), oneOf('kind', predicate.kinds)];
  if (predicate.timeMeaning !== null) parts.push(`time_meaning='${predicate.timeMeaning}'`);
  if (predicate.dayFrom !== null && predicate.dayTo !== null) {
    parts.push(`day BETWEEN ${predicate.dayFrom} AND ${predicate.dayTo}`);
  }
  if (predicate.keyStartsWith !== undefined) parts.push(`key LIKE '${predicate.keyStartsWith}%'`);
  if (predicate.externalId) {
    parts.push(`external_id LIKE '${predicate.externalId.startsWith}%${predicate.externalId.endsWith}'`);
  }
  if (predicate.payload) parts.push(`payload @> '${JSON.stringify(predicate.payload)}'`);
  for (const { platform, kind, dayFrom, dayTo } of predicate.except ?? []) {
    parts.push(`NOT (platform='${platform}' AND kind='${kind}' AND day BETWEEN ${dayFrom} AND ${dayTo})`);
  }
  return parts.join(' AND ');
}

function oneOf(column: string, values: readonly string[]): string {
  const quoted = values.map((value) => `'${value}'`);
  return quoted.length === 1 ? `${column}=${quoted.join('')}` : `${column} IN (${quoted.join(', ')})`;
}

/** The evidence of a facet or fact by its key; undefined if there is no such claim or it is unknown. */
export function evidenceOf(document: SignatureDocument, key: string): Evidence | undefined {
  const facet = Object.hasOwn(document.facets, key) ? document.facets[key] : undefined;
  if (facet?.status === 'known') return facet.evidence;
  return document.facts.find((fact) => fact.key === key)?.evidence;
}

/** The document with each claim's evidence address; whoever numbers the version knows the path. */
export function withEvidencePages(document: SignatureDocument, page: (key: string) => string): SignatureDocument {
  const facets = Object.entries(document.facets).map(([key, facet]) => [
    key,
    facet.status === 'known' ? { ...facet, evidence: { ...facet.evidence, page: page(key) } } : facet,
  ]);
  const facts = document.facts.map((fact) => ({ ...fact, evidence: { ...fact.evidence, page: page(fact.key) } }));
  return { ...document, facts, facets: Object.fromEntries(facets) as SignatureDocument['facets'] };
}
