import { readCommits } from './read-commits.js';
import { readKeyDays } from './read-key-days.js';
import { readActivity } from './read-activity.js';
import { readArtistFields } from './read-artist-fields.js';
import { readCorrespondence, readMeetings } from './read-connection.js';
import { gapsAfterArchives, readGaps, withoutTold } from './read-gaps.js';
import { readListening } from './read-listening.js';
import { readSessions } from './read-sessions.js';
import { readSources } from './read-sources.js';
import { readTellings } from './read-tellings.js';
import { readWords } from './read-words.js';
import type { Query, ReadScope } from './read-query.js';
import { byText, type Statistics } from './statistics.js';
import { readFields, readSaves, readTopLists } from './read-facts.js';
import { readFollows } from './read-follows.js';
import { readOwned } from './read-owned.js';
import { readReleases } from './read-releases.js';

/** What a reading needs besides whose it is. */
export interface ReadOptions {
  /** Platforms connected now; items of others are not looked at. */
  readonly connected: readonly string[];
  /** Items dated later are not acts (a clock was wrong). */
  readonly asOf: Date;
}

/**
 * Reads all that a signature is computed from. Distinct and grouping happen in SQL, so what travels grows with keys and
 * days, not with items. One statement at a time, so it can run inside a transaction of one connection.
 */
export async function readStatistics(
  query: Query,
  userId: string,
  { connected, asOf }: ReadOptions,
): Promise<Statistics> {
  const platforms = [...new Set(connected)].sort(byText);
  const tellings = await readTellings(query, userId, platforms);
  const noted = await readGaps(query, userId, platforms);
  const gaps = withoutTold([...noted, ...gapsAfterArchives(tellings)], tellings);
  const scope: ReadScope = { userId, connected: platforms, asOf, gaps };
  const { kinds, activity } = await readActivity(query, scope);
  const keyDays = await readKeyDays(query, scope, kinds);
  const topLists = await readTopLists(query, scope);
  const saves = await readSaves(query, scope, kinds);
  const fields = await readFields(query, scope);
  const commits = await readCommits(query, scope, kinds);
  const owned = await readOwned(query, scope, kinds);
  return {
    schema: 'statistics/1',
    connected: platforms,
    tellings,
    gaps,
    kinds,
    activity,
    keyDays,
    topLists,
    saves,
    releases: await readReleases(query, scope, kinds),
    follows: await readFollows(query, scope, kinds),
    listening: await readListening(query, scope, { kinds, tellings }),
    fields,
    commits,
    owned,
    artists: await readArtistFields(query, scope, keyDays),
    sessions: await readSessions(query, scope, kinds),
    sources: await readSources(query, scope, kinds),
    words: await readWords(query, scope, kinds),
    meetings: await readMeetings(query, scope, kinds),
    correspondence: await readCorrespondence(query, scope, kinds),
  };
}
