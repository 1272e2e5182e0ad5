import { archiveCounts } from './archive-counts.js';
import type { FactBuilder } from './fact.js';
import { firstPlays } from './first-plays.js';
import { followedUnranked } from './follows.js';
import { libraryCounts, saves } from './library.js';
import { longestStreak } from './longest-streak.js';
import { commitFacts, languagesByRepositories, makingCounts } from './making.js';
import { minutesByYear } from './minutes-by-year.js';
import { mostPlayedDay } from './most-played-day.js';
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
  minutesByYear,
  firstPlays,
  longestStreak,
  mostPlayedDay,
  archiveCounts,
  makingCounts,
  languagesByRepositories,
  commitFacts,
];

/** Facts about several platforms at once: of those whose owner allows it (`portrait/policy.ts`). */
export const SHARED_FACTS: readonly FactBuilder[] = [sharedThemes];
