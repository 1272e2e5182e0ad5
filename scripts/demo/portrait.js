import { clockTime, count, day, number, percent, titled } from '../../public/js/words.js';

const SHOWN = 5;
const STEPS = '▁▂▃▄▅▆▇█';
const LEVELS = { high: 'we are confident', medium: 'we are fairly confident', low: 'we only suspect' };

const TITLES = {
  'taste.breadth': 'How wide you listen',
  'rhythms.clock': 'Your day, hour by hour',
  'rhythms.peak': 'When your day peaks',
  'creation.languages': 'What you write in',
  'creation.cadence': 'How steadily you make things',
};

/** Why something is not known, as what would make it known. */
const INVITATIONS = {
  not_connected: 'connect a platform that knows, and we can begin to look',
  field_absent: 'the platform does not tell us what this needs',
  ranked_list_only: 'the platform gives a ranking without counts; this needs counts',
  no_time_zone: 'tell us your time zone and we can read your hours',
  no_daily_pattern: 'your hours show no pattern that chance could not make',
  too_uncertain: 'it could still be too many things; more days will narrow it',
  history_too_short: 'your days so far lie too close together; a longer look back will tell',
  population_too_small: 'this compares people, and there are too few here yet',
  policy: 'the platform does not allow us to draw this from its data',
  sampled: 'we saw only parts of those days; whole days are being gathered',
};

/** A signature as text for people: what is known, what is open, and the plain facts. */
export function portrait({ version, facets, facts, coverage }, { name, titles }) {
  const keys = Object.keys(facets);
  // A platform's own claim is shown where nothing is pooled over several.
  const shown = keys.filter((key) => !key.includes('@') || !keys.includes(key.split('@')[0]));
  const known = shown.filter((key) => facets[key].status === 'known');
  const open = shown.filter((key) => facets[key].status !== 'known' && facets[key].withinReach !== false);
  const title = (key) => {
    const [base, platform] = key.split('@');
    return (TITLES[base] ?? titled(base.split('.').at(-1))) + (platform ? `, on ${titles[platform] ?? platform}` : '');
  };
  return [
    '',
    `The signature of ${name}, version ${version}`,
    ...section(
      'Known',
      known.flatMap((key) => [title(key), ...facet(facets[key]).map((line) => `  ${line}`)]),
    ),
    ...section(
      'Not yet known',
      open.map((key) => `${title(key)}: ${invitation(facets[key])}.`),
    ),
    ...section(
      'Simply facts',
      facts.flatMap((one) => fact(one, titles)),
    ),
    ...section(
      'What we have seen',
      Object.entries(coverage).flatMap(([platform, seen]) => extent(titles[platform] ?? seen.title ?? platform, seen)),
    ),
    '',
  ].join('\n');
}

function section(title, lines) {
  return lines.length === 0 ? [] : ['', title, '─'.repeat(title.length), ...lines];
}

function facet({ shape, value, interval, unit, period, confidence, days }) {
  const certainty = `${LEVELS[confidence.level]}, from ${count(days, 'day')}`;
  if (shape === 'clock') return [`${spark(value.hours)}  from 0 to 24 h; ${certainty}`];
  if (shape === 'shares') {
    const parts = value.shares.slice(0, SHOWN).map(({ label, share }) => `${label} ${percent(share)}`);
    return [`${parts.join(', ')}; ${certainty}`];
  }
  if (shape === 'themes') {
    const themes = value.themes.slice(0, SHOWN).map(({ label, sources }) => `${label} (${count(sources, 'source')})`);
    return [`${themes.join(', ')}; ${certainty}`];
  }
  if (shape === 'words') return [`${value.words.map(({ word }) => word).join(', ')}; ${certainty}`];
  const words = period === 24 ? clockTime : (amount) => number(amount, 2);
  const range = `90 % between ${words(interval[0])} and ${words(interval[1])}`;
  return [`${words(value)}${period === 24 ? '' : ` ${unit}`} (${range}); ${certainty}`];
}

function invitation({ reason, have, need, unit }) {
  if (reason.startsWith('too_few')) return `${number(Math.ceil(need - have))} more ${unit} and we can tell`;
  return INVITATIONS[reason] ?? 'not known yet';
}

function fact({ kind, title, platform, source, ...of }, titles) {
  const head = `${title} (${platform ? `${titles[platform] ?? platform}, ` : ''}${source.label})`;
  switch (kind) {
    case 'list':
      return [
        head,
        ...of.entries.slice(0, SHOWN).map((entry) => `  ${ranked(entry, titles)}`),
        ...rest(of.entries.length - SHOWN),
      ];
    case 'count':
      return [`${head}: ${number(of.value)} ${of.unit}`];
    case 'date':
      return [`${head}: ${day(of.at)}${of.label ? `, ${of.label}` : ''}`];
    case 'series':
      if (of.points.length === 1) return [`${head}: ${of.points[0].label}: ${number(of.points[0].value)} ${of.unit}`];
      return [
        `${head}: ${spark(of.points.map(({ value }) => value))}  ${of.points[0]?.label} to ${of.points.at(-1)?.label}`,
      ];
    default:
      return [`${head}: ${INVITATIONS[of.reason] ?? 'not known'}`];
  }
}

function ranked({ rank, label, count: amount, on, at }, titles) {
  const said = on?.map(({ platform, count: sources }) => `${number(sources)} on ${titles[platform] ?? platform}`);
  const counted = said?.join(', ') ?? (amount === undefined ? null : number(amount));
  const since = at ? `, since ${day(at.slice(0, 10))}` : '';
  return `${rank === null ? '·' : `${rank}.`} ${label}${counted === null ? '' : ` (${counted})`}${since}`;
}

function rest(more) {
  return more > 0 ? [`  and ${number(more)} more`] : [];
}

function extent(title, { from, to, activeDays, items, truncated, sources = [] }) {
  const window = from && to ? `, ${count(activeDays, 'active day')} from ${day(from)} to ${day(to)}` : '';
  const archives = sources.some(({ source }) => source === 'import') ? sources.map(told) : [];
  return [
    `${title}: ${count(items, 'item')}${window}${truncated ? '; it shows only a part of its past' : ''}`,
    ...archives,
  ];
}

function told({ source, importedAt, items, from, to }) {
  const who = source === 'import' ? `the archive of ${day(importedAt)}` : 'the connection';
  return `  ${count(items, 'item')} told by ${who}${from && to ? `, from ${day(from)} to ${day(to)}` : ''}`;
}

function spark(values) {
  const most = Math.max(...values, Number.MIN_VALUE);
  return values.map((value) => STEPS[Math.round((value / most) * (STEPS.length - 1))]).join('');
}
