import type { Facet, Facets } from '../document/facet.js';
import type { Ground } from '../document/ground.js';

/** What a platform gives that is connected or can be connected. */
export interface Offer {
  readonly name: string;
  /** Kinds of items, as the platform declares them. */
  readonly gives: readonly string[];
}

/** Whether these platforms can give everything that a claim rests on. Nobody is invited to what is out of reach. */
export function isWithinReach({ restsOn = [] }: Facet, offers: readonly Offer[]): boolean {
  return restsOn.every((ground) => ground.what !== 'items' || offers.some((offer) => gives(offer, ground)));
}

function gives({ name, gives: given }: Offer, { platform, kinds }: Extract<Ground, { what: 'items' }>): boolean {
  if (platform !== null && platform !== name) return false;
  return kinds === null ? given.length > 0 : kinds.some((kind) => given.includes(kind));
}

/** The facets as they are shown: what is unknown with whether it is within reach today. */
export function withReach(facets: Facets, offers: readonly Offer[]): Facets {
  const shown = Object.entries(facets).map(([key, facet]): [string, Facet] => [
    key,
    facet.status === 'unknown' ? { ...facet, withinReach: isWithinReach(facet, offers) } : facet,
  ]);
  return Object.fromEntries(shown);
}
