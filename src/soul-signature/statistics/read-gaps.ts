import { findPlatform } from '../../platforms/registry.js';
import { OWN_ROWS, type Query } from './read-query.js';
import { byText, type CoverageGap, type SourceTellings } from './statistics.js';

/** A period between two looks at a provider of which it had forgotten a part; ms since the epoch. */
export interface GapPeriod {
  readonly platform: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

const DAY_MS = 86_400_000;

/** An archive names the start of its last act, a gap may begin or end with the end of the same one: an hour is enough. */
const SAME_ACT_MS = 3_600_000;

/** What a provider had forgotten before we asked, of connected platforms. */
export async function readGaps(query: Query, userId: string, connected: readonly string[]): Promise<GapPeriod[]> {
  return query<GapPeriod>(
    `SELECT platform, kind, date_part('epoch', from_at) * 1000 AS "from", date_part('epoch', to_at) * 1000 AS "to"
     FROM coverage_gaps WHERE ${OWN_ROWS}`,
    [userId, [...connected]],
  );
}

/**
 * What a provider had forgotten before the first look at it, after the last act of which archives tell. Derived from who
 * tells what, it is the same whichever of them came first, and goes with the archive.
 */
export function gapsAfterArchives(tellings: readonly SourceTellings[]): GapPeriod[] {
  return tellings.flatMap(({ platform, archive, kinds }) => {
    const kind = findPlatform(platform)?.polling?.kind;
    const seen = kinds.find((one) => one.kind === kind)?.from;
    if (archive !== null || kind === undefined || !seen) return [];
    const told = tellings
      .filter((one) => one.archive !== null && one.platform === platform)
      .flatMap((one) => one.kinds.flatMap(({ kind: of, to }) => (of === kind && to !== null ? [Date.parse(to)] : [])));
    const [from, to] = [Math.max(...told), Date.parse(seen)];
    return told.length > 0 && from < to ? [{ platform, kind, from, to }] : [];
  });
}

/**
 * The UTC days that a gap touches, less what archives tell of it: between the first and the last act of its kind an
 * archive is taken to have them all. When the archive is taken out again, the gap is there again.
 */
export function withoutTold(gaps: readonly GapPeriod[], tellings: readonly SourceTellings[]): CoverageGap[] {
  return gaps
    .flatMap((gap) => toldPeriods(tellings, gap).reduce(without, [gap]))
    .map(({ platform, kind, from, to }) => ({
      platform,
      kind,
      dayFrom: Math.floor(from / DAY_MS),
      dayTo: Math.floor(to / DAY_MS),
    }))
    .sort(
      (a, b) => byText(a.platform, b.platform) || byText(a.kind, b.kind) || a.dayFrom - b.dayFrom || a.dayTo - b.dayTo,
    );
}

type Period = Pick<GapPeriod, 'from' | 'to'>;

/** From when to when archives tell of a kind. */
function toldPeriods(tellings: readonly SourceTellings[], { platform, kind }: GapPeriod): Period[] {
  return tellings
    .filter((one) => one.archive !== null && one.platform === platform)
    .flatMap(({ kinds }) => kinds)
    .flatMap((told) =>
      told.kind === kind && told.from !== null && told.to !== null
        ? [{ from: Date.parse(told.from), to: Date.parse(told.to) + SAME_ACT_MS }]
        : [],
    );
}

function without(gaps: readonly GapPeriod[], { from, to }: Period): GapPeriod[] {
  return gaps.flatMap((gap) => [
    ...(from > gap.from ? [{ ...gap, to: Math.min(gap.to, from) }] : []),
    ...(to < gap.to ? [{ ...gap, from: Math.max(gap.from, to) }] : []),
  ]);
}
