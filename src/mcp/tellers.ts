import { z } from 'zod';
import type { Predicate } from '../soul-signature/document/evidence.js';
import type { CoverageSource, SignatureDocument } from '../soul-signature/document/signature.js';
import { countWords } from './number-words.js';

/** Who told of a platform: its connection, or an imported archive. */
export const teller = z.object({
  platform: z.string(),
  title: z.string(),
  source: z.enum(['connection', 'import']),
  importId: z.string().nullable(),
  importedAt: z.string().nullable(),
  formats: z.array(z.string()),
  items: z.number(),
  from: z.string().nullable().describe('UTC date of the first act that it tells'),
  to: z.string().nullable(),
});

export type Teller = z.output<typeof teller>;

/** Who told of the platforms that a claim rests on. */
export function tellersOf(document: SignatureDocument, predicate: Predicate): Teller[] {
  return [...new Set(platformsOf(predicate))].sort().flatMap((platform) => tellersOn(document, platform));
}

/** Who told of a platform. */
export function tellersOn({ coverage }: Pick<SignatureDocument, 'coverage'>, platform: string): Teller[] {
  const seen = Object.hasOwn(coverage, platform) ? coverage[platform] : undefined;
  return seen ? seen.sources.map((source) => tellerOf(platform, seen.title, source)) : [];
}

export function tellerLine({ title, source, formats, items, from, to }: Teller): string {
  const who = source === 'connection' ? 'the connection' : `an archive (${formats.join(', ')})`;
  return `${title}, ${who}: ${countWords(items, 'item')}${from === null ? '' : `, ${from} to ${to ?? from}`}`;
}

function tellerOf(platform: string, title: string, source: CoverageSource): Teller {
  const archive = source.source === 'import' ? source : undefined;
  return {
    platform,
    title,
    source: source.source,
    importId: archive?.importId ?? null,
    importedAt: archive?.importedAt ?? null,
    formats: archive?.formats.map((format) => format.title) ?? [],
    items: source.items,
    from: source.from,
    to: source.to,
  };
}

function platformsOf({ platforms, also }: Predicate): string[] {
  return [...platforms, ...(also ? platformsOf(also) : [])];
}
