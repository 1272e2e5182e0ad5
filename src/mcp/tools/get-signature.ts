import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { Archetype } from '../../soul-signature/document/portrait.js';
import { SignatureReadings } from '../../soul-signature/signature-readings.js';
import { paragraphs, version, withheldLines } from '../answers.js';
import { estimate, estimateOf } from '../estimates.js';
import { factView, factViews } from '../fact-views.js';
import { ModelRuleBook, withheld, withheldParts, type WithheldPart } from '../model-rules.js';
import { unknownClaim, unknownOf } from '../unknowns.js';
import type { Tool, ToolAnswer } from '../tool.js';

/** Entries of a list of facts; `explain_claim` has more. */
const ENTRIES = 5;

const input = z.strictObject({ version: version.optional().describe('An older version; without it, the latest') });

const output = z.object({
  version: z.number(),
  builtAt: z.string(),
  asOf: z.string(),
  timeZone: z.string().nullable(),
  name: z.object({ known: z.boolean(), name: z.string().nullable(), words: z.string() }),
  claims: z.array(estimate).describe('Estimates, each with its interval and what it rests on'),
  facts: z.array(factView).describe('Exact statements: counts, lists, dates'),
  unknown: z.array(unknownClaim).describe('What is not known, and what would make it known'),
  withheld: withheldParts,
});

/** The signature as a whole. */
@Injectable()
export class GetSignature implements Tool<typeof input, typeof output> {
  readonly name = 'get_signature';
  readonly title = 'Read the signature';
  readonly description =
    'Reads the portrait of the person who let you in: every claim in words, with its value, 90 % interval, confidence, ' +
    'window and the days it rests on, and what is not known with what would make it known. Say how sure a claim is when ' +
    'you use it, and never guess what is unknown. `explain_claim` tells how a claim comes about.';
  readonly scope = 'signature:read';
  readonly input = input;
  readonly output = output;

  constructor(
    private readonly readings: SignatureReadings,
    private readonly ruleBook: ModelRuleBook,
  ) {}

  async answer(
    userId: string,
    { version: number }: z.output<typeof input>,
  ): Promise<ToolAnswer<z.output<typeof output>>> {
    const rules = await this.ruleBook.of(userId);
    const signature = await this.readings.view(await this.readings.find(userId, number));
    const facets = Object.entries(signature.facets);
    const views = facets.flatMap(([key, facet]) =>
      facet.status === 'known' ? [estimateOf(key, facet, signature, rules)] : [],
    );
    const unknown = facets.flatMap(([key, facet]) => (facet.status === 'unknown' ? [unknownOf(key, facet)] : []));
    const { facts, leftOut } = await factViews(signature.facts, rules, ENTRIES);
    const data: z.output<typeof output> = {
      version: signature.version,
      builtAt: signature.builtAt.toISOString(),
      asOf: signature.asOf,
      timeZone: signature.zone?.iana ?? null,
      name: nameOf(signature.archetype),
      claims: views.map(({ estimate }) => estimate),
      facts: [...facts],
      unknown,
      withheld: partsWithheld(
        leftOut,
        views.flatMap(({ unnamed }) => unnamed),
      ),
    };
    return { data, text: textOf(data) };
  }
}

function nameOf(archetype: Archetype): z.output<typeof output>['name'] {
  if (archetype.status === 'known') return { known: true, name: archetype.name, words: archetype.sentence };
  const { have, need, unit } = archetype;
  return { known: false, name: null, words: `No name yet: ${have} of ${need} ${unit}.` };
}

/** What facts and what names of estimates were left out, by platform. */
function partsWithheld(leftOut: ReadonlyMap<string, readonly string[]>, unnamed: readonly string[]): WithheldPart[] {
  return [...new Set([...leftOut.keys(), ...unnamed])].map((platform) => {
    const titles = leftOut.get(platform) ?? [];
    const facts = titles.length === 0 ? [] : [`facts that only the connection tells (${titles.join('; ')})`];
    return withheld(platform, [...facts, ...(unnamed.includes(platform) ? ['names in estimates'] : [])].join(', and '));
  });
}

function textOf({ version, builtAt, name, claims, facts, unknown, withheld: parts }: z.output<typeof output>): string {
  return paragraphs(
    [`Version ${version} of ${builtAt}. ${name.words}`, claims.map(({ words }) => words)],
    ['Facts:', facts.map(({ words }) => words)],
    ['Not known:', unknown.map(({ key, words }) => `${key}: ${words}`)],
    ['Left out:', withheldLines(parts)],
  );
}
