import { z } from 'zod';
import { platformTitle } from '../platforms/platform-titles.js';
import type { WithheldPart } from './model-rules.js';

/** A version of a signature; the latest where none is given. Versions are PostgreSQL integers. */
export const version = z.int().min(1).max(2_147_483_647);

/** A page of items. */
export const pageInput = {
  limit: z.int().min(1).max(100).default(20).describe('How many items at most'),
  cursor: z.string().max(2_000).optional().describe('`nextCursor` of the page before'),
};

/** The lines of what was left out, for the end of an answer's text. */
export function withheldLines(parts: readonly WithheldPart[]): string[] {
  return parts.map(
    ({ platform, what, why, wayOut }) => `Withheld of ${platformTitle(platform)}: ${what}. ${why} ${wayOut}`,
  );
}

/** Several paragraphs as one text; those without lines are left out, but for the first. */
export function paragraphs(...parts: readonly (readonly [head: string, lines: readonly string[]])[]): string {
  return parts
    .filter(([, lines], n) => n === 0 || lines.length > 0)
    .map(([head, lines]) => [head, ...lines.map((line) => `- ${line}`)].join('\n'))
    .join('\n\n');
}
