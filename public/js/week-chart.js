import { element, svg } from './element.js';
import { percent } from './words.js';

const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];
const CELL = 14;
const LEFT = 30;

/** The week as a 7×24 field, Monday first; the darker, the larger the share. */
export function weekChart(matrix) {
  const most = Math.max(...matrix.flat(), Number.EPSILON);
  const cells = matrix.flatMap((hours, day) =>
    hours.map((share, hour) =>
      svg(
        'rect',
        {
          class: 'cell',
          x: LEFT + hour * CELL,
          y: day * CELL,
          width: CELL - 2,
          height: CELL - 2,
          rx: 2,
          'fill-opacity': (0.07 + 0.93 * (share / most)).toFixed(3),
        },
        svg('title', {}, `${DAYS[day]} ${hour}:00: ${percent(share, 2)}`),
      ),
    ),
  );
  const days = DAYS.map((name, day) => svg('text', { x: 0, y: day * CELL + 9.5, class: 'axis' }, name.slice(0, 3)));
  const hours = [0, 6, 12, 18].map((hour) =>
    svg('text', { x: LEFT + hour * CELL, y: 7 * CELL + 11, class: 'axis' }, String(hour).padStart(2, '0')),
  );
  const label = 'Your week: a row per day, a column per hour. The table below has all numbers.';
  return svg(
    'svg',
    { viewBox: `0 0 ${LEFT + 24 * CELL} ${7 * CELL + 14}`, class: 'week', role: 'img', 'aria-label': label },
    ...cells,
    ...days,
    ...hours,
  );
}

/** The same numbers as a table, for readers who prefer one. */
export function weekTable(matrix) {
  const head = element(
    'tr',
    {},
    element('th', { scope: 'col' }, 'Hour'),
    ...DAYS.map((name) => element('th', { scope: 'col', abbr: name }, name.slice(0, 3))),
  );
  const rows = Array.from({ length: 24 }, (_, hour) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, `${String(hour).padStart(2, '0')}:00`),
      ...matrix.map((day) => element('td', {}, percent(day[hour] ?? 0, 1))),
    ),
  );
  return element(
    'details',
    { class: 'evidence' },
    element('summary', {}, 'The numbers as a table'),
    element(
      'div',
      { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'Shares by hour and day' },
      element(
        'table',
        {},
        element('caption', {}, 'Share of your active hours'),
        element('thead', {}, head),
        element('tbody', {}, ...rows),
      ),
    ),
  );
}
