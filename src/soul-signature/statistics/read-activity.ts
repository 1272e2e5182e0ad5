import {
  IS_ACT,
  IS_ACT_DAY,
  ITEM_ID,
  OWN_ITEMS,
  OWN_ROWS,
  SAMPLE,
  scopeParameters,
  type Query,
  type ReadScope,
} from './read-query.js';
import { byText, type CoverageGap, type KindActivity, type KindStatistics } from './statistics.js';

/** What was done when: counts, window and newest acts of each kind, and the quarter hours with any act. */
export interface ActivityStatistics {
  readonly kinds: readonly KindStatistics[];
  readonly activity: readonly KindActivity[];
}

interface Day {
  readonly platform: string;
  readonly kind: string;
  readonly day: number;
  readonly items: number;
  /** Bits of the quarter hours, as PostgreSQL writes a bigint. */
  readonly morning: string;
  readonly afternoon: string;
}

/** Reads each kept day once. The zone is applied later, so changing it reads nothing again. */
export async function readActivity(query: Query, scope: ReadScope): Promise<ActivityStatistics> {
  const days = await query<Day>(
    `SELECT platform, kind, day, items, morning, afternoon FROM stat_day WHERE ${OWN_ROWS} AND ${IS_ACT_DAY}`,
    scopeParameters(scope),
  );
  days.sort((a, b) => a.day - b.day);
  const counts = await query<{ platform: string; kind: string; items: number }>(
    `SELECT platform, kind, items::int AS items FROM stat_kind WHERE ${OWN_ROWS}`,
    [scope.userId, [...scope.connected]],
  );
  const kinds: KindStatistics[] = [];
  const activity: KindActivity[] = [];
  for (const { platform, kind, items } of counts.sort(
    (a, b) => byText(a.platform, b.platform) || byText(a.kind, b.kind),
  )) {
    const own = days.filter((day) => day.platform === platform && day.kind === kind);
    const whole = own.filter((day) => !touchesGap(scope.gaps, day));
    kinds.push({
      platform,
      kind,
      items,
      acts: actsOn(own),
      actDays: own.length,
      dayFrom: own[0]?.day ?? null,
      dayTo: own.at(-1)?.day ?? null,
      gapActs: actsOn(own) - actsOn(whole),
      gapDays: own.length - whole.length,
      sample: own.length === 0 ? [] : await readNewest(query, scope, { platform, kind }),
    });
    if (whole.length > 0) {
      activity.push({
        platform,
        kind,
        days: whole.map(
          ({ day, morning, afternoon }) =>
            [day, [...setBits(Number(morning), 0), ...setBits(Number(afternoon), 48)]] as const,
        ),
      });
    }
  }
  return { kinds, activity };
}

function actsOn(days: readonly Day[]): number {
  return days.reduce((sum, { items }) => sum + items, 0);
}

function touchesGap(gaps: readonly CoverageGap[], { platform, kind, day }: Day): boolean {
  return gaps.some((gap) => gap.platform === platform && gap.kind === kind && day >= gap.dayFrom && day <= gap.dayTo);
}

async function readNewest(
  query: Query,
  scope: ReadScope,
  { platform, kind }: { readonly platform: string; readonly kind: string },
): Promise<string[]> {
  const newest = await query<{ item: string }>(
    `SELECT ${ITEM_ID} AS item FROM items WHERE ${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = $6
     ORDER BY occurred_at DESC, external_id COLLATE "C" LIMIT ${SAMPLE}`,
    [...scopeParameters(scope), platform, kind],
  );
  return newest.map(({ item }) => item);
}

/** The positions of the bits of a number below 2⁴⁸, ascending. */
function setBits(bits: number, from: number): number[] {
  const set: number[] = [];
  for (let at = from, rest = bits; rest > 0; at++, rest = Math.floor(rest / 2)) if (rest % 2 === 1) set.push(at);
  return set;
}
