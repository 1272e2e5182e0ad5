import { z } from 'zod';
import { platformTitle } from '../platforms/platform-titles.js';
import type { Facet } from '../soul-signature/document/facet.js';
import type { SignatureDocument } from '../soul-signature/document/signature.js';
import { forbiddingAmong, type ModelRules } from './model-rules.js';
import { clockWords, countWords, numberWords } from './number-words.js';
import { asPlatformText, platformText, quoted } from './platform-text.js';

const interval = z.object({ from: z.number(), to: z.number() });

/** One part of a whole: a language, an hour, a theme, a word. */
const part = z.object({
  label: z.union([z.string(), platformText]),
  value: z.number(),
  interval: interval.nullable(),
});

/** An estimate that is known. */
export const estimate = z.object({
  key: z.string(),
  words: z.string().describe('The claim in words'),
  value: z
    .number()
    .nullable()
    .describe('Null where the parts say it all. Beside shares: how many different ones ten of the counted units hold'),
  unit: z.string().describe('Of the value, and of parts where there are any'),
  interval: interval
    .nullable()
    .describe('90 % interval: this period, its days drawn again. Of an hour of the day it may run through midnight.'),
  parts: z.array(part).describe('The strongest parts of the whole, where it has parts'),
  confidence: z.object({ level: z.enum(['high', 'medium', 'low']), score: z.number() }),
  window: z.object({
    from: z.string(),
    to: z.string(),
    platforms: z.array(z.string()),
    truncated: z.boolean().describe('The provider keeps only a part, so there may be holes'),
  }),
  days: z.number().describe('Distinct active days that it rests on'),
  sample: z.number().describe('Size of the sample in the unit that is counted'),
});

type Estimate = z.output<typeof estimate>;
type Part = z.output<typeof part>;
type KnownFacet = Extract<Facet, { status: 'known' }>;

/** An estimate for an assistant, and the platforms of which it names nothing because they forbid it. */
export interface EstimateView {
  readonly estimate: Estimate;
  readonly unnamed: readonly string[];
}

/** An estimate in words and numbers. The numbers are this server's own; names of forbidding platforms are left out. */
export function estimateOf(
  key: string,
  facet: KnownFacet,
  document: SignatureDocument,
  rules: ModelRules,
): EstimateView {
  const all = partsOf(facet);
  const parts = all.filter(({ platforms }) => !areClosed(platforms, facet, rules)).map(({ part }) => part);
  const unnamed = parts.length < all.length ? forbiddingAmong(facet.evidence.kinds) : [];
  const { from, to, platforms, truncated } = facet.coverage;
  const known: Omit<Estimate, 'words'> = {
    key,
    ...numberOf(facet),
    unit: facet.unit,
    parts,
    confidence: { level: facet.confidence.level, score: facet.confidence.score },
    window: { from, to, platforms: [...platforms], truncated },
    days: facet.days,
    sample: facet.n,
  };
  const sentences = unnamed.length > 0 ? [] : sentencesOf(key, document);
  return { estimate: { ...known, words: [...sentences, inNumbers(known, facet)].join(' ') }, unnamed };
}

/** The sentences of the rules about this claim alone. */
function sentencesOf(key: string, { narrative }: SignatureDocument): string[] {
  return narrative.sentences.flatMap(({ kind, text, claims }) =>
    kind === 'statement' && claims.length === 1 && claims[0] === key ? [text] : [],
  );
}

function numberOf(facet: KnownFacet): Pick<Estimate, 'value' | 'interval'> {
  if (facet.shape === 'number') return { value: facet.value, interval: intervalOf(facet.interval) };
  if (facet.shape === 'shares') {
    return { value: facet.value.effective, interval: intervalOf(facet.interval.effective) };
  }
  return { value: null, interval: null };
}

function intervalOf([from, to]: readonly [number, number]): { from: number; to: number } {
  return { from, to };
}

/** The parts, each with the platforms that its name comes from; null for names of our own. */
function partsOf(facet: KnownFacet): { readonly part: Part; readonly platforms: readonly string[] | null }[] {
  switch (facet.shape) {
    case 'number':
      return [];
    case 'clock':
      return facet.value.hours.map((value, hour) => {
        const range = facet.interval.hours[hour];
        return {
          part: { label: clockWords(hour), value, interval: range ? intervalOf(range) : null },
          platforms: null,
        };
      });
    case 'shares':
      return facet.value.shares.map(({ label, share, interval: range }) => ({
        part: { label: asPlatformText(label), value: share, interval: intervalOf(range) },
        platforms: facet.coverage.platforms,
      }));
    case 'themes':
      return facet.value.themes.map(({ label, share, interval: range, platforms }) => ({
        part: { label, value: share, interval: intervalOf(range) },
        platforms,
      }));
    case 'words':
      return facet.value.words.map(({ word, z: strength }) => ({
        part: { label: asPlatformText(word), value: strength, interval: null },
        platforms: facet.coverage.platforms,
      }));
  }
}

/** Whether all that these platforms tell of the claim must not be handed on. */
function areClosed(platforms: readonly string[] | null, { evidence }: KnownFacet, rules: ModelRules): boolean {
  if (platforms === null) return false;
  const kinds = evidence.kinds.filter((kind) => platforms.some((platform) => kind.startsWith(`${platform}.`)));
  return rules.isAllClosed({ kinds });
}

function inNumbers(estimate: Omit<Estimate, 'words'>, facet: KnownFacet): string {
  const { key, interval: range, parts, confidence, window, days } = estimate;
  const said = isHour(facet) ? clockWords : numberWords;
  const shown = parts.filter(({ value }) => value > 0);
  const whole = [
    ...(estimate.value === null ? [] : [`${said(estimate.value)}${valueUnit(facet)}`]),
    ...(shown.length === 0 ? [] : [`${shown.map(partWords).join(', ')} (${facet.unit})`]),
  ];
  const sure = `${range ? `90 % interval ${said(range.from)} to ${said(range.to)}; ` : ''}confidence ${confidence.level}`;
  const dated = days === 0 ? 'Undated' : `From ${window.from} to ${window.to}, ${countWords(days, 'day')}`;
  const holes = window.truncated ? '; the provider keeps only a part' : '';
  return (
    `${key}: ${whole.join('; ') || 'known, but its parts are withheld'} (${sure}). ` +
    `${dated}, ${window.platforms.map(platformTitle).join(', ')}${holes}.`
  );
}

function isHour(facet: KnownFacet): boolean {
  return facet.shape === 'number' && facet.period !== undefined;
}

/** What the value counts. */
function valueUnit(facet: KnownFacet): string {
  if (isHour(facet)) return '';
  return facet.shape === 'shares' ? ' different ones in ten' : ` ${facet.unit}`;
}

function partWords({ label, value }: Part): string {
  return `${typeof label === 'string' ? label : quoted(label)} ${numberWords(value)}`;
}
