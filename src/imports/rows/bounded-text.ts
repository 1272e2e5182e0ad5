import { comparableName } from '../../platforms/listening.js';
import { hashedId } from './hashed-id.js';

/** The longest id of an item, in characters. */
const MOST_OF_ID = 500;

/** The longest text for people, in characters. */
const MOST_OF_TEXT = 500;

/** An id made of a row's own words; of too long ones the hash, so that different ones stay different. */
export function boundedId(words: string): string {
  return words.length < MOST_OF_ID ? words : hashedId(words);
}

/** A title or name as it is kept: without blanks around it, cut where no title is that long. Null for none. */
export function boundedText(value: unknown): string | null {
  const text = typeof value === 'string' ? value.trim().slice(0, MOST_OF_TEXT) : '';
  return text === '' ? null : text;
}

/** The key of a film or series, the same from every source: they share no ids. Null without a name. */
export function titleKey(name: string): string | null {
  const comparable = comparableName(name);
  return comparable === '' ? null : `title:${comparable}`;
}
