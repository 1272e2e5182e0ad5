import {
  ARTIST_NAME,
  IS_ACT,
  IS_ACT_DAY,
  ITEM_ID,
  KEYED_ACTS,
  OWN_ITEMS,
  OWN_ROWS,
  SAMPLE,
  scopeParameters,
  type Query,
  type ReadScope,
} from './read-query.js';
import type { KindStatistics, ListeningStatistics, SourceTellings } from './statistics.js';

const KIND = 'play';
const FAVOURITES = 10;

/** Acts of one kind of one platform; parameters 5 and 6. */
const PLAYS = `${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = $6`;
const PLAY_DAYS = `${OWN_ROWS} AND ${IS_ACT_DAY} AND platform = $5 AND kind = $6`;

/** Years, favourites and records of the plays of which an archive tells: without one, what is seen began when we looked. */
export async function readListening(
  query: Query,
  scope: ReadScope,
  { kinds, tellings }: { readonly kinds: readonly KindStatistics[]; readonly tellings: readonly SourceTellings[] },
): Promise<ListeningStatistics[]> {
  const told = tellings.filter(({ archive, kinds: own }) => archive && own.some(({ kind }) => kind === KIND));
  const found: ListeningStatistics[] = [];
  for (const { platform } of kinds.filter(({ kind, acts }) => kind === KIND && acts > 0)) {
    if (!told.some((source) => source.platform === platform)) continue;
    const parameters = [...scopeParameters(scope), platform, KIND];
    const days = await query<Day>(
      `SELECT day, items AS plays FROM stat_day WHERE ${PLAY_DAYS} ORDER BY day`,
      parameters,
    );
    const [first, last] = [days[0], days.at(-1)];
    const most = mostPlayed(days);
    if (!first || !last || !most) continue;
    found.push({
      platform,
      kind: KIND,
      plays: days.reduce((sum, { plays }) => sum + plays, 0),
      elsewhere: await readElsewhere(query, parameters),
      dayFrom: first.day,
      dayTo: last.day,
      years: await readYears(query, parameters),
      favourites: await readFavourites(query, parameters),
      streak: longestStreak(days),
      mostPlayed: { ...most, sample: await readSample(query, parameters, most.day) },
    });
  }
  return found;
}

interface Day {
  readonly day: number;
  readonly plays: number;
}

/** Plays of the platform that an item of another one shows. */
async function readElsewhere(query: Query, parameters: readonly unknown[]): Promise<ListeningStatistics['elsewhere']> {
  return query(
    `SELECT shown_platform AS platform, count(*)::int AS plays FROM witnesses
     WHERE ${OWN_ROWS} AND ${IS_ACT} AND platform = $5 AND kind = $6 AND shown_platform <> platform
     GROUP BY 1 ORDER BY 1`,
    [...parameters],
  );
}

/** Only whole numbers of milliseconds are kept of an archive, so the sum is exact. Sorting rows would be what costs. */
async function readYears(query: Query, parameters: readonly unknown[]): Promise<ListeningStatistics['years']> {
  const known = `FILTER (WHERE jsonb_typeof(payload->'msPlayed') = 'number')`;
  const rows = await query<ListeningStatistics['years'][number]>(
    `SELECT date_part('year', occurred_at AT TIME ZONE 'UTC')::int AS year, (count(*) ${known})::int AS timed,
            sum((payload->'msPlayed')::float8) ${known} AS ms
     FROM items WHERE ${PLAYS} GROUP BY 1`,
    [...parameters],
  );
  return rows.filter(({ timed }) => timed > 0).sort((a, b) => a.year - b.year);
}

/** Their counts and first days are kept with the items; only the first plays themselves are looked up. */
async function readFavourites(
  query: Query,
  parameters: readonly unknown[],
): Promise<ListeningStatistics['favourites']> {
  const rows = await query<{
    key: string;
    label: string;
    plays: number;
    item: string;
    track: string | null;
    at: string;
  }>(
    `WITH most AS (
       SELECT key, sum(items)::int AS plays, min(day) AS day FROM stat_key_day
       WHERE ${PLAY_DAYS} AND starts_with(key, $7) GROUP BY key ORDER BY 2 DESC, key COLLATE "C" LIMIT ${FAVOURITES})
     SELECT most.key, most.plays, coalesce(first.label, substr(most.key, length($7) + 1)) AS label, first.item, first.track, first.at
     FROM most CROSS JOIN LATERAL (
       SELECT ${ITEM_ID} AS item, ${ARTIST_NAME} AS label, payload->>'name' AS track,
              to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at
       FROM items WHERE ${KEYED_ACTS} AND items.key = most.key
         AND occurred_at >= to_timestamp(most.day::float8 * 86400) AND occurred_at < to_timestamp((most.day + 1)::float8 * 86400)
       ORDER BY occurred_at, external_id COLLATE "C" LIMIT 1) first
     ORDER BY most.plays DESC, most.key COLLATE "C"`,
    [...parameters, 'artist:'],
  );
  return rows.map(({ key, label, plays, item, track, at }) => ({
    key,
    label,
    plays,
    first: { item, label: track, at },
  }));
}

/** The first plays of a day. */
async function readSample(query: Query, parameters: readonly unknown[], day: number): Promise<string[]> {
  const rows = await query<{ item: string }>(
    `SELECT ${ITEM_ID} AS item FROM items
     WHERE ${PLAYS} AND occurred_at >= to_timestamp($7::float8 * 86400) AND occurred_at < to_timestamp(($7::float8 + 1) * 86400)
     ORDER BY occurred_at, external_id COLLATE "C" LIMIT ${SAMPLE}`,
    [...parameters, day],
  );
  return rows.map(({ item }) => item);
}

function mostPlayed(days: readonly Day[]): Day | undefined {
  const most = Math.max(...days.map(({ plays }) => plays));
  return days.find(({ plays }) => plays === most);
}

/** The longest run of days in a row; the earliest of equally long ones. */
function longestStreak(days: readonly Day[]): ListeningStatistics['streak'] {
  let longest = { dayFrom: 0, dayTo: -1, plays: 0 };
  let running = longest;
  for (const { day, plays } of days) {
    running =
      day === running.dayTo + 1
        ? { ...running, dayTo: day, plays: running.plays + plays }
        : { dayFrom: day, dayTo: day, plays };
    if (running.dayTo - running.dayFrom > longest.dayTo - longest.dayFrom) longest = running;
  }
  return longest;
}
