import { rounded } from '../estimators/confidence.js';
import type { Facets, KnownNumber } from '../document/facet.js';
import type { Adjective, Noun } from '../document/portrait.js';
import { scaled, standardError } from './standard-error.js';

/** Raise with every change of the tables below: a new name by new rules is no change of the person. */
export const RULES = '1.0.0';

/** By how many standard errors a boundary must be cleared: one-sided 90 %, the ends of an 80 % interval. */
const CLEAR = 1.2816;
/** Before so many days "no daily pattern" may only mean that we have not seen enough. */
const ANYTIME_DAYS = 180;
/** An 8-hour night of 24 would be a third; the cuts around it are conventions. */
const NIGHT = 0.42;
const DAY = 0.25;

/** In the order that decides ties. Cuts are conventions, to be revised once there are people to learn them from. */
const NOUNS: readonly { readonly noun: Noun; readonly facet: string; readonly cut: number; readonly rule: string }[] = [
  { noun: 'Maker', facet: 'creation.share_of_days', cut: 0.4, rule: 'share_of_days>=.40' },
  { noun: 'Convener', facet: 'connection.organiser', cut: 0.5, rule: 'organiser>=.50' },
  { noun: 'Explorer', facet: 'taste.discovery', cut: 1, rule: 'discovery>1' },
  { noun: 'Devotee', facet: 'taste.concentration', cut: 0.5, rule: 'concentration>=.50' },
  { noun: 'Wanderer', facet: 'taste.breadth', cut: 70, rule: 'breadth>=70' },
];

/** How far a noun's facet lies beyond its cut: in smallest differences worth mentioning, with its standard error. */
export interface Margin {
  readonly noun: Noun;
  readonly facet: string;
  readonly rule: string;
  readonly margin: number;
  readonly error: number;
}

export function numberOf(facets: Facets, key: string): KnownNumber | undefined {
  const facet = Object.hasOwn(facets, key) ? facets[key] : undefined;
  return facet?.status === 'known' && facet.shape === 'number' ? facet : undefined;
}

/** The margins of the nouns whose facets are known, in the table's order. */
export function marginsOf(facets: Facets): Margin[] {
  return NOUNS.flatMap(({ noun, facet: key, cut, rule }) => {
    const facet = numberOf(facets, key);
    if (!facet) return [];
    const { u } = facet.confidence;
    const margin = (scaled(facet, facet.value) - scaled(facet, cut)) / u;
    return [{ noun, facet: key, rule, margin: rounded(margin, 9), error: standardError(facet) / u }];
  });
}

/** The noun of the largest margin that is surely beyond its cut. */
export function nounBy(margins: readonly Margin[]): Noun {
  const passing = margins.filter(({ margin, error }) => margin - CLEAR * error >= 0);
  const best = passing.reduce<Margin | undefined>((a, b) => (a && a.margin >= b.margin ? a : b), undefined);
  return best?.noun ?? 'All-rounder';
}

/** Whether a challenger is so far ahead of the noun a person bears that no redraw of the days would undo it. */
export function nounCleared(challenger: Noun, bearer: Noun, margins: readonly Margin[]): boolean {
  const of = (noun: Noun) => margins.find((entry) => entry.noun === noun);
  const [next, now] = [of(challenger), of(bearer)];
  if (!next) return !now || -now.margin >= CLEAR * now.error;
  if (next.margin < CLEAR * next.error) return false;
  if (!now || now.margin - CLEAR * now.error < 0) return true;
  return next.margin - now.margin >= CLEAR * Math.hypot(next.error, now.error);
}

/** The adjective of the hours; null where nothing is known of them. */
export function adjectiveBy(facets: Facets): Adjective | null {
  const night = numberOf(facets, 'rhythms.night_share');
  const peak = facets['rhythms.peak'];
  if (!night || !peak) return null;
  if (night.value >= NIGHT) return 'Night';
  if (night.value <= DAY) return 'Daylight';
  const patternless = peak.status === 'unknown' && peak.reason === 'no_daily_pattern';
  if (patternless) return night.days >= ANYTIME_DAYS ? 'Anytime' : null;
  return peak.status === 'known' || peak.reason === 'too_uncertain' ? 'Mixed-hours' : null;
}

/** The same for the adjective: the share of the night must be surely on the challenger's side of the cuts. */
export function adjectiveCleared(challenger: Adjective | null, bearer: Adjective | null, facets: Facets): boolean {
  const night = numberOf(facets, 'rhythms.night_share');
  if (challenger === null || bearer === null || !night) return true;
  const error = CLEAR * standardError(night);
  if (challenger === 'Night') return night.value - NIGHT >= error;
  if (challenger === 'Daylight') return DAY - night.value >= error;
  if (bearer === 'Night') return NIGHT - night.value >= error;
  if (bearer === 'Daylight') return night.value - DAY >= error;
  return true; // between Mixed-hours and Anytime the gate decides, at one in a hundred
}
