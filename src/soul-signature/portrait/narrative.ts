import type { Facets, KnownNumber, UnknownFacet } from '../document/facet.js';
import type { SignatureDocument } from '../document/signature.js';
import { isDrift } from '../facets/drift.js';
import { numberOf } from './archetype-rules.js';
import type { Narrative, NarrativeSentence } from '../document/portrait.js';
import { isWithinReach, type Offer } from './reach.js';

/** The sentence about a number; null where it is not worth one. */
type Rule = (facet: KnownNumber) => string | null;

const RULES: readonly (readonly [string, Rule])[] = [
  ['taste.breadth', ({ value }) => `A hundred of your artist-days hold about ${Math.round(value)} different artists.`],
  ['taste.concentration', ({ value }) => `Ten artists have ${percent(value)} of your listening days.`],
  [
    'taste.discovery',
    ({ value, interval: [low, high] }) => {
      if (low <= 1 && high >= 1) {
        return 'In the latest 84 days you met about as many new artists as your past predicts.';
      }
      const times = high < 1 ? `only ${decimal(value)} times` : `${decimal(value)} times`;
      return `In the latest 84 days you met ${times} as many new artists as your past predicts.`;
    },
  ],
  ['rhythms.peak', ({ value }) => `You are most active around ${clock(value)}.`],
  ['rhythms.quiet_point', ({ value }) => `You are quietest around ${clock(value)}.`],
  [
    'rhythms.night_share',
    ({ value }) => sentence(`${percent(value)} of your active hours lie between 21:00 and 05:00.`),
  ],
  [
    'rhythms.weekend_shift',
    ({ value, interval: [low, high] }) => {
      if (low > 0) return `At weekends your quiet hour comes ${decimal(value)} hours later.`;
      if (high < 0) return `At weekends your quiet hour comes ${decimal(-value)} hours earlier.`;
      return null;
    },
  ],
  ['creation.cadence', ({ value }) => `You commit on ${decimal(value)} days of a typical week.`],
  ['creation.share_of_days', ({ value }) => `You make something on ${percent(value)} of your active days.`],
  [
    'creation.burstiness',
    ({ interval: [low, high] }) => {
      if (low > 0.15) return 'You make things in bursts, with long pauses between.';
      if (high < -0.15) return 'You make things at regular intervals.';
      return null;
    },
  ],
  ['connection.organiser', ({ value }) => `You called ${percent(value)} of the meetings you were part of.`],
  [
    'change.drift',
    (facet) =>
      isDrift(facet) ? 'Your listening of the latest 24 weeks differs from the 24 before by more than chance.' : null,
  ],
];

/** Facets whose lack is worth an invitation, in this order, and what they would answer. */
const INVITATIONS: readonly (readonly [string, string])[] = [
  ['taste.breadth', 'how wide you listen'],
  ['rhythms.peak', 'when your day peaks'],
  ['taste.discovery', 'whether you discover more than usual'],
  ['creation.languages', 'what you make things in'],
  ['creation.cadence', 'how often you make things'],
  ['change.drift', 'whether your taste is changing'],
];

/** Units of shortfalls in which "n more" makes sense. */
const COUNTED: Readonly<Record<string, string>> = {
  'days with plays': 'days with plays',
  'active days': 'active days',
  'artist-days': 'artist-days',
  'track-days': 'track-days',
  'days with commits': 'days with commits',
  'repo-days': 'repo-days',
  'whole weeks': 'whole weeks',
  'days of history': 'days of listening with us',
};

/**
 * Plain sentences, each of which can be shown wrong, and what is not known yet as an invitation, if the platforms that
 * are connected or can be (`offers`) give what it needs.
 */
export function narrativeOf(
  { facets, archetype }: Pick<SignatureDocument, 'facets' | 'archetype'>,
  offers?: readonly Offer[],
): Narrative {
  const statements = RULES.flatMap(([key, rule]): NarrativeSentence[] => {
    const facet = numberOf(facets, key);
    const text = facet ? rule(facet) : null;
    return text === null ? [] : [{ kind: 'statement', text, claims: [key] }];
  });
  const named: NarrativeSentence[] =
    archetype.status === 'known' ? [{ kind: 'statement', text: archetype.sentence, claims: archetype.claims }] : [];
  return {
    writer: 'rules',
    sentences: [
      ...named,
      ...statements,
      ...languagesSentence(facets),
      ...themesSentence(facets),
      ...invitations(facets, offers),
    ],
    text: null,
  };
}

function languagesSentence(facets: Facets): NarrativeSentence[] {
  const facet = facets['creation.languages'];
  if (facet?.status !== 'known' || facet.shape !== 'shares') return [];
  const [first] = facet.value.shares;
  if (!first) return [];
  const text = `${first.label} stands behind ${percent(first.share)} of your days in repositories.`;
  return [{ kind: 'statement', text, claims: ['creation.languages'] }];
}

function themesSentence(facets: Facets): NarrativeSentence[] {
  const facet = facets['interests.resonance'];
  if (facet?.status !== 'known' || facet.shape !== 'themes') return [];
  const [first] = facet.value.themes;
  if (!first) return [];
  const text = `${first.label} shows on ${first.platforms.length} of your platforms.`;
  return [{ kind: 'statement', text, claims: ['interests.resonance'] }];
}

function invitations(facets: Facets, offers?: readonly Offer[]): NarrativeSentence[] {
  return INVITATIONS.flatMap(([key, answer]): NarrativeSentence[] => {
    const facet = facets[key];
    if (facet?.status !== 'unknown' || (offers && !isWithinReach(facet, offers))) return [];
    const text = invitation(facet, answer);
    return text === null ? [] : [{ kind: 'invitation', text, claims: [key] }];
  });
}

function invitation(facet: UnknownFacet, answer: string): string | null {
  if (facet.reason === 'no_time_zone') return `Tell us your time zone, and we can say ${answer}.`;
  if (!('need' in facet)) return null;
  const unit = COUNTED[facet.unit];
  if (unit === undefined || facet.have >= facet.need) return null;
  const missing = Math.ceil(facet.need - facet.have);
  return `${missing} more ${unit}, and we can say ${answer}.`;
}

function percent(share: number): string {
  if (share < 0.005) return 'less than 1 %';
  return share > 0.995 ? 'more than 99 %' : `${Math.round(share * 100)} %`;
}

/** "less than 1 %" can begin a sentence. */
function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function decimal(value: number): string {
  return value.toFixed(1);
}

/** Hours and minutes, to five minutes. */
function clock(hour: number): string {
  const minutes = (Math.round((hour * 60) / 5) * 5) % 1_440;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}
