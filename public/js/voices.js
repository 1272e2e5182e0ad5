import { element } from './element.js';
import { MORE_VOICES } from './more-voices.js';
import { clockTime, number, titled } from './words.js';

/**
 * How each facet speaks; one that is not listed here is shown with its name, number and unit. `statement` is a sentence
 * of its own, `big` a number with `says` after it; `from` is the platform that would tell.
 */
const VOICES = {
  'taste.breadth': {
    title: 'How wide you listen',
    from: 'spotify',
    big: (facet) => number(facet.value),
    says: (facet) => `different artists in any hundred artist-days of yours. ${wide(facet.value)}`,
    range: ([low, high]) => `between ${number(low)} and ${number(high)}`,
    counted: 'artist-days',
    method:
      'An artist-day is an artist on a day, counted once however often you pressed play. We work out how many different artists a hundred of them hold, drawn from all of yours (Hurlbert 1971).',
    difference: (u) => `${number(u)} artists`,
  },
  'rhythms.clock': {
    title: 'Your day, your week',
    trust: 'of every hour, the least sure one included',
    counted: 'active hours',
    says: () =>
      'Each bar is an hour of your day: the longer, the more of your active hours fall into it, and the thin line at its end is how far it may be off. The dashed circle is a life without a clock.',
    method:
      'An hour of a day counts once when you did anything in it. Days touching a gap in our reading are left out.',
  },
  'rhythms.peak': {
    title: 'When your day peaks',
    counted: 'active hours',
    big: (facet) => clockTime(facet.value),
    says: () => 'is the summit of your day: around it you are active more reliably than at any other time.',
    range: ([low, high]) => `between ${clockTime(low)} and ${clockTime(high)}`,
    method:
      'Shown only because your hours differ more than chance would make them (a test at one in a hundred). The summit is that of your smoothed day.',
    difference: (u) => (u === 1 ? 'an hour' : `${number(u, 1)} hours`),
  },
  'creation.languages': {
    title: 'What you make things in',
    from: 'github',
    statement: ({ value }) => [
      'You make things with ',
      element('strong', {}, `about ${variety(value.effective)}`),
      ` worth of variety${value.shares[0] ? `, ${value.shares[0].label} first` : ''}.`,
    ],
    says: () =>
      'Each bar is a language’s share of your days in repositories, and the thin line at its end is how far it may be off.',
    trust: 'of every share, the least sure one included',
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)} languages`,
    counted: 'repo-days',
    method:
      'A repo-day is a repository on a day with a commit of yours, counted once in the main language of the repository: neither many commits nor much code can move it. Repositories without a language are left out. The variety is how many different languages ten of your repo-days hold on average (Hurlbert 1971), so it is never above ten.',
    difference: (u) => (u === 0.1 ? 'a tenth of your repo-days' : `${number(u * 100, 1)} % of your repo-days`),
  },
  'creation.cadence': {
    title: 'How often you make things',
    from: 'github',
    statement: ({ value }) => ['You commit on ', element('strong', {}, days(value)), ' of a typical week.'],
    week: (facet) => facet.value,
    range: ([low, high]) => `between ${number(low, 1)} and ${days(high)}`,
    counted: 'whole weeks',
    method:
      'Counted are your own days, in your time zone, over every whole week between your first commit and your latest, empty weeks included. The two weeks at the edges are seen only in part and left out.',
    difference: (u) => (u === 0.5 ? 'one day every other week' : `${number(u, 1)} days a week`),
  },
};

function wide(value) {
  return value >= 100
    ? 'You never come back to the same one.'
    : `At one end is 1, the same artist for ever; at the other 100, never the same twice.`;
}

/** "3.4 languages’", "1 language’s": what a variety is worth. */
function variety(effective) {
  const said = number(effective, 1);
  return `${said} ${said === '1' ? 'language’s' : 'languages’'}`;
}

function days(value) {
  const said = number(value, 1);
  return `${said} ${said === '1' ? 'day' : 'days'}`;
}

function plainNumber(value) {
  if (typeof value === 'number') return number(value, 2);
  return typeof value === 'string' ? value : '';
}

const plain = (key) => ({
  title: titled(key.replace(/^[^.]+\./, '')),
  big: (facet) => plainNumber(facet.value),
  says: (facet) => facet.unit ?? '',
  range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)}`,
});

/** "rhythms.peak@spotify" is the voice "rhythms.peak" about one platform. */
export function splitKey(key) {
  const [base, platform = null] = key.split('@');
  return { base, platform, family: base.split('.')[0] };
}

export function voiceOf(key) {
  const { base } = splitKey(key);
  return VOICES[base] ?? MORE_VOICES[base] ?? plain(base);
}
