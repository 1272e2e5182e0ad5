import { FACTS } from './facts/facts.js';
import { coverageOf } from './facets/coverage.js';
import { FACETS } from './facets/facets.js';
import { statsDigest, type Statistics } from './facets/statistics.js';
import { THEMES_VERSION } from './facets/themes.js';
import type { SignatureDocument, Zone } from './signature.js';

/** Version of the arithmetic. Raise it when a formula changes, so that no one reads the change as their own. */
const METHOD = '1.1.0';

/** The outside world of a build. */
export interface BuildOptions {
  readonly asOf: Date;
  readonly zone: Zone | null;
}

/**
 * Computes a signature from statistics. Pure: no clock but `asOf`, no random numbers, no I/O. Everything a person reads
 * is either an exact fact, or an estimate with interval, confidence and evidence, or unknown with its reason.
 */
export function buildSignature(statistics: Statistics, { asOf, zone }: BuildOptions): SignatureDocument {
  const facets = FACETS.map(({ build, explain }) =>
    Object.fromEntries(Object.entries(build({ statistics, zone })).map(([key, facet]) => [key, { ...facet, explain }])),
  );
  return {
    schema: 'soul/1',
    method: METHOD,
    themes: THEMES_VERSION,
    asOf: asOf.toISOString(),
    statsDigest: statsDigest(statistics),
    zone,
    coverage: coverageOf(statistics),
    facts: FACTS.flatMap((fact) => fact(statistics)),
    facets: Object.assign({}, ...facets) as SignatureDocument['facets'],
  };
}
