import { clockChart, clockStrip } from './clock-chart.js';
import { element } from './element.js';
import { evidenceDetails } from './evidence.js';
import { reasonWords } from './invitations.js';
import { sharesChart } from './shares-chart.js';
import { themesChart } from './themes-chart.js';
import { voiceOf } from './voices.js';
import { weekChart, weekTable } from './week-chart.js';
import { clockTime, count, day, number } from './words.js';

const LEVELS = { high: 'We are confident', medium: 'We are fairly confident', low: 'We only suspect' };

/** Whether it is a chart of the week, which takes a whole row. */
export function isClock(facet) {
  return Array.isArray(facet.value?.week);
}

/** Whether it is about parts of a whole. */
export function isShares(facet) {
  return Array.isArray(facet.value?.shares);
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
  const share = level ? ` (${number(level * 100)} % interval)` : '';
  const range = Array.isArray(interval) && voice.range ? voice.range(interval) : null;
  if (range) return `${trust ? `${trust} that it lies` : 'It lies'} ${range}${share}. `;
  const trusted = trust ? `${trust}${voice.trust ? ` ${voice.trust}` : ''}. ` : '';
  const variety = interval?.effective && voice.range;
  return variety ? `${trusted}The variety lies ${voice.range(interval.effective)}${share}. ` : trusted || null;
}

/** Range, confidence, days and window in one paragraph. */
function certainty(facet, voice) {
  const said = [belief(facet, voice), basis(facet)].filter(Boolean);
  if (said.length === 0) return null;
  return element('p', { class: 'certainty' }, facet.confidence && dots(facet.confidence.level), ...said);
}

function standingWords(percentile) {
  if (percentile === 0) return 'Lower than nearly everybody';
  if (percentile === 100) return 'Higher than nearly everybody';
  return `Higher than about ${number(percentile)} in 100`;
}

/** The person's place among the others who agreed to be counted; nothing while there are too few. */
function standing(place) {
  if (place?.status !== 'known') return null;
  const { percentile, interval, others } = place;
  return element(
    'p',
    { class: 'certainty', 'data-testid': 'standing' },
    `${standingWords(percentile)} of the ${number(others)} or more others here who agreed to be counted; ${interval.map(number).join(' to ')} with 90 % certainty.`,
  );
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

function sharesBody(facet, voice) {
  return [
    element(
      'div',
      { class: 'in-shares' },
      element(
        'div',
        {},
        voice.statement && element('p', { class: 'statement' }, voice.statement(facet)),
        element('p', { class: 'says' }, voice.says(facet)),
      ),
      sharesChart(facet.value.shares, { label: voice.title, counted: voice.counted }),
    ),
    certainty(facet, voice),
  ];
}

/** Seven circles, as many of them filled as days: 4.7 fills four and seven tenths of the fifth. */
function weekDots(value) {
  const circles = Array.from({ length: 7 }, (_, index) => {
    const fill = element('i', {});
    fill.style.inlineSize = `${Math.min(1, Math.max(0, value - index)) * 100}%`;
    return element('span', {}, fill);
  });
  return element('p', { class: 'week-dots', 'aria-hidden': 'true' }, circles);
}

function numberBody(facet, voice) {
  if (voice.statement) {
    return [
      element('p', { class: 'statement' }, voice.statement(facet)),
      voice.week && weekDots(voice.week(facet)),
      certainty(facet, voice),
    ];
  }
  const big = voice.big?.(facet);
  return [
    element('p', { class: 'says' }, big && element('strong', { class: 'big' }, big), ' ', voice.says(facet)),
    certainty(facet, voice),
  ];
}

function themesBody(facet, voice, titleOf, rarity) {
  return [
    element('p', { class: 'says' }, voice.says(facet)),
    themesChart(facet.value.themes, titleOf, rarity),
    certainty(facet, voice),
  ];
}

function wordsBody(facet, voice) {
  const { words } = facet.value;
  return [
    element('p', { class: 'says' }, voice.says(facet)),
    element(
      'ul',
      { class: 'words' },
      ...words.map(({ word, titles, days }) =>
        element('li', { title: `${count(titles, 'title')} on ${count(days, 'day')}` }, word),
      ),
    ),
    certainty(facet, voice),
  ];
}

/** What changed most: increases to one side, decreases to the other. */
function moverList(movers) {
  const most = Math.max(...movers.map(({ z }) => Math.abs(z)), 1);
  const row = ({ key, label, z }) => {
    const bar = element('i', { class: z > 0 ? 'more' : 'less', 'aria-hidden': 'true' });
    bar.style.inlineSize = `${(Math.abs(z) / most) * 50}%`;
    return element('li', {}, element('span', {}, label ?? key), element('small', {}, z > 0 ? 'more' : 'less'), bar);
  };
  return element('ul', { class: 'movers', 'aria-label': 'What changed most' }, ...movers.map(row));
}

function bodyOf(facet, voice, { peak, titleOf, rarity }) {
  if (isClock(facet)) return clockBody(facet, voice, peak);
  if (isShares(facet)) return sharesBody(facet, voice);
  if (Array.isArray(facet.value?.themes)) return themesBody(facet, voice, titleOf, rarity);
  if (Array.isArray(facet.value?.words)) return wordsBody(facet, voice);
  return [...numberBody(facet, voice), facet.movers?.length > 0 && moverList(facet.movers)];
}

/** The claim about one platform alone, as one line that expands. */
function brief(facet, voice) {
  if (!isClock(facet)) return element('strong', {}, voice.big?.(facet) ?? '');
  const { hours } = facet.value;
  const busiest = hours.indexOf(Math.max(...hours));
  return [clockStrip(hours), element('span', {}, `most from ${clockTime(busiest)}`)];
}

function partLine({ key, facet, title, peak }, voice) {
  const attributes = { 'data-testid': `facet-${key}`, 'data-status': facet.status };
  const name = element('span', { class: 'part-name' }, title);
  if (facet.status !== 'known') {
    const words = element('span', { class: 'part-open' }, reasonWords(facet, title));
    return element('li', { ...attributes, 'data-reason': facet.reason }, name, words);
  }
  const inside = isClock(facet)
    ? [clockChart({ hours: facet.value.hours, ranges: facet.interval?.hours, peak }), certainty(facet, voice)]
    : [certainty(facet, voice)];
  return element(
    'li',
    attributes,
    element(
      'details',
      { class: 'evidence' },
      element('summary', {}, name, ' ', brief(facet, voice)),
      ...inside.filter(Boolean),
      isClock(facet) && weekTable(facet.value.week),
      evidenceDetails(facet, { summary: `Why do you say that of ${title}?`, counted: voice.counted }),
    ),
  );
}

/** The same claim for each platform alone, below the one about all of them. */
function byPlatform(parts, voice) {
  if (parts.length === 0) return null;
  return element(
    'div',
    { class: 'by-platform' },
    element('h4', {}, 'By platform'),
    element('ul', {}, ...parts.map((part) => partLine(part, voice))),
  );
}

/**
 * A known facet: its sentence, its certainty, and its evidence. `peak` marks the clock's rim; `parts` are
 * the same facet for each platform alone (`{ key, facet, title, peak }`); `wide` takes a whole row. `place` and `rarity`
 * compare with others, as the signature has it.
 */
export function knownFacet(key, facet, { peak, about, titleOf, place, rarity = {}, parts = [], wide = false }) {
  const voice = voiceOf(key);
  return element(
    'article',
    { class: isClock(facet) || wide ? 'facet wide' : 'facet', 'data-testid': `facet-${key}`, 'data-status': 'known' },
    element('h3', {}, about ? `${voice.title}, on ${about}` : voice.title),
    ...bodyOf(facet, voice, { peak, titleOf, rarity }).filter(Boolean),
    standing(place),
    byPlatform(parts, voice),
    evidenceDetails(facet, { words: method(facet, voice), counted: voice.counted }),
  );
}
