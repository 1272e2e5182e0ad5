import { svg } from './element.js';
import { clockTime, percent } from './words.js';

const INNER = 62;
const OUTER = 150;
const RING = 163;

/** A point at an hour of the day, midnight above, clockwise. */
function at(hour, radius) {
  const angle = (hour / 24) * 2 * Math.PI;
  return `${(radius * Math.sin(angle)).toFixed(2)} ${(-radius * Math.cos(angle)).toFixed(2)}`;
}

function sector(from, to, inner, outer) {
  return `M${at(from, inner)} L${at(from, outer)} A${outer} ${outer} 0 0 1 ${at(to, outer)} L${at(to, inner)} A${inner} ${inner} 0 0 0 ${at(from, inner)}Z`;
}

function arc(from, to, radius) {
  const large = to - from > 12 ? 1 : 0;
  return `M${at(from, radius)} A${radius} ${radius} 0 ${large} 1 ${at(to, radius)}`;
}

/** How much of the night colour an hour wears: 100 at midnight, 0 at noon. */
function nightPart(hour) {
  return `${Math.round(50 + 50 * Math.cos(((hour + 0.5) / 12) * Math.PI))}%`;
}

function dial() {
  const labels = [0, 6, 12, 18].map((hour) => {
    const [x, y] = at(hour, RING + 19).split(' ');
    return svg(
      'text',
      { x, y, class: 'dial-label', 'text-anchor': 'middle', 'dominant-baseline': 'central' },
      String(hour).padStart(2, '0'),
    );
  });
  const ticks = Array.from({ length: 24 }, (_, hour) =>
    svg('path', { class: 'tick', d: `M${at(hour, RING)} L${at(hour, RING + (hour % 6 ? 3 : 7))}` }),
  );
  return [
    svg('circle', { r: RING, class: 'ring' }),
    svg('circle', { r: INNER - 5, class: 'ring' }),
    ...ticks,
    ...labels,
  ];
}

function canvas(label, ...children) {
  return svg(
    'svg',
    {
      viewBox: '-202 -202 404 404',
      class: 'clock',
      ...(label ? { role: 'img', 'aria-label': label } : { 'aria-hidden': 'true' }),
    },
    ...children,
  );
}

/**
 * A day as a dial: a bar per hour, its length the hour's share, the thin line its interval (`ranges`); the dashed circle
 * is where every bar would end if all hours were alike. `peak` (the facet, when known) is a mark on the rim.
 */
export function clockChart({ hours, ranges, peak }) {
  const most = Math.max(...hours, ...(ranges ?? []).map(([, high]) => high), 1 / 24);
  const reach = (share) => INNER + (share / most) * (OUTER - INNER);
  const bars = hours.map((share, hour) => {
    const bar = svg('path', {
      class: 'hour',
      d: sector(hour + 0.08, hour + 0.92, INNER, Math.max(reach(share), INNER + 1)),
    });
    bar.style.setProperty('--night-part', nightPart(hour));
    bar.append(svg('title', {}, `${clockTime(hour)}–${clockTime(hour + 1)}: ${percent(share, 1)}`));
    return bar;
  });
  const whiskers = (ranges ?? []).map(([low, high], hour) =>
    svg('path', { class: 'whisker', d: `M${at(hour + 0.5, reach(low))} L${at(hour + 0.5, reach(high))}` }),
  );
  const busiest = hours.indexOf(Math.max(...hours));
  const label = `Your day as a dial. The busiest hour begins at ${clockTime(busiest)} with ${percent(hours[busiest], 1)} of your active hours. The table below has all numbers.`;
  const even = svg('circle', { r: reach(1 / 24), class: 'even' });
  return canvas(label, ...dial(), ...bars, even, ...whiskers, ...(peak ? peakMarks(peak) : []));
}

function peakMarks({ value, interval }) {
  const [cx, cy] = at(value, RING).split(' ');
  const marks = [svg('circle', { cx, cy, r: 6, class: 'peak-mark' })];
  if (interval) {
    const [from, to] = interval;
    marks.unshift(svg('path', { class: 'peak-interval', d: arc(from, to < from ? to + 24 : to, RING) }));
  }
  const time = svg('text', { y: -4, class: 'dial-time', 'text-anchor': 'middle' }, clockTime(value));
  return [...marks, time, svg('text', { y: 17, class: 'dial-word', 'text-anchor': 'middle' }, 'your peak')];
}

/** A day as 24 small bars in a row, midnight first, for a line of text that has the rest. */
export function clockStrip(hours) {
  const most = Math.max(...hours, Number.EPSILON);
  const bars = hours.map((share, hour) => {
    const height = Math.max(0.6, (share / most) * 16);
    const bar = svg('rect', { class: 'hour', x: hour * 4, y: 16 - height, width: 3, height });
    bar.style.setProperty('--night-part', nightPart(hour));
    return bar;
  });
  return svg('svg', { viewBox: '0 0 95 16', class: 'strip', 'aria-hidden': 'true' }, ...bars);
}

/** The dial before anything is known: outlines only, all hours alike, because nothing may be guessed. */
export function ghostClock() {
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const bar = svg('path', { class: 'ghost', d: sector(hour + 0.08, hour + 0.92, INNER, INNER + 46) });
    bar.style.setProperty('--night-part', nightPart(hour));
    return bar;
  });
  return canvas(null, ...dial(), ...hours);
}
