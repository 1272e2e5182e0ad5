import { element, svg } from './element.js';

const SHOWN = 10;
const ROW = 27;
const TOP = 34;
const LEFT = 190;
const RIGHT = 370;
const WIDTH = 560;

/**
 * Two ranked lists as one: who is in both, who came and who went, by their key. Ranks as the platform gave them. The
 * lists are the first twenty or so of longer ones, so who is missing in one may still be in the longer one. Shown are the
 * first ten of each.
 */
export function slopes(before, after) {
  const rank = (entries) => new Map(entries.map((entry) => [entry.key ?? entry.label, entry.rank]));
  const [then, now] = [rank(before), rank(after)];
  const names = new Map([...before, ...after].map((entry) => [entry.key ?? entry.label, entry.label]));
  return [...names]
    .map(([key, label]) => ({ label, from: then.get(key) ?? null, to: now.get(key) ?? null }))
    .filter(({ from, to }) => (from ?? Infinity) <= SHOWN || (to ?? Infinity) <= SHOWN)
    .map((one) => ({ ...one, way: wayOf(one) }))
    .sort((a, b) => (a.to ?? Infinity) - (b.to ?? Infinity) || (a.from ?? Infinity) - (b.from ?? Infinity));
}

function wayOf({ from, to }) {
  if (from === null) return 'new';
  if (to === null) return 'gone';
  if (to === from) return 'same';
  return to < from ? 'up' : 'down';
}

const WAYS = { new: 'came in', gone: 'went out', up: 'up', down: 'down', same: 'the same' };

function short(label) {
  return label.length > 22 ? `${label.slice(0, 21)}…` : label;
}

function line({ label, from, to, way }) {
  const y = (rank) => TOP + (rank - 0.5) * ROW;
  const [shownFrom, shownTo] = [from !== null && from <= SHOWN, to !== null && to <= SHOWN];
  // Beyond the first ten a line leads out of the picture, and leaves open how far.
  const [y1, y2] = [shownFrom ? y(from) : y(SHOWN + 0.9), shownTo ? y(to) : y(SHOWN + 0.9)];
  const both = from !== null && to !== null;
  const group = svg(
    'g',
    { class: `slope slope-${way}` },
    svg('title', {}, `${label}: ${said(from)} then, ${said(to)} now`),
  );
  if (both) group.append(svg('line', { x1: LEFT + 10, y1, x2: RIGHT - 10, y2 }));
  if (shownFrom) {
    group.append(
      svg('circle', { cx: LEFT + 10, cy: y1, r: 3.5 }),
      svg('text', { x: LEFT, y: y1, 'text-anchor': 'end', 'dominant-baseline': 'central' }, `${short(label)}  ${from}`),
    );
  }
  if (shownTo) {
    group.append(
      svg('circle', { cx: RIGHT - 10, cy: y2, r: 3.5 }),
      svg('text', { x: RIGHT, y: y2, 'dominant-baseline': 'central' }, `${to}  ${short(label)}`),
    );
  }
  return group;
}

function said(rank) {
  return rank === null ? 'further down or not at all' : `number ${rank}`;
}

/** The way of each artist from the long list to the short one; `words` name the two. */
export function slopeChart(before, after, words) {
  const rows = slopes(before, after);
  const picture = svg(
    'svg',
    {
      viewBox: `0 0 ${WIDTH} ${TOP + (SHOWN + 0.6) * ROW}`,
      class: 'slopes',
      role: 'img',
      'aria-label': `Your top artists, ${words[0]} on the left and ${words[1]} on the right. The table below has all ranks.`,
    },
    svg('text', { x: LEFT, y: 14, 'text-anchor': 'end', class: 'slope-head' }, words[0]),
    svg('text', { x: RIGHT, y: 14, class: 'slope-head' }, words[1]),
    ...rows.map(line),
  );
  const head = ['Artist', words[0], words[1], ''].map((text) => element('th', { scope: 'col' }, text));
  const body = rows.map(({ label, from, to, way }) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row' }, label),
      element('td', {}, from === null ? `below ${before.length}` : String(from)),
      element('td', {}, to === null ? `below ${after.length}` : String(to)),
      element('td', {}, WAYS[way]),
    ),
  );
  return [
    element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'The way of your artists' }, picture),
    element(
      'details',
      { class: 'evidence' },
      element('summary', {}, 'The ranks as a table'),
      element('table', {}, element('thead', {}, element('tr', {}, ...head)), element('tbody', {}, ...body)),
    ),
  ];
}

/** The slope chart of a platform's facts, or null where there is no way to show. */
export function artistsWay(facts, titleOf) {
  const list = (range) => facts.find(({ key }) => key.startsWith(`top_artists.${range}@`));
  const [before, after] = [list('long_term'), list('short_term')];
  if (before?.kind !== 'list' || after?.kind !== 'list') return null;
  // A history of days gives the same list twice: nobody has gone any way.
  if (slopes(before.entries, after.entries).every(({ way }) => way === 'same')) return null;
  return element(
    'article',
    { class: 'facet wide', 'data-testid': 'artists-way' },
    element('h3', {}, 'Who came, who went, who stayed'),
    element(
      'p',
      { class: 'says' },
      `${titleOf(before.platform)}’s own order of your artists, over a year and over four weeks. It tells no counts, so neither do we.`,
    ),
    ...slopeChart(before.entries, after.entries, ['About the last year', 'The last 4 weeks']),
  );
}
