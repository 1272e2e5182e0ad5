import { rounded } from '../estimators/confidence.js';
import {
  adjectiveBy,
  adjectiveCleared,
  marginsOf,
  nounBy,
  nounCleared,
  numberOf,
  type Margin,
} from './archetype-rules.js';
import type { Facets } from '../document/facet.js';
import type { Adjective, Archetype, Noun } from '../document/portrait.js';

/** With a single facet known, that one alone would name the person. */
const MIN_KNOWN = 2;
/** A challenger must clear its boundary in two builds so far apart. */
const PATIENCE_MS = 7 * 86_400_000;

/** What a build knows besides the facets. */
export interface ArchetypeContext {
  readonly asOf: Date;
  /** Number of the version that is being built. */
  readonly version: number;
  /** The name in the version before, by the same rules; null without one. */
  readonly previous: Archetype | null;
}

/**
 * The person's name by the published tables. Once borne, a name changes only if the challenger clears its boundary by
 * 1.28 standard errors in two builds seven days apart or more: people at a boundary would otherwise be renamed by noise.
 */
export function archetypeOf(facets: Facets, { asOf, version, previous }: ArchetypeContext): Archetype {
  const margins = marginsOf(facets);
  if (margins.length < MIN_KNOWN) {
    const unit = 'facets that could name you';
    return { status: 'unknown', reason: 'too_few_items', have: margins.length, need: MIN_KNOWN, unit };
  }
  const before = previous?.status === 'known' ? previous : null;
  const noun = settle<Noun>(
    nounBy(margins),
    before && { value: before.noun, waiting: before.challenger?.noun },
    asOf,
    (next, now) => nounCleared(next, now, margins),
  );
  const adjective = settle<Adjective | null>(
    adjectiveBy(facets),
    before && { value: before.adjective, waiting: before.challenger?.adjective },
    asOf,
    (next, now) => adjectiveCleared(next, now, facets),
  );
  const name = [adjective.value, noun.value].filter((part) => part !== null).join(' ');
  return {
    status: 'known',
    name,
    adjective: adjective.value,
    noun: noun.value,
    since: before?.name === name ? before.since : version,
    rule: ruleOf(adjective.value, noun.value, margins),
    margins: Object.fromEntries(margins.map((entry) => [entry.noun.toLowerCase(), rounded(entry.margin, 2)])),
    sentence: sentenceOf(name, adjective.value, noun.value, facets),
    claims: [
      ...(adjective.value === null ? [] : ['rhythms.night_share']),
      ...margins.filter((entry) => entry.noun === noun.value || noun.value === 'All-rounder').map(({ facet }) => facet),
    ],
    challenger:
      noun.waiting === undefined && adjective.waiting === undefined
        ? null
        : {
            ...(noun.waiting === undefined ? {} : { noun: noun.waiting }),
            ...(adjective.waiting === undefined ? {} : { adjective: adjective.waiting }),
          },
  };
}

interface Waiting<T> {
  readonly value: T;
  /** Since when it has cleared its boundary. */
  readonly since: string;
}

function settle<T>(
  challenger: T,
  bearer: { readonly value: T; readonly waiting: Waiting<T> | undefined } | null,
  asOf: Date,
  cleared: (next: T, now: T) => boolean,
): { readonly value: T; readonly waiting?: Waiting<T> } {
  if (bearer === null || challenger === bearer.value) return { value: challenger };
  if (!cleared(challenger, bearer.value)) return { value: bearer.value };
  const waiting =
    bearer.waiting?.value === challenger ? bearer.waiting : { value: challenger, since: asOf.toISOString() };
  if (asOf.getTime() - Date.parse(waiting.since) >= PATIENCE_MS) return { value: challenger };
  return { value: bearer.value, waiting };
}

function ruleOf(adjective: Adjective | null, noun: Noun, margins: readonly Margin[]): string {
  const hours = {
    Night: 'night_share>=.42',
    Daylight: 'night_share<=.25',
    'Mixed-hours': '.25<night_share<.42, gate passes',
    Anytime: 'gate fails at 180 days',
  };
  const what = margins.find((entry) => entry.noun === noun)?.rule ?? 'none of the nouns’ rules passes';
  return adjective === null ? what : `${hours[adjective]} & ${what}`;
}

/** The name with the numbers that decided it: each part can be shown wrong. */
function sentenceOf(name: string, adjective: Adjective | null, noun: Noun, facets: Facets): string {
  const parts = [adjective === null ? null : hoursPart(adjective, facets), nounPart(noun, facets)];
  return `${name}: ${parts.filter((part) => part !== null).join(', and ')}.`;
}

function hoursPart(adjective: Adjective, facets: Facets): string {
  const share = percent(numberOf(facets, 'rhythms.night_share')?.value);
  if (adjective === 'Anytime') {
    return `your active hours show no daily pattern, with ${share} of them from 21:00 to 05:00`;
  }
  return `${share} of your active hours lie between 21:00 and 05:00`;
}

function nounPart(noun: Noun, facets: Facets): string {
  const value = (key: string) => numberOf(facets, key)?.value;
  switch (noun) {
    case 'Maker':
      return `you make something on ${percent(value('creation.share_of_days'))} of your active days`;
    case 'Convener':
      return `you called ${percent(value('connection.organiser'))} of your meetings`;
    case 'Explorer':
      return `you met ${(value('taste.discovery') ?? 0).toFixed(1)} times as many new artists as your past predicts`;
    case 'Devotee':
      return `ten artists have ${percent(value('taste.concentration'))} of your listening days`;
    case 'Wanderer':
      return `a hundred of your artist-days hold ${Math.round(value('taste.breadth') ?? 0)} different artists`;
    case 'All-rounder':
      return 'none of what we look for stands out from the rest';
  }
}

function percent(share = 0): string {
  if (share < 0.005) return 'less than 1 %';
  return share > 0.995 ? 'more than 99 %' : `${Math.round(share * 100)} %`;
}
