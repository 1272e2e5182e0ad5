import { genreEvenness, mainstream, specialist } from './artist-qualities.js';
import { breadth, repeat } from './breadth.js';
import { cadence } from './cadence.js';
import { clock } from './clock.js';
import { concentration } from './concentration.js';
import { organiser, reciprocity } from './connection.js';
import { nightShare, regularity, weekendShift } from './day-shape.js';
import { discovery } from './discovery.js';
import { distinctiveWords } from './distinctive-words.js';
import { drift } from './drift.js';
import { effectiveArtists, effectiveArtistsShannon } from './effective-artists.js';
import type { FacetDefinition } from './facet.js';
import { resonance, salience } from './interests.js';
import { languages } from './languages.js';
import { burstinessFacet, shareOfDays } from './making-time.js';
import { peak, quietPoint } from './peak.js';

/** Every estimate a signature can hold. A facet that is not in this list is absent from the document, not unknown. */
export const FACETS: readonly FacetDefinition[] = [
  breadth,
  effectiveArtists,
  effectiveArtistsShannon,
  concentration,
  genreEvenness,
  repeat,
  discovery,
  mainstream,
  specialist,
  clock,
  peak,
  quietPoint,
  nightShare,
  regularity,
  weekendShift,
  salience,
  resonance,
  distinctiveWords,
  languages,
  cadence,
  shareOfDays,
  burstinessFacet,
  organiser,
  reciprocity,
  drift,
];
