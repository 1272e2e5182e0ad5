import type { Evidence, EvidenceTop, Predicate } from '../document/evidence.js';
import type { Ground } from '../document/ground.js';
import { evidence } from './evidence.js';
import { byText, type CommitStatistics } from '../statistics/statistics.js';

/** Own commits, as a ground. */
export const COMMITS: Ground = { what: 'items', platform: 'github', kinds: ['commit'] };

/** All own commits of one platform: repositories, languages, days and hours follow from them alone. */
export function commitEvidence(commits: CommitStatistics, top: readonly EvidenceTop[]): Evidence {
  const { platform, kind, keyStartsWith, dayFrom, dayTo } = commits;
  const predicate: Predicate = {
    platforms: [platform],
    kinds: [kind],
    dayFrom,
    dayTo,
    timeMeaning: 'user_act',
    keyStartsWith,
  };
  return evidence(predicate, [`${platform}.${kind}`], commits.items, top);
}

/** Languages with own commits on most UTC days. */
export function topLanguages({ languages }: CommitStatistics): EvidenceTop[] {
  return [...languages]
    .sort((a, b) => b.days - a.days || byText(a.language, b.language))
    .map(({ language, days, sample }) => ({ key: `language:${language}`, label: language, days, items: sample }));
}

/** Repositories with own commits on most UTC days. */
export function topRepositories({ repositories }: CommitStatistics): EvidenceTop[] {
  return [...repositories]
    .sort((a, b) => b.days - a.days || byText(a.key, b.key))
    .map(({ key, label, days, sample }) => ({ key, label, days, items: sample }));
}
