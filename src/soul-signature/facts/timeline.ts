import type { DatedItem, Timeline } from '../statistics/statistics.js';
import type { Evidence, EvidenceTop } from '../document/evidence.js';
import type { Fact } from '../document/fact.js';

/** What the facts about one timeline have in common, and how they are called. */
export interface TimelineWords {
  readonly platform: string;
  readonly source: Fact['source'];
  readonly first: { readonly name: string; readonly title: string };
  readonly latest: { readonly name: string; readonly title: string };
  readonly byYear: { readonly name: string; readonly title: string; readonly unit: string };
  /** Evidence about all items of the timeline with these in front. */
  readonly evidence: (top: readonly EvidenceTop[]) => Evidence;
}

/** First, latest, and how many by UTC year. */
export function timelineFacts(timeline: Timeline, words: TimelineWords): readonly Fact[] {
  const { platform, source, first, latest, byYear, evidence } = words;
  const dated = ({ name, title }: TimelineWords['first'], { item, label, at }: DatedItem): Fact => ({
    platform,
    source,
    key: `${name}@${platform}`,
    title,
    kind: 'date',
    evidence: evidence([{ key: item, label, days: null, items: [item] }]),
    at,
    label,
    items: [item],
  });
  return [
    dated(first, timeline.first),
    dated(latest, timeline.latest),
    {
      platform,
      source,
      key: `${byYear.name}@${platform}`,
      title: byYear.title,
      kind: 'series',
      note: 'Years begin and end in UTC.',
      evidence: evidence([]),
      unit: byYear.unit,
      points: timeline.byYear.map(({ year, count: value }) => ({ label: String(year), value })),
    },
  ];
}
