import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Change, ChangeCause } from '../../soul-signature/document/portrait.js';
import { SignatureReadings } from '../../soul-signature/signature-readings.js';
import { paragraphs, version, withheldLines } from '../answers.js';
import { forbiddingAmong, ModelRuleBook, withheld, withheldParts, type ModelRules } from '../model-rules.js';
import { numberWords } from '../number-words.js';
import type { SignatureDocument } from '../../soul-signature/document/signature.js';
import type { Tool, ToolAnswer } from '../tool.js';

const input = z.strictObject({
  from: version.optional().describe('Without it, the version before `to`'),
  to: version.optional().describe('Without it, the latest version'),
});

const side = z.union([z.number(), z.string()]).nullable();

const output = z.object({
  from: z.object({ version: z.number(), builtAt: z.string() }),
  to: z.object({ version: z.number(), builtAt: z.string() }),
  changes: z.array(
    z.object({
      key: z.string(),
      kind: z.enum(['appeared', 'disappeared', 'changed', 'archetype', 'unknown_reason']),
      before: side,
      after: side,
      standardErrors: z.number().nullable().describe('How many standard errors a number moved'),
      cause: z.enum(['new_data', 'data_removed', 'method', 'zone', 'connection']),
      words: z.string(),
    }),
  ),
  withheld: withheldParts,
});

type Output = z.output<typeof output>;

const CAUSES: Readonly<Record<ChangeCause, string>> = {
  new_data: 'there is new data',
  data_removed: 'data was removed',
  method: 'the method is another one, which says nothing of the person',
  zone: 'the time zone was changed',
  connection: 'a platform was connected or disconnected',
};

/** What changed between two versions, and why. */
@Injectable()
export class CompareVersions implements Tool<typeof input, typeof output> {
  readonly name = 'compare_versions';
  readonly title = 'Compare two versions';
  readonly description =
    'Tells what changed from one version of the signature to another, by how much and why. A claim that is not listed has ' +
    'not changed by more than chance. Only the causes new_data and data_removed are about the person’s data.';
  readonly scope = 'signature:read';
  readonly input = input;
  readonly output = output;

  constructor(
    private readonly readings: SignatureReadings,
    private readonly ruleBook: ModelRuleBook,
  ) {}

  async answer(userId: string, { from: first, to: last }: z.output<typeof input>): Promise<ToolAnswer<Output>> {
    const rules = await this.ruleBook.of(userId);
    const { from, to, changes } = await this.readings.changes(userId, first, last);
    const [before, after] = await Promise.all([from, to].map((one) => this.readings.find(userId, one.version)));
    const unnamed = new Set<string>();
    const shown = changes.map((change) => {
      const platforms = [before, after].flatMap((one) => (one ? unnamedIn(change, one.document, rules) : []));
      for (const platform of platforms) unnamed.add(platform);
      return changeOf(change, platforms.length === 0);
    });
    const data: Output = {
      from: { version: from.version, builtAt: from.builtAt.toISOString() },
      to: { version: to.version, builtAt: to.builtAt.toISOString() },
      changes: shown,
      withheld: [...unnamed].map((platform) => withheld(platform, 'names in these changes')),
    };
    return { data, text: textOf(data) };
  }
}

/** The platforms that forbid to name what a change names. */
function unnamedIn({ claim, before, after }: Change, { facets }: SignatureDocument, rules: ModelRules): string[] {
  const facet = Object.hasOwn(facets, claim) ? facets[claim] : undefined;
  const names = [before, after].some((side) => typeof side === 'string');
  if (!names || facet?.status !== 'known' || facet.shape !== 'themes') return [];
  const [first] = facet.value.themes;
  const kinds = facet.evidence.kinds.filter((kind) => first?.platforms.some((one) => kind.startsWith(`${one}.`)));
  return rules.isAllClosed({ kinds }) ? forbiddingAmong(kinds) : [];
}

function changeOf(
  { claim, kind, before, after, z: standardErrors, cause }: Change,
  isNamed: boolean,
): Output['changes'][number] {
  const [was, is] = [before, after].map((side) => (isNamed || typeof side === 'number' ? side : null));
  return {
    key: claim,
    kind,
    before: was ?? null,
    after: is ?? null,
    standardErrors,
    cause,
    words: `${claim} ${happened(kind, was ?? null, is ?? null)}, because ${CAUSES[cause]}.`,
  };
}

function happened(kind: Change['kind'], before: Change['before'], after: Change['after']): string {
  switch (kind) {
    case 'appeared':
      return `is known now${after === null ? '' : ` (${said(after)})`}`;
    case 'disappeared':
      return `is not known any more${before === null ? '' : ` (it was ${said(before)})`}`;
    case 'unknown_reason':
      return `is still unknown, for another reason (${said(after)}, before: ${said(before)})`;
    case 'changed':
    case 'archetype':
      return `went from ${said(before)} to ${said(after)}`;
  }
}

function said(side: Change['before']): string {
  if (side === null) return 'none';
  return typeof side === 'number' ? numberWords(side) : side;
}

function textOf({ from, to, changes, withheld: parts }: Output): string {
  const head =
    from.version === to.version
      ? `Version ${to.version} has none before it, so there is nothing to compare.`
      : `From version ${from.version} (${from.builtAt}) to ${to.version} (${to.builtAt}): ${changes.length === 0 ? 'nothing changed by more than chance.' : ''}`;
  return paragraphs([head, changes.map(({ words }) => words)], ['Left out:', withheldLines(parts)]);
}
