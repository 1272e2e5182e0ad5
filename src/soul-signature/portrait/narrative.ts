import type { Facet, KnownNumber, SignatureDocument } from '../signature.js';
import { isDrift } from '../facets/drift.js';
import { numberOf, type Facets } from './archetype-rules.js';
import type { Narrative, NarrativeSentence } from './portrait.js';

/** What is said of a number; null where it is not worth a sentence. */
type Rule = (facet: KnownNumber) => string | null;

const RULES: readonly (readonly [string, Rule])[] = [
  ['taste.breadth', ({ value }) => `A hundred of your artist-days hold about ${Math.round(value)} different artists.`],
  ['taste.concentration', ({ value }) => `Ten artists have ${percent(value)} of your listening days.`],
  [
    'taste.discovery',
    ({ value, interval: [low, high] }) =>
      low > 1
        ? `In the latest 84 days you met ${decimal(value)} times as many new artists as your past predicts.`
        : high < 1
          ? `In the latest 84 days you met only ${decimal(value)} times as many new artists as your past predicts.`
          : 'In the latest 84 days you met about as many new artists as your past predicts.',
  ],
  ['rhythms.peak', ({ value }) => `You are most active around ${clock(value)}.`],
  ['rhythms.quiet_point', ({ value }) => `You are quietest around ${clock(value)}.`],
  [
    'rhythms.night_share',
    ({ value }) => sentence(`${percent(value)} of your active hours lie between 21:00 and 05:00.`),
  ],
  [
    'rhythms.weekend_shift',
    ({ value, interval: [low, high] }) =>
      low > 0
        ? `At weekends your quiet hour comes ${decimal(value)} hours later.`
        : high < 0
          ? `At weekends your quiet hour comes ${decimal(-value)} hours earlier.`
          : null,
  ],
  ['creation.cadence', ({ value }) => `You commit on ${decimal(value)} days of a typical week.`],
  ['creation.share_of_days', ({ value }) => `You make something on ${percent(value)} of your active days.`],
  [
    'creation.burstiness',
    ({ interval: [low, high] }) =>
      low > 0.15
        ? 'You make things in bursts, with long pauses between.'
        : high < -0.15
          ? 'You make things at regular intervals.'
          : null,
  ],
  ['connection.organiser', ({ value }) => `You called ${percent(value)} of the meetings you were part of.`],
  [
    'change.drift',
    (facet) =>
      isDrift(facet) ? 'Your listening of the latest 24 weeks differs from the 24 before by more than chance.' : null,
  ],
];

/** Facets whose lack is worth an invitation, in this order, and what they would tell. */
const INVITATIONS: readonly (readonly [string, string])[] = [
  ['taste.breadth', 'how wide you listen'],
  ['rhythms.peak', 'when your day peaks'],
  ['taste.discovery', 'whether you discover more than usual'],
  ['creation.languages', 'what you make things in'],
  ['creation.cadence', 'how often you make things'],
  ['change.drift', 'whether your taste is changing'],
];

/** Units of shortfalls in which "n more" can be said. */
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

/** Plain sentences, each of which can be shown wrong, and what is not known yet as an invitation. */
export function narrativeOf({ facets, archetype }: Pick<SignatureDocument, 'facets' | 'archetype'>): Narrative {
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
      ...invitations(facets),
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

function invitations(facets: Facets): NarrativeSentence[] {
  return INVITATIONS.flatMap(([key, tells]): NarrativeSentence[] => {
    const facet: Facet | undefined = facets[key];
    if (facet?.status !== 'unknown') return [];
    const text = invitation(facet, tells);
    return text === null ? [] : [{ kind: 'invitation', text, claims: [key] }];
  });
}

function invitation(facet: Extract<Facet, { status: 'unknown' }>, tells: string): string | null {
  if (facet.reason === 'no_time_zone') return `Tell us your time zone, and we can say ${tells}.`;
  if (!('need' in facet)) return null;
  const unit = COUNTED[facet.unit];
  if (unit === undefined || facet.have >= facet.need) return null;
  const missing = Math.ceil(facet.need - facet.have);
  return `${missing} more ${unit}, and we can say ${tells}.`;
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
