import { confidence, rounded, tooUncertain } from '../estimators/confidence.js';
import { hurlbert } from '../estimators/hurlbert.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import { sampleCoverage } from '../estimators/sample-coverage.js';
import type { Evidence, Facet } from '../signature.js';
import { evidence } from './evidence.js';
import { claimCoverage, shortfall, unknown, type FacetContext, type FacetDefinition } from './facet.js';
import { GROUPS, type KeyDayStatistics } from './statistics.js';

const DRAWS = 100;
const MIN_DAYS = 30;
const MIN_ARTIST_DAYS = 150;
/** Smallest difference worth mentioning, in artists. */
const U = 10;
const UNIT = 'artists per 100 artist-days';

/**
 * Of 100 artist-days, how many different artists: Hurlbert's S(100) over Spotify plays, an artist counted once a UTC day.
 * Independent of how long we have listened along, and of the time zone.
 */
export const breadth: FacetDefinition = {
  name: 'taste.breadth',
  build: ({ statistics }) => ({ 'taste.breadth': breadthOf(statistics) }),
};

function breadthOf(statistics: FacetContext['statistics']): Facet {
  if (!statistics.connected.includes('spotify')) return unknown('not_connected');
  const plays = statistics.keyDays.find((entry) => entry.platform === 'spotify' && entry.kind === 'play');
  const days = plays?.days ?? 0;
  if (!plays || days < MIN_DAYS) return shortfall('too_few_days', days, MIN_DAYS, 'days with plays');
  const counts = plays.keys.map((key) => key.days);
  const n = counts.reduce((sum, count) => sum + count, 0);
  if (n < MIN_ARTIST_DAYS) return shortfall('too_few_items', n, MIN_ARTIST_DAYS, 'artist-days');

  const value = hurlbert(counts, DRAWS);
  const halfWidth = halfWidth90(
    Array.from({ length: GROUPS }, (_, g) =>
      hurlbert(
        plays.keys.map((key) => key.days - (key.groups[g] ?? 0)),
        DRAWS,
      ),
    ),
  );
  const sure = confidence(halfWidth, U);
  if (!sure) return tooUncertain(halfWidth, U, UNIT);
  const seen = sampleCoverage(counts);
  return {
    status: 'known',
    shape: 'number',
    value: rounded(value, 4),
    unit: UNIT,
    interval: [rounded(Math.max(1, value - halfWidth), 4), rounded(Math.min(DRAWS, value + halfWidth), 4)],
    level: 0.9,
    method: 'hurlbert100+jackknife20',
    n,
    days,
    confidence: sure,
    coverage: {
      ...claimCoverage([plays], plays.dayFrom, plays.dayTo),
      ...(seen === null ? {} : { sampleCoverage: rounded(seen, 4) }),
    },
    evidence: keyDayEvidence(plays),
  };
}

/** The items behind key-days, with the keys seen on most days. */
function keyDayEvidence(source: KeyDayStatistics): Evidence {
  return evidence(
    {
      platforms: [source.platform],
      kinds: [source.kind],
      dayFrom: source.dayFrom,
      dayTo: source.dayTo,
      timeMeaning: 'user_act',
      keyStartsWith: source.keyStartsWith,
    },
    [`${source.platform}.${source.kind}`],
    source.items,
    source.keys.slice(0, 10).map((key) => ({ key: key.key, label: key.label, days: key.days, items: key.sample })),
  );
}
