/** Weeks of a year: the most petals of a ring. */
const PETALS = 52;
const DAYS_OF_A_PETAL = 7;

const CENTRE = 50;
const SPOKE = 82;
const FIRST_RING = 150;
const RINGS_END = 238;

/** The colours of the glyph as a file, which has its own background. */
export const PAPER = {
  paper: '#faf6ef',
  ink: '#26211b',
  line: '#cdbfa9',
  night: '#3b4a78',
  day: '#d98a3d',
  rings: ['#a6472a', '#4d6b3c', '#3b4a78', '#9a6a1f', '#7a3f6a', '#2f6d73'],
};

/** The same in the page's colours, which follow its theme. */
export const PAGE = {
  paper: 'none',
  ink: 'var(--ink)',
  line: 'var(--line-strong)',
  night: 'var(--night)',
  day: 'var(--day)',
  rings: ['var(--accent)', 'var(--good)', 'var(--night)', 'var(--day)', 'var(--plum)', 'var(--sea)'],
};

const round = (value) => Number(value.toFixed(2));

/** A point at a turn (0 at the top, 1 the whole way round) and a distance from the middle. */
function at(turn, radius) {
  const angle = turn * 2 * Math.PI;
  return [round(Math.sin(angle) * radius), round(-Math.cos(angle) * radius)];
}

function tag(name, attributes) {
  const text = Object.entries(attributes).map(([key, value]) => ` ${key}="${value}"`);
  return `<${name}${text.join('')}/>`;
}

/** The hours of the day as 24 spokes; where the day is unknown all are alike and dotted. */
function spokes(clock, colours) {
  const hours = clock?.status === 'known' ? clock.value.hours : null;
  const most = hours ? Math.max(...hours, Number.EPSILON) : 1;
  return Array.from({ length: 24 }, (_, hour) => {
    const turn = (hour + 0.5) / 24;
    const [x1, y1] = at(turn, CENTRE);
    const reach = hours ? CENTRE + 3 + (hours[hour] / most) * SPOKE : CENTRE + SPOKE / 2;
    const [x2, y2] = at(turn, reach);
    const shade = hour < 6 || hour >= 18 ? colours.night : colours.day;
    return tag('line', {
      x1,
      y1,
      x2,
      y2,
      stroke: hours ? shade : colours.line,
      'stroke-width': hours ? 8 : 2.5,
      'stroke-linecap': 'round',
      ...(hours ? {} : { 'stroke-dasharray': '0.1 6' }),
    });
  });
}

/** One platform: a ring, with a petal for every week's worth of active days; those not yet grown are dots. */
function ring({ activeDays = 0, truncated }, radius, size, colour, colours) {
  const grown = Math.min(PETALS, Math.ceil(activeDays / DAYS_OF_A_PETAL));
  const circle = tag('circle', {
    r: round(radius),
    fill: 'none',
    stroke: activeDays > 0 ? colour : colours.line,
    'stroke-width': 1.5,
    'stroke-opacity': 0.7,
    ...(activeDays === 0 || truncated ? { 'stroke-dasharray': '1 5', 'stroke-linecap': 'round' } : {}),
  });
  const petals = Array.from({ length: PETALS }, (_, index) => {
    const turn = (index + 0.5) / PETALS;
    const [cx, cy] = at(turn, radius + size / 2);
    if (index >= grown) return tag('circle', { cx, cy, r: 1.7, fill: colours.line });
    return tag('ellipse', {
      cx,
      cy,
      rx: round(Math.max(1.6, (radius * Math.PI) / PETALS / 1.7)),
      ry: round(size / 2 - 1.5),
      fill: colour,
      'fill-opacity': 0.82,
      transform: `rotate(${round(turn * 360)} ${cx} ${cy})`,
    });
  });
  return [circle, ...petals];
}

/**
 * A signature as a glyph: 24 spokes for the hours of the day, a ring for each platform (sorted by name) whose petals
 * are its active days, dots for what is not known. It depends on nothing else, so the same data give the same glyph.
 * Returns the SVG as text.
 */
export function glyph(signature, colours = PAPER) {
  const sources = Object.entries(signature.coverage ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  const size = Math.min(34, (RINGS_END - FIRST_RING) / Math.max(1, sources.length) - 4);
  const rings = sources.flatMap(([, coverage], index) =>
    ring(coverage, FIRST_RING + index * (size + 6), size, colours.rings[index % colours.rings.length], colours),
  );
  const none = sources.length === 0 ? ring({}, FIRST_RING, 24, colours.line, colours) : [];
  const body = [
    ...(colours.paper === 'none'
      ? []
      : [tag('rect', { x: -256, y: -256, width: 512, height: 512, rx: 28, fill: colours.paper })]),
    ...spokes(signature.facets?.['rhythms.clock'], colours),
    tag('circle', { r: CENTRE - 14, fill: 'none', stroke: colours.ink, 'stroke-width': 1.5, 'stroke-opacity': 0.6 }),
    ...rings,
    ...none,
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="-256 -256 512 512">${body.join('')}</svg>`;
}

/** The description of the glyph for screen readers. */
export function glyphWords(signature, titleOf) {
  const clock = signature.facets?.['rhythms.clock'];
  const day =
    clock?.status === 'known' ? 'Its 24 spokes are your hours.' : 'Its spokes are dotted: your hours are unknown.';
  const rings = Object.entries(signature.coverage ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, { activeDays = 0 }]) => `${titleOf(name)}, ${activeDays} active days`);
  return `Your signature as a sign. ${day} Its rings from the inside: ${rings.join('; ') || 'none yet'}.`;
}
