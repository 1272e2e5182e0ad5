import type { FactBuilder } from './fact.js';
import { libraryCounts, saves } from './library.js';
import { commitFacts, languagesByRepositories, makingCounts } from './making.js';
import { playsSeen } from './plays.js';
import { topGenres, topLists } from './top-lists.js';

/** Every kind of fact, in reading order. */
export const FACTS: readonly FactBuilder[] = [
  topLists,
  topGenres,
  libraryCounts,
  saves,
  playsSeen,
  makingCounts,
  languagesByRepositories,
  commitFacts,
];
