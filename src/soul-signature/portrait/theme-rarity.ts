import { NEVER_POOLED } from '../facets/rhythm-source.js';
import { isSensitive } from '../facets/themes.js';
import type { Facets } from '../document/facet.js';
import type { Rarity } from '../document/portrait.js';
import { MIN_OTHERS } from './uniqueness.js';

/** Fewer people than this are never counted out: of them only that they are few is shown. */
export const MIN_HOLDERS = 10;
const SALIENCE = 'interests.salience@';
/** Facets whose themes are not compared. */
const NOT_COMPARED = new Set(NEVER_POOLED.map((platform) => `${SALIENCE}${platform}`));

/** A frozen count of who shows which theme, among those people of this deployment who agreed and of whom themes are known. */
export interface ThemePopulation {
  /** The person who is compared is not counted, here and in `holders`. */
  readonly others: number;
  /** By theme (`theme:jazz`), how many of the others show it. */
  readonly holders: Readonly<Record<string, number>>;
}

/**
 * The themes that a person shows and that may be compared, sorted; undefined where none could be known. YouTube's data
 * never enters, and sensitive themes do not.
 */
export function comparableThemes(facets: Facets): string[] | undefined {
  const known = Object.entries(facets).flatMap(([key, facet]) =>
    key.startsWith(SALIENCE) && !NOT_COMPARED.has(key) && facet.status === 'known' ? [facet] : [],
  );
  if (known.length === 0) return undefined;
  const themes = known.flatMap((facet) => (facet.shape === 'themes' ? facet.value.themes : []));
  return [...new Set(themes.map(({ key }) => key))].filter((key) => !isSensitive(key.slice('theme:'.length))).sort();
}

/** How many others show each of the person's themes: in tenths, or only that they are few; unknown below fifty others. */
export function rarityOf(facets: Facets, population: ThemePopulation | null): Record<string, Rarity> {
  const { others, holders } = population ?? { others: 0, holders: {} };
  return Object.fromEntries(
    (comparableThemes(facets) ?? []).map((theme) => [theme, rarityAmong(others, holders[theme] ?? 0)]),
  );
}

function rarityAmong(others: number, holders: number): Rarity {
  if (others < MIN_OTHERS) {
    return {
      status: 'unknown',
      reason: 'population_too_small',
      have: others,
      need: MIN_OTHERS,
      unit: 'other people',
    };
  }
  const rounded = Math.floor(others / 10) * 10;
  // Ten people, or a tenth of them where that is more; of 50 others ten are a fifth.
  if (holders < Math.max(MIN_HOLDERS, others / 10)) {
    const oneIn = Math.min(10, Math.floor(others / MIN_HOLDERS));
    return { status: 'known', kind: 'fewer_than', oneIn, text: `fewer than 1 in ${oneIn}`, others: rounded };
  }
  const tenths = Math.round((10 * holders) / others);
  return { status: 'known', kind: 'about', tenths, text: `about ${tenths} in 10`, others: rounded };
}
