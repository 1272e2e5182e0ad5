import { burstiness, type Gaps } from '../estimators/burstiness.js';
import { halfWidth90 } from '../estimators/jackknife.js';
import type { Facet } from '../document/facet.js';
import { COMMITS } from './commit-evidence.js';
import { numberFacet } from './estimate.js';
import { claimCoverage, shortfall, unknown, type FacetContext, type FacetDefinition } from './facet.js';
import { ACTS, actEvidence, pooledPlatforms } from './rhythm-source.js';
import { MAKING_KINDS } from '../statistics/kinds.js';
import { GROUPS, type Statistics } from '../statistics/statistics.js';

const MIN_DAYS = 60;
const MIN_GAPS = 100;

/** On what share of the active days the person makes something: a commit, a post, an upload. YouTube is never mixed in. */
export const shareOfDays: FacetDefinition = {
  name: 'creation.share_of_days',
  restsOn: [ACTS, { what: 'items', platform: null, kinds: MAKING_KINDS }],
  explain: {
    formula: 'UTC days with a commit, post or upload / UTC days with any act',
    source: 'count; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'own acts with a time on all platforms that may be counted together',
  },
  build: ({ statistics }) => ({ 'creation.share_of_days': shareOfDaysOf(statistics) }),
};

/** How much the person makes in bursts: burstiness of the pauses between sessions of commits. */
export const burstinessFacet: FacetDefinition = {
  name: 'creation.burstiness',
  restsOn: [COMMITS],
  explain: {
    formula: 'A = [√(m+1)·r − √(m−1)]/[(√(m+1)−2)·r + √(m−1)], r = σ/μ',
    source: 'Kim & Jo 2016, correcting Goh & Barabási 2008; interval: delete-a-group jackknife, Kott 2001',
    inputs: 'm pauses of more than 30 minutes between own commits; the change of day and night is part of it',
  },
  build: ({ statistics }) => ({ 'creation.burstiness': burstinessOf(statistics) }),
};

function shareOfDaysOf(statistics: Statistics): Facet {
  const pooled = pooledPlatforms(statistics);
  if (pooled.length === 0) return unknown('not_connected');
  const kinds = statistics.kinds.filter(({ platform, acts }) => pooled.includes(platform) && acts > 0);
  const days = new Set<number>();
  const making = new Set<number>();
  for (const { platform, kind, days: active } of statistics.activity) {
    if (!pooled.includes(platform)) continue;
    for (const [day] of active) {
      days.add(day);
      if (MAKING_KINDS.includes(kind)) making.add(day);
    }
  }
  if (days.size < MIN_DAYS) return shortfall('too_few_days', days.size, MIN_DAYS, 'active days');
  if (!kinds.some(({ kind }) => MAKING_KINDS.includes(kind))) {
    return shortfall('too_few_items', 0, 1, 'commits, posts or uploads');
  }
  const share = (group: number | null) => {
    const left = (some: ReadonlySet<number>) => [...some].filter((day) => day % GROUPS !== group).length;
    return left(making) / left(days);
  };
  const dayFrom = Math.min(...days);
  const dayTo = Math.max(...days);
  return numberFacet({
    value: share(null),
    halfWidth: halfWidth90(Array.from({ length: GROUPS }, (_, group) => share(group))),
    bounds: [0, 1],
    u: 0.1,
    unit: 'share of active days',
    method: 'days+jackknife20',
    n: days.size,
    days: days.size,
    coverage: claimCoverage(statistics, kinds, dayFrom, dayTo),
    evidence: () => actEvidence(kinds, dayFrom, dayTo, statistics.gaps),
  });
}

function burstinessOf(statistics: FacetContext['statistics']): Facet {
  if (!statistics.connected.includes('github')) return unknown('not_connected');
  const sessions = statistics.sessions.find(({ platform }) => platform === 'github');
  const all = total(sessions?.groups ?? []);
  if (!sessions || all.count < MIN_GAPS) {
    return shortfall('too_few_items', all.count, MIN_GAPS, 'pauses between sessions');
  }
  const kinds = statistics.kinds.filter(({ platform, kind }) => platform === 'github' && kind === sessions.kind);
  return numberFacet({
    value: burstiness(all),
    halfWidth: halfWidth90(
      Array.from({ length: GROUPS }, (_, left) => burstiness(total(sessions.groups.filter((_gap, g) => g !== left)))),
    ),
    bounds: [-1, 1],
    u: 0.15,
    unit: '−1 regular, 0 at random, 1 in bursts',
    method: 'kim-jo+jackknife20',
    n: all.count,
    days: sessions.days,
    coverage: claimCoverage(statistics, [sessions], sessions.dayFrom, sessions.dayTo),
    evidence: () => actEvidence(kinds, sessions.dayFrom, sessions.dayTo, statistics.gaps),
  });
}

function total(groups: readonly Gaps[]): Gaps {
  const sum = (of: (gaps: Gaps) => number) => groups.reduce((all, gaps) => all + of(gaps), 0);
  return { count: sum((g) => g.count), sum: sum((g) => g.sum), squares: sum((g) => g.squares) };
}
