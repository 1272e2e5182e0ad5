import { rounded } from '../estimators/confidence.js';
import { logOddsZ } from '../estimators/log-odds.js';
import type { Facet } from '../document/facet.js';
import { evidence } from './evidence.js';
import { claimCoverage, shortfall, type FacetDefinition } from './facet.js';
import { TITLED_KINDS } from '../statistics/kinds.js';
import { byText, type Statistics } from '../statistics/statistics.js';

/** Pooled counts weigh so many mentions as a prior. */
const PRIOR = 500;
const MIN = { z: 3, titles: 5, days: 2 };
const SHOWN = 20;
/** Fewer titles than this, here or elsewhere, compare nothing. */
const MIN_TITLES = 50;

/** Words that stand in more titles of one platform than the person's other platforms would have it. */
export const distinctiveWords: FacetDefinition = {
  name: 'interests.words',
  restsOn: [{ what: 'items', platform: null, kinds: TITLED_KINDS }],
  perPlatform: 'compared',
  explain: {
    formula: 'z = δ/√(1/(y+α) + 1/(y′+α)), δ = ln[(y+α)/(n+α₀−y−α)] − the same of the other platforms',
    source: 'Monroe, Colaresi & Quinn 2008',
    inputs:
      'y of n: titles with the word; α: its share of all titles times α₀ = 500; shown with z > 3, y ≥ 5, two days',
  },
  build: ({ statistics }) =>
    Object.fromEntries(
      statistics.connected.map((platform) => [`interests.words@${platform}`, wordsFacet(statistics, platform)]),
    ),
};

function wordsFacet(statistics: Statistics, platform: string): Facet {
  const { words: all, kinds } = statistics;
  const here = all.find((entry) => entry.platform === platform);
  const others = all.filter((entry) => entry.platform !== platform);
  const elsewhere = others.reduce((sum, { documents }) => sum + documents, 0);
  if (!here || here.documents < MIN_TITLES) {
    return shortfall('too_few_items', here?.documents ?? 0, MIN_TITLES, 'titles');
  }
  if (elsewhere < MIN_TITLES) return shortfall('too_few_items', elsewhere, MIN_TITLES, 'titles on other platforms');
  const there = new Map<string, number>();
  for (const { words } of others) {
    for (const { word, documents } of words) there.set(word, (there.get(word) ?? 0) + documents);
  }
  const tokens = others.reduce((sum, entry) => sum + entry.tokens, 0);
  const found = here.words
    .filter(({ documents, days }) => documents >= MIN.titles && days >= MIN.days)
    .map(({ word, documents: y, days }) => {
      const y2 = there.get(word) ?? 0;
      const prior = (PRIOR * (y + y2)) / (here.tokens + tokens);
      return { word, z: rounded(logOddsZ(y, here.tokens, y2, tokens, prior, PRIOR), 2), titles: y, days };
    })
    .filter(({ z }) => z > MIN.z)
    .sort((a, b) => b.z - a.z || byText(a.word, b.word))
    .slice(0, SHOWN);
  if (found.length === 0) return shortfall('too_few_items', 0, 1, 'words that stand out');
  const own = kinds.filter((entry) => entry.platform === platform && here.kinds.includes(entry.kind));
  return {
    status: 'known',
    shape: 'words',
    value: { words: found },
    interval: null,
    unit: 'standard errors',
    level: 0.9,
    method: 'log-odds-dirichlet',
    n: here.documents,
    days: here.days,
    confidence: { score: 1, level: 'high', u: MIN.z },
    coverage: claimCoverage(statistics, own, here.dayFrom, here.dayTo),
    evidence: wordsEvidence(all),
  };
}

/** All titles of all platforms: the comparison needs both sides. */
function wordsEvidence(all: Statistics['words']) {
  return evidence(
    {
      platforms: all.map(({ platform }) => platform),
      kinds: [...new Set(all.flatMap(({ kinds }) => kinds))].sort(byText),
      dayFrom: Math.min(...all.map(({ dayFrom }) => dayFrom)),
      dayTo: Math.max(...all.map(({ dayTo }) => dayTo)),
      timeMeaning: 'user_act',
    },
    all.flatMap(({ platform, kinds }) => kinds.map((kind) => `${platform}.${kind}`)),
    all.reduce((sum, { items }) => sum + items, 0),
    [],
  );
}
