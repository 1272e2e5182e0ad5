import { givesArchives } from './archive-sources.js';
import { ghostClock } from './clock-chart.js';
import { element } from './element.js';
import { proposedZone, zoneForm } from './time-zone.js';
import { splitKey, voiceOf } from './voices.js';
import { number } from './words.js';

/** "18 more active days": what is missing, in its own unit. */
function missing({ have, need, unit }, otherwise) {
  const amount = Math.ceil(need - have);
  if (!(amount > 0)) return otherwise;
  return `${number(amount)} more ${amount === 1 ? single(unit ?? 'days') : (unit ?? 'days')}`;
}

/** "active day", "day with commits", "whole week" */
function single(unit) {
  return /days\b/.test(unit) ? unit.replace(/days\b/, 'day') : unit.replace(/s$/, '');
}

/** Why something is not known yet, as what would make it known. `about` is the platform's title, or null. */
const REASONS = {
  not_connected: ({ about }) =>
    `Connect ${about ?? 'a platform'}${givesArchives(about) ? ' or bring its archive' : ''} and we can begin to look.`,
  field_absent: ({ about }) => `${about ?? 'The platform'} does not tell us what this needs, so we say nothing.`,
  ranked_list_only: ({ about }) => `${about ?? 'The platform'} gives us a ranking without counts. This needs counts.`,
  too_few_days: (facet) => `${missing(facet, 'A few more days')} and we can tell.`,
  too_few_items: (facet) => `${missing({ unit: 'items', ...facet }, 'A little more')} and we can tell.`,
  no_time_zone: () => 'Tell us your time zone and we can read your hours.',
  history_too_short: (facet) =>
    ['whole weeks', 'active weeks', 'days of history'].includes(facet.unit)
      ? `${missing(facet, 'A longer history')} and we can tell.`
      : 'Your days so far lie too close together. A longer look back will tell.',
  no_daily_pattern: () => 'Your hours show no pattern that chance could not make. That is an answer too.',
  too_uncertain: () => 'The answer could still be too many things. More days will narrow it.',
  population_too_small: () => 'This compares people, and there are too few here yet to compare fairly.',
  policy: ({ about }) => `${about ?? 'The platform'} does not allow us to draw this from its data.`,
  sampled: () => 'We saw only parts of those days, and parts would mislead. Whole days are being gathered.',
};

/** Reasons for which `have` grows to `need` by time alone. */
const MEASURED = new Set(['too_few_days', 'too_few_items', 'history_too_short']);

/** The same as a sentence; `about` is the platform's title, or null. */
export function reasonWords(facet, about) {
  return (REASONS[facet.reason] ?? (() => 'Not known yet.'))({ ...facet, about });
}

function meter({ have, need }) {
  if (!(need > 0) || !(have >= 0) || have >= need) return null;
  const fill = element('span', {});
  fill.style.inlineSize = `${(have / need) * 100}%`;
  return element(
    'div',
    { class: 'meter', role: 'img', 'aria-label': `${number(have, 2)} of ${number(need, 2)}` },
    fill,
  );
}

/**
 * A facet we do not know: never a number, always the reason and, where there is one, the way there. Without a time zone
 * it asks for it, once on the page (`saveZone` is null after that); an unknown clock is an empty dial.
 */
export function invitation(key, facet, { about, saveZone }) {
  const { base, platform } = splitKey(key);
  const { title } = voiceOf(key);
  const isClock = base === 'rhythms.clock';
  return element(
    'li',
    {
      class: isClock ? 'invitation with-dial' : 'invitation',
      'data-testid': `facet-${key}`,
      'data-status': 'unknown',
      'data-reason': facet.reason,
    },
    isClock && ghostClock(),
    element(
      'div',
      {},
      element('h3', {}, platform && about ? `${title}, on ${about}` : title),
      element('p', {}, reasonWords(facet, about)),
      MEASURED.has(facet.reason) && meter(facet),
      facet.reason === 'no_time_zone' &&
        saveZone &&
        zoneForm({
          label: 'Your time zone',
          value: proposedZone(),
          action: 'This is mine',
          testId: 'zone-answer',
          save: saveZone,
        }),
    ),
  );
}
