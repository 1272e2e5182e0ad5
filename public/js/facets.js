import { clockChart } from './clock-chart.js';
import { element } from './element.js';
import { evidenceDetails } from './evidence.js';
import { clockTime, count, day, number, titled } from './words.js';
import { weekChart, weekTable } from './week-chart.js';

const LEVELS = { high: 'We are confident', medium: 'We are fairly confident', low: 'We only suspect' };

/** How each facet speaks; one that is not listed here is shown with its name, number and unit. */
const VOICES = {
  'taste.breadth': {
    title: 'How wide you listen',
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
};

function wide(value) {
  return value >= 100
    ? 'You never come back to the same one.'
    : `At one end is 1, the same artist for ever; at the other 100, never the same twice.`;
}

const plain = (key) => ({
  title: titled(key.replace(/^[^.]+\./, '')),
  big: (facet) => (typeof facet.value === 'number' ? number(facet.value, 2) : String(facet.value ?? '')),
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
  return VOICES[base] ?? plain(base);
}

function dots(level) {
  const full = { high: 3, medium: 2, low: 1 }[level] ?? 0;
  return element(
    'span',
    { class: 'dots', 'aria-hidden': 'true' },
    ...[1, 2, 3].map((n) => element('i', { class: n <= full ? 'full' : '' })),
  );
}

function basis({ days, coverage }) {
  if (!(days > 0)) return null;
  const window = coverage?.from && coverage.to ? ` between ${day(coverage.from)} and ${day(coverage.to)}` : '';
  return `Based on ${count(days, 'day')}${window}.`;
}

function belief({ confidence, interval, level }, voice) {
  const trust = LEVELS[confidence?.level];
  const range = Array.isArray(interval) && voice.range ? voice.range(interval) : null;
  if (range) {
    const share = level ? ` (${number(level * 100)} % interval)` : '';
    return `${trust ? `${trust} that it lies` : 'It lies'} ${range}${share}. `;
  }
  return trust ? `${trust}${voice.trust ? ` ${voice.trust}` : ''}. ` : null;
}

/** Range, confidence, days and window in one quiet paragraph. */
function certainty(facet, voice) {
  const said = [belief(facet, voice), basis(facet)].filter(Boolean);
  if (said.length === 0) return null;
  return element('p', { class: 'certainty' }, facet.confidence && dots(facet.confidence.level), ...said);
}

function method({ confidence, interval }, voice) {
  return [
    voice.method,
    interval && 'A range is where the answer would fall nine times in ten if the days of this period were drawn again.',
    confidence?.u > 0 &&
      voice.difference &&
      `We call a range narrow or wide by comparing it with ${voice.difference(confidence.u)}, the smallest difference worth mentioning.`,
  ]
    .filter(Boolean)
    .join(' ');
}

function clockBody(facet, voice, peak) {
  const { week, hours } = facet.value;
  const text = element('p', { class: 'says' }, voice.says(facet));
  return [
    element(
      'div',
      { class: 'charts' },
      clockChart({ hours, ranges: facet.interval?.hours, peak }),
      element('div', {}, text, weekChart(week)),
    ),
    certainty(facet, voice),
    weekTable(week),
  ];
}

/** A known facet: what it says, how sure that is, and everything it rests on. `peak` marks the clock's rim. */
export function knownFacet(key, facet, { peak, about }) {
  const voice = voiceOf(key);
  const isClock = Array.isArray(facet.value?.week);
  return element(
    'article',
    { class: isClock ? 'facet wide' : 'facet', 'data-testid': `facet-${key}`, 'data-status': 'known' },
    element('h3', {}, about ? `${voice.title}, on ${about}` : voice.title),
    ...(isClock
      ? clockBody(facet, voice, peak)
      : [
          element(
            'p',
            { class: 'says' },
            element('strong', { class: 'big' }, voice.big(facet)),
            ' ',
            voice.says(facet),
          ),
          certainty(facet, voice),
        ]),
    evidenceDetails(facet, { words: method(facet, voice), counted: voice.counted }),
  );
}
