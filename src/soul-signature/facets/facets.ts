import { breadth } from './breadth.js';
import { cadence } from './cadence.js';
import { clock } from './clock.js';
import type { FacetDefinition } from './facet.js';
import { languages } from './languages.js';
import { peak } from './peak.js';

/** Every estimate a signature can hold. A facet that is not in this list is absent from the document, not unknown. */
export const FACETS: readonly FacetDefinition[] = [breadth, clock, peak, languages, cadence];
