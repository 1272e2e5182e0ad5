import { changesPart } from './changes.js';
import { ghostClock } from './clock-chart.js';
import { element } from './element.js';
import { isClock, isShares, knownFacet } from './facets.js';
import { factCard, isBrief } from './facts.js';
import { glyphFigure } from './glyph-figure.js';
import { invitation } from './invitations.js';
import { artistsWay } from './slope-chart.js';
import { splitKey } from './voices.js';
import { count, day, moment, number, percent, withDays } from './words.js';

/** Shown first, the clock above all; the others follow in the server's order. */
const FIRST = ['rhythms.clock', 'rhythms.peak', 'creation.cadence', 'taste.breadth', 'creation.languages'];

/**
 * The claims that stand for themselves: the pooled ones, and those of one platform that differ while the
 * pooled one is unknown or missing. All others of one platform are parts of the pooled claim (`partsOf`).
 */
function shownFacets(facets) {
  const shown = Object.keys(facets).filter((key) => {
    const { base, platform } = splitKey(key);
    const pooled = facets[base];
    if (platform === null || !pooled) return true;
    return pooled.status !== 'known' && (facets[key].status === 'known' || facets[key].reason !== pooled.reason);
  });
  return shown.sort((a, b) => place(a) - place(b));
}

/** The same claim about each platform alone, where the pooled one is known and there are several. */
function partsOf(key, facets, titleOf) {
  const { base, platform } = splitKey(key);
  if (platform !== null) return [];
  const keys = Object.keys(facets).filter((other) => other.startsWith(`${base}@`));
  if (keys.length < 2) return [];
  return keys
    .map((other) => ({ key: other, facet: facets[other], title: titleOf(splitKey(other).platform) }))
    .sort((a, b) => a.title.localeCompare(b.title));
}

function place(key) {
  const index = FIRST.indexOf(splitKey(key).base);
  return index < 0 ? FIRST.length : index;
}

/** The title of the one platform that gives what a facet rests on; null where several do. */
function giverOf({ restsOn = [] }, titleOf) {
  const platform = restsOn.find(({ what }) => what === 'items')?.platform;
  return platform ? titleOf(platform) : null;
}

/** Why what we have is not everything, in the server's words where it has some. */
function truncation({ truncated, truncations }, title) {
  if (!truncated) return null;
  const reasons = (truncations ?? []).map(({ reason }) => reason).join(' ');
  return (reasons && withDays(reasons)) || `${title} shows only a part of its past, so this is not everything.`;
}

/** Good–Turing coverage; of Spotify it is known to be about artists. */
function covered(share, title) {
  if (typeof share !== 'number') return null;
  if (title === 'Spotify') return `The artists we have seen make up about ${percent(share)} of your listening. `;
  return `What we have seen makes up about ${percent(share)} of what you do there. `;
}

/** Who told what, where an archive is among them: "Your archive of 30 November 2026 (…) told 28,945 items, from … to …. " */
function told(sources = []) {
  if (!sources.some(({ source }) => source === 'import')) return null;
  return sources
    .map(({ source, importedAt, formats, items, from, to }) => {
      const titles = (formats ?? []).map(({ title }) => title).join('; ');
      const who =
        source === 'import' ? `The archive of ${day(importedAt)}${titles ? ` (${titles})` : ''}` : 'The connection';
      const window = from && to ? ` from ${day(from)} to ${day(to)}` : '';
      return `${who} told ${count(items, 'item')}${window}. `;
    })
    .join('');
}

function coverageLine(title, coverage) {
  const { from, to, activeDays, items, sampleCoverage, sources } = coverage;
  const seen = [activeDays > 0 && `${count(activeDays, 'active day')}`, items > 0 && count(items, 'item')].filter(
    Boolean,
  );
  return element(
    'li',
    {},
    element('strong', {}, title),
    from && to && ` from ${day(from)} to ${day(to)}`,
    seen.length > 0 && `${from ? ':' : ''} ${seen.join(', ')}`,
    '. ',
    covered(sampleCoverage, title),
    told(sources),
    truncation(coverage, title),
  );
}

function part(id, title, ...children) {
  return element('section', { class: `part ${id}`, 'aria-labelledby': id }, element('h2', { id }, title), ...children);
}

/** "251 days", or with several platforms "251 days on Spotify and 340 days on GitHub"; null where there are none. */
function daysSeen(coverage, titleOf) {
  const seen = Object.entries(coverage ?? {}).filter(([, { activeDays }]) => activeDays > 0);
  if (seen.length === 0) return null;
  if (seen.length === 1) return count(seen[0][1].activeDays, 'day');
  const parts = seen.map(([platform, { activeDays }]) => `${count(activeDays, 'day')} on ${titleOf(platform)}`);
  return new Intl.ListFormat('en').format(parts);
}

/** The server's sentences as one paragraph, without the invitations, which are shown with what is not known. */
function narrativeOf(narrative) {
  if (!narrative) return null;
  if (typeof narrative === 'string') return withDays(narrative);
  const said = (narrative.sentences ?? []).filter(({ kind }) => kind !== 'invitation').map(({ text }) => text);
  const text = narrative.text ?? said.join(' ');
  return text === '' ? null : withDays(text);
}

function heading(signature, { name, titleOf }) {
  const days = daysSeen(signature.coverage, titleOf);
  const archetype = signature.archetype?.name;
  const narrative = narrativeOf(signature.narrative);
  return element(
    'header',
    { class: 'portrait' },
    glyphFigure(signature, titleOf),
    element('p', { class: 'eyebrow' }, `Version ${number(signature.version)}, drawn ${moment(signature.builtAt)}`),
    element('h1', {}, archetype ?? (name ? `The signature of ${name}` : 'Your signature')),
    narrative && element('p', { class: 'lead', 'data-testid': 'narrative' }, narrative),
    days && element('p', { class: 'lead' }, `Drawn from ${days} on which you left a trace.`),
  );
}

/** The whole portrait: what is known, what is exact, what is still open, and how much was seen. */
export function signatureView(signature, { name, titleOf, saveZone, act }) {
  const facets = signature.facets ?? {};
  const aboutOf = (key) => (splitKey(key).platform ? titleOf(splitKey(key).platform) : null);
  const keys = shownFacets(facets);
  const peakFor = (key) => {
    const peak = facets[key.replace('rhythms.clock', 'rhythms.peak')];
    return peak?.status === 'known' ? peak : null;
  };
  const known = keys.filter((key) => facets[key].status === 'known');
  const lonely = known.filter((key) => !isClock(facets[key])).length % 2 === 1;
  const unknown = keys.filter((key) => facets[key].status !== 'known' && facets[key].withinReach !== false);
  const facts = signature.facts ?? [];
  const way = artistsWay(facts, titleOf);
  const sources = Object.keys(signature.coverage ?? {});
  const asks = unknown.find((key) => facets[key].reason === 'no_time_zone');
  const open = (key) => ({
    // What is missing because nothing is connected is not about a connected platform.
    about:
      aboutOf(key) ??
      giverOf(facets[key], titleOf) ??
      (sources.length === 1 && facets[key].reason !== 'not_connected' ? titleOf(sources[0]) : null),
    saveZone: key === asks ? saveZone : null,
  });
  return element(
    'article',
    { class: 'signature', 'data-testid': 'signature', 'data-version': signature.version },
    heading(signature, { name, titleOf }),
    known.length > 0 &&
      element(
        'div',
        { class: 'facets' },
        ...known.map((key) =>
          knownFacet(key, facets[key], {
            peak: peakFor(key),
            about: aboutOf(key),
            titleOf,
            place: signature.uniqueness?.[key],
            rarity: signature.rarity,
            wide: (lonely && isShares(facets[key])) || Array.isArray(facets[key].value?.themes),
            parts: partsOf(key, facets, titleOf).map((one) => ({ ...one, peak: peakFor(one.key) })),
          }),
        ),
      ),
    way && element('div', { class: 'facets' }, way),
    // A new person has no estimates yet, so exact facts come before what is not known.
    known.length === 0 && facts.length > 0 && factsPart(facts, titleOf),
    signature.version > 1 && part('changed', 'What changed', ...changesPart(signature, { titleOf, act })),
    unknown.length > 0 &&
      part(
        'open',
        known.length > 0 ? 'Not yet known' : 'What we cannot tell yet',
        element('ul', { class: 'invitations' }, ...unknown.map((key) => invitation(key, facets[key], open(key)))),
      ),
    known.length > 0 && facts.length > 0 && factsPart(facts, titleOf),
    sources.length > 0 &&
      part(
        'coverage',
        'What we have seen',
        element(
          'ul',
          { class: 'coverage-list' },
          ...sources.map((source) => coverageLine(titleOf(source), signature.coverage[source])),
        ),
      ),
  );
}

/** The facts by platform, each under its name. */
function factsPart(facts, titleOf) {
  const platforms = [...new Set(facts.map((fact) => fact.platform))];
  return part(
    'facts',
    'Simply facts',
    element('p', { class: 'hint' }, 'Counted or ranked, not estimated.'),
    ...platforms.map((platform) =>
      factsOf(
        platform === null ? 'Several platforms' : titleOf(platform),
        facts.filter((fact) => fact.platform === platform),
        titleOf,
      ),
    ),
  );
}

function factsOf(title, facts, titleOf) {
  const brief = facts.filter(isBrief);
  const long = facts.filter((fact) => !isBrief(fact));
  return element(
    'section',
    { class: 'facts-of', 'aria-label': `Facts from ${title}` },
    element('h3', {}, title),
    brief.length > 0 && element('div', { class: 'fact-grid brief' }, ...brief.map((fact) => factCard(fact, titleOf))),
    long.length > 0 && element('div', { class: 'fact-grid' }, ...long.map((fact) => factCard(fact, titleOf))),
  );
}

/** Before the first signature: an empty dial and what comes next. */
export function emptySignature({ connected, name }) {
  return element(
    'article',
    { class: 'signature empty', 'data-testid': 'signature-empty' },
    element('div', { class: 'empty-mark' }, ghostClock()),
    element('h1', {}, name ? `${name}, nothing is drawn yet.` : 'Nothing is drawn yet.'),
    element(
      'p',
      { class: 'lead' },
      connected
        ? 'Your portrait begins as soon as the first reading is done.'
        : 'Connect a platform or bring an archive, and what it knows about you is read and drawn here.',
    ),
  );
}
