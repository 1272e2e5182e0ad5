import type { FactBuilder } from './fact.js';
import { followedUnranked } from './follows.js';
import { libraryCounts, saves } from './library.js';
import { commitFacts, languagesByRepositories, makingCounts } from './making.js';
import { playsSeen } from './plays.js';
import { releases } from './releases.js';
import { sharedThemes } from './shared-themes.js';
import { topGenres, topLists } from './top-lists.js';

/** Every kind of fact about one platform, in reading order. */
export const FACTS: readonly FactBuilder[] = [
  topLists,
  topGenres,
  libraryCounts,
  saves,
  releases,
  followedUnranked,
  playsSeen,
  makingCounts,
  languagesByRepositories,
  commitFacts,
];

/** Facts about several platforms at once: of those whose owner allows it (`portrait/policy.ts`). */
export const SHARED_FACTS: readonly FactBuilder[] = [sharedThemes];
