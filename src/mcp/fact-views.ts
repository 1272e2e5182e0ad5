import { z } from 'zod';
import type { Fact, FactListEntry } from '../soul-signature/document/fact.js';
import { forbiddingAmong, type ModelRules } from './model-rules.js';
import { numberWords } from './number-words.js';
import { asPlatformText, platformText, quoted } from './platform-text.js';

const entry = z.object({
  rank: z.number().nullable(),
  label: platformText,
  count: z.number().nullable(),
  at: z.string().nullable(),
});

/** An exact statement, of the platform or counted here. */
export const factView = z.object({
  key: z.string(),
  title: z.string(),
  platform: z.string().nullable().describe('Null where it is about several'),
  source: z.string().describe('Whose statement it is'),
  note: z.string().nullable(),
  words: z.string(),
  value: z.number().nullable(),
  unit: z.string().nullable(),
  at: z.string().nullable(),
  entries: z.array(entry),
  points: z.array(z.object({ label: z.string(), value: z.number() })),
});

type FactView = z.output<typeof factView>;

/** Facts as they may be handed on, and the platforms that forbid it of some. */
export interface FactViews {
  readonly facts: readonly FactView[];
  /** The titles of what was left out, by platform. */
  readonly leftOut: ReadonlyMap<string, readonly string[]>;
}

/** @param atMost entries of a list that are shown */
export async function factViews(facts: readonly Fact[], rules: ModelRules, atMost: number): Promise<FactViews> {
  const told = facts.filter(({ evidence }) => !rules.isAllClosed(evidence));
  const open = await rules.open([...new Set(told.flatMap(itemsOf))]);
  const leftOut = new Map<string, string[]>();
  const leaveOut = ({ title, evidence }: Fact) => {
    for (const platform of forbiddingAmong(evidence.kinds)) {
      leftOut.set(platform, [...(leftOut.get(platform) ?? []), title]);
    }
  };
  for (const fact of facts) if (!told.includes(fact)) leaveOut(fact);
  const shown = told.flatMap((fact): FactView[] => {
    if (fact.kind !== 'list') return [viewOf(fact, [])];
    const entries = fact.entries.filter(({ items }) => items.length === 0 || items.some((id) => open.has(id)));
    if (entries.length < fact.entries.length) leaveOut(fact);
    return entries.length === 0 && fact.entries.length > 0 ? [] : [viewOf(fact, entries.slice(0, atMost))];
  });
  return { facts: shown, leftOut };
}

function itemsOf(fact: Fact): readonly string[] {
  return fact.kind === 'list' ? fact.entries.flatMap(({ items }) => items) : [];
}

function viewOf(fact: Fact, entries: readonly FactListEntry[]): FactView {
  const view: Omit<FactView, 'words'> = {
    key: fact.key,
    title: fact.title,
    platform: fact.platform,
    source: fact.source.label,
    note: fact.note ?? null,
    value: fact.kind === 'count' ? fact.value : null,
    unit: 'unit' in fact ? fact.unit : null,
    at: fact.kind === 'date' ? fact.at : null,
    entries: entries.map(({ rank, label, count = null, at = null }) => ({
      rank,
      label: asPlatformText(label),
      count,
      at,
    })),
    points: fact.kind === 'series' ? fact.points.map(({ label, value }) => ({ label, value })) : [],
  };
  return { ...view, words: `${fact.title} (${fact.key}, ${fact.source.label}): ${said(view, fact)}.` };
}

function said({ value, unit, at, entries, points }: Omit<FactView, 'words'>, fact: Fact): string {
  if (fact.kind === 'unknown') return `unknown (${fact.reason})`;
  if (at !== null) return at;
  if (value !== null) return `${numberWords(value)} ${unit ?? ''}`.trim();
  const list = entries.map(({ label, count, at: since }) => quoted(label) + detail(count, since)).join(', ');
  return (
    list || `${points.map((point) => `${point.label}: ${numberWords(point.value)}`).join(', ')} ${unit ?? ''}`.trim()
  );
}

function detail(count: number | null, at: string | null): string {
  if (count !== null) return ` ${numberWords(count)}`;
  return at === null ? '' : ` since ${at.slice(0, 10)}`;
}
