import type { Narrative } from '../document/portrait.js';

/** Injection token of a language model that writes; absent unless an integrator provides one. */
export const NARRATIVE_WRITER = Symbol('NARRATIVE_WRITER');

/**
 * Turns the sentences of the rules into one flowing text. It is given them and nothing else: no items, no names, no
 * numbers that are not in them. Off unless a module provides one under `NARRATIVE_WRITER`.
 */
export interface NarrativeWriter {
  /** Named in the document, so that a reader knows who wrote. */
  readonly name: string;
  write(sentences: readonly string[]): Promise<string>;
}

/** Longest text that is stored. */
const LONGEST = 4_000;
const NUMBER = /\d+(?:[.,:]\d+)*/gu;
/** A number in words could not be checked, so only those of the rules' sentences may stand. */
const WORDED =
  /\b(zero|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|half|third|quarter|twice|double)\b/giu;

/** The narrative with the writer's text, or unchanged where the text has a number that the sentences do not. */
export async function written(narrative: Narrative, writer: NarrativeWriter): Promise<Narrative> {
  const statements = narrative.sentences.map(({ text }) => text);
  if (statements.length === 0) return narrative;
  const text = (await writer.write(statements)).trim();
  return isFaithful(text, statements) ? { ...narrative, text, writer: writer.name } : narrative;
}

/** Whether a text holds no number, in digits or words, that its sources do not hold. */
export function isFaithful(text: string, sources: readonly string[]): boolean {
  if (text === '' || text.length > LONGEST) return false;
  const known = new Set(sources.flatMap(numbersIn));
  return numbersIn(text).every((number) => known.has(number));
}

function numbersIn(text: string): string[] {
  return [...(text.match(NUMBER) ?? []), ...(text.toLowerCase().match(WORDED) ?? [])];
}
