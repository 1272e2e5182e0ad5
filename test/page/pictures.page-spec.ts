import { glyph, glyphWords } from '../../public/js/glyph.js';
import { slopes } from '../../public/js/slope-chart.js';

const clock = {
  status: 'known',
  value: { hours: Array.from({ length: 24 }, (_, hour) => (hour === 22 ? 0.3 : 0.7 / 23)) },
};
const unknownClock = { status: 'unknown', reason: 'no_time_zone' };
const spotify = { activeDays: 70, truncated: false };
const github = { activeDays: 700, truncated: true };
const count = (text: string, what: RegExp) => [...text.matchAll(what)].length;

describe('The sign of a signature', () => {
  it('has a spoke for each hour, and the longest at the busiest', () => {
    const drawn = glyph({ facets: { 'rhythms.clock': clock }, coverage: {} });
    const lines = [...drawn.matchAll(/<line x1="(.+?)" y1="(.+?)" x2="(.+?)" y2="(.+?)"/g)];
    const lengths = lines.map(([, x1, y1, x2, y2]) => Math.hypot(Number(x2) - Number(x1), Number(y2) - Number(y1)));
    expect(lengths).toHaveLength(24);
    expect(lengths.indexOf(Math.max(...lengths))).toBe(22);
  });

  it('dots what is not known, and gives no hour more than another', () => {
    const drawn = glyph({ facets: { 'rhythms.clock': unknownClock }, coverage: {} });
    expect(count(drawn, /<line [^>]*stroke-dasharray/g)).toBe(24);
    const lengths = [...drawn.matchAll(/<line x1="(.+?)" y1="(.+?)" x2="(.+?)" y2="(.+?)"/g)].map(
      ([, x1, y1, x2, y2]) => Math.hypot(Number(x2) - Number(x1), Number(y2) - Number(y1)).toFixed(1),
    );
    expect(new Set(lengths).size).toBe(1);
  });

  it('grows a petal for every seven active days, up to a year of them', () => {
    const petals = (coverage: object) => count(glyph({ facets: {}, coverage }), /<ellipse /g);
    expect(petals({})).toBe(0);
    expect(petals({ spotify: { activeDays: 1 } })).toBe(1);
    expect(petals({ spotify })).toBe(10);
    expect(petals({ github })).toBe(52);
    expect(petals({ spotify, github })).toBe(62);
  });

  it('is the same for the same knowledge, in whatever order it comes, and another for other knowledge', () => {
    const facets = { 'rhythms.clock': clock };
    const sign = glyph({ facets, coverage: { spotify, github } });
    expect(glyph({ coverage: { github, spotify }, facets })).toBe(sign);
    expect(glyph({ facets, coverage: { spotify: { ...spotify, activeDays: 90 }, github } })).not.toBe(sign);
    expect(glyph({ facets: { 'rhythms.clock': unknownClock }, coverage: { spotify, github } })).not.toBe(sign);
  });

  it('is a picture of its own: nothing in it is loaded from anywhere, and no number is missing', () => {
    const sign = glyph({ facets: { 'rhythms.clock': clock }, coverage: { spotify, github } });
    expect(sign).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    expect(sign).not.toMatch(/href|url\(|<script|<style|NaN|undefined|var\(/);
  });

  it('tells its content to those who do not see it', () => {
    const words = glyphWords({ facets: {}, coverage: { spotify } }, (name: string) => name.toUpperCase());
    expect(words).toContain('your hours are unknown');
    expect(words).toContain('SPOTIFY, 70 active days');
  });
});

describe('The way of artists', () => {
  const list = (...labels: string[]) =>
    labels.map((label, index) => ({ key: `artist:${label}`, label, rank: index + 1 }));

  it('tells who rose, fell, stayed, came and went', () => {
    expect(slopes(list('a', 'b', 'c', 'd'), list('a', 'c', 'b', 'e'))).toEqual([
      { label: 'a', from: 1, to: 1, way: 'same' },
      { label: 'c', from: 3, to: 2, way: 'up' },
      { label: 'b', from: 2, to: 3, way: 'down' },
      { label: 'e', from: null, to: 4, way: 'new' },
      { label: 'd', from: 4, to: null, way: 'gone' },
    ]);
  });

  it('calls nobody new who was only further down in the other list', () => {
    const long = list(...'abcdefghijklmnop'.split(''));
    const [first] = slopes(long, list('p'));
    expect(first).toEqual({ label: 'p', from: 16, to: 1, way: 'up' });
  });
});
