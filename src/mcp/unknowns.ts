import { z } from 'zod';
import { platformTitle } from '../platforms/platform-titles.js';
import type { UnknownFacet, UnknownReason } from '../soul-signature/document/facet.js';
import { numberWords } from './number-words.js';

/** What is not known, and what would make it known. */
export const unknownClaim = z.object({
  key: z.string(),
  reason: z.string(),
  words: z.string().describe('Why it is not known, and what would make it known'),
  have: z.number().nullable(),
  need: z.number().nullable(),
  unit: z.string().nullable(),
  withinReach: z.boolean().nullable().describe('Whether a platform that is connected, or can be, gives what it needs'),
});

export type UnknownClaim = z.output<typeof unknownClaim>;

/** Units in which a history grows by itself. */
const HISTORY_UNITS = ['whole weeks', 'active weeks', 'days of history'];

/** Why, and the way out; `about` is the platform's name, undefined where it is about several. */
const WORDS: Readonly<Record<UnknownReason, (about: string | undefined, facet: UnknownFacet) => string>> = {
  not_connected: (about = 'a platform that gives it', facet) =>
    `Connect ${about}, or import its archive: this needs ${neededOf(facet)}.`,
  field_absent: (about = 'The platform') => `${about} does not tell what this needs.`,
  ranked_list_only: (about = 'The platform') =>
    `${about} gives a ranking without counts, and this needs counts. An archive has them.`,
  too_few_days: (_, facet) => `${missingOf(facet)} would make it known.`,
  too_few_items: (_, facet) => `${missingOf(facet)} would make it known.`,
  history_too_short: (_, facet) =>
    'unit' in facet && HISTORY_UNITS.includes(facet.unit)
      ? `${missingOf(facet)} would make it known.`
      : 'The days lie too close together. A longer look back would make it known.',
  no_time_zone: () => 'The person has set no time zone. They can set it in their settings.',
  no_daily_pattern: () => 'The hours show no pattern that chance could not make. That is an answer too.',
  too_uncertain: () => 'The answer could still be too many things. More days will narrow it.',
  population_too_small: () => 'It compares people, and too few have agreed to that here.',
  policy: (about = 'The platform') => `${about} does not allow estimates from its data.`,
  sampled: () => 'Only parts of the days were seen, and parts would mislead. Whole days are being gathered.',
};

export function unknownOf(key: string, facet: UnknownFacet): UnknownClaim {
  const measured = 'need' in facet ? facet : { have: null, need: null, unit: null };
  return {
    key,
    reason: facet.reason,
    words: reasonWords(key, facet),
    have: measured.have,
    need: measured.need,
    unit: measured.unit,
    withinReach: facet.withinReach ?? null,
  };
}

function reasonWords(key: string, facet: UnknownFacet): string {
  const [, platform] = key.split('@');
  return WORDS[facet.reason](platform === undefined ? undefined : platformTitle(platform), facet);
}

/** "18 more days with plays". */
function missingOf(facet: UnknownFacet): string {
  if (!('need' in facet) || facet.need <= facet.have) return 'More';
  return `${numberWords(Math.ceil(facet.need - facet.have))} more ${facet.unit}`;
}

/** The kinds of items that it needs. */
function neededOf({ restsOn = [] }: UnknownFacet): string {
  const kinds = restsOn.flatMap((ground) => (ground.what === 'items' ? (ground.kinds ?? ['acts of any kind']) : []));
  return kinds.length === 0 ? 'something to read' : `items of the kind ${[...new Set(kinds)].join(' or ')}`;
}
