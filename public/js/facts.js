import { element } from './element.js';
import { evidenceDetails, labelOf, ranking } from './evidence.js';
import { count, day, number, titled, withDays } from './words.js';

/** Entries of a list shown at first; a button shows the others. */
const SHOWN = 5;

/** The most columns with room for their names. */
const NAMED = 8;

/** "2 on GitHub, 131 on Spotify": side by side, never one sum. */
function onEach(on, titleOf) {
  return on.map(({ platform, count: sources }) => `${number(sources)} on ${titleOf(platform)}`).join(', ');
}

/** The name of an entry, with the UTC date of what is told of it. */
function nameOf(entry) {
  const name = entry.label ?? labelOf(entry);
  return entry.at ? `${name}, since ${day(entry.at.slice(0, 10))}` : name;
}

function list(fact, titleOf) {
  const rows = fact.entries.map((entry) => ({
    label: nameOf(entry),
    amount: entry.count ?? null,
    rank: entry.rank,
    said: entry.on ? onEach(entry.on, titleOf) : null,
  }));
  const most = Math.max(...rows.map((row) => row.amount ?? 0), 1);
  const rest = rows.slice(SHOWN);
  return [
    fact.unit && element('p', { class: 'unit' }, fact.unit),
    ranking(rows.slice(0, SHOWN), { words: (amount) => number(amount), most }),
    rest.length > 0 &&
      element(
        'details',
        { class: 'more' },
        element('summary', {}, `${number(rest.length)} more`),
        ranking(rest, { words: (amount) => number(amount), most }),
      ),
  ];
}

function series(fact) {
  const { points, unit } = fact;
  const most = Math.max(...points.map((point) => point.value), 1);
  const columns = points.map((point) => {
    const bar = element('i', { title: `${point.label}: ${number(point.value, 1)} ${unit ?? ''}` });
    bar.style.blockSize = `${(point.value / most) * 100}%`;
    return bar;
  });
  const said = points.map((point) => `${point.label}: ${number(point.value, 1)}`).join(', ');
  return element(
    'figure',
    { class: 'series' },
    element('div', { class: 'columns', role: 'img', 'aria-label': said }, ...columns),
    points.length <= NAMED ? columnNames(points) : ends(points, most, unit),
  );
}

/** Name and number under each column; the label of the picture has the same for screen readers. */
function columnNames(points) {
  const names = points.map(({ label, value }) => element('span', {}, element('b', {}, number(value, 1)), label));
  return element('div', { class: 'column-names', 'aria-hidden': 'true' }, ...names);
}

function ends(points, most, unit) {
  const highest = points.find((point) => point.value === most);
  return element(
    'figcaption',
    {},
    element('span', {}, points[0].label),
    highest && element('span', {}, `most in ${highest.label}: ${number(most)} ${unit ?? ''}`),
    element('span', {}, points.at(-1).label),
  );
}

const BODIES = {
  list,
  series,
  count: ({ value, unit, title }) =>
    element(
      'p',
      { class: 'fact-value' },
      number(value),
      unit && !title.toLowerCase().includes(unit.toLowerCase()) && element('small', {}, ` ${unit}`),
    ),
  date: (fact) => [
    element('p', { class: 'fact-value' }, day(/T00:00:00\.000Z$/.test(fact.at) ? fact.at.slice(0, 10) : fact.at)),
    fact.label && element('p', { class: 'fact-label' }, fact.label),
  ],
  unknown: () => element('p', { class: 'fact-label' }, 'The platform does not tell us.'),
};

function body(fact, titleOf) {
  const known = BODIES[fact.kind];
  const built = known ? known(fact, titleOf) : element('p', { class: 'fact-value' }, String(fact.value ?? ''));
  return [built].flat();
}

/** Whether it fits on one line; such facts are shown together, apart from the lists. */
export function isBrief(fact) {
  return fact.kind === 'count' || fact.kind === 'date';
}

/** One exact fact: its title, its content by kind, its source, and the items it was read from. */
export function factCard(fact, titleOf) {
  const { source, note } = fact;
  const said = source?.label ? titled(source.label) : 'Source';
  return element(
    'article',
    { class: `fact fact-${fact.kind}`, 'data-testid': `fact-${fact.key}` },
    element('h4', {}, withDays(fact.title)),
    ...body(fact, titleOf),
    evidenceDetails(fact, {
      summary: source?.count > 0 && !isBrief(fact) ? `${said}, from ${count(source.count, 'item')}` : said,
      words: note && withDays(note),
      ranked: false,
    }),
  );
}
