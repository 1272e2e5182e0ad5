import type { Json, JsonObject, TimeMeaning } from './platform.js';

/** Fields of a provider's answer about an item, before `trimmed`. */
export type Fields = Readonly<Record<string, Json | undefined>>;

/** Leaves out null and undefined fields, so that both are stored alike. */
export function trimmed(fields: Fields): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

/** A time as an ISO string in UTC, which sorts; null for what is none, or has no year of four digits. */
export function isoTime(text: string | null | undefined): string | null {
  const time = Date.parse(text ?? '');
  const iso = Number.isNaN(time) ? '' : new Date(time).toISOString();
  return /^\d{4}-/.test(iso) ? iso : null;
}

/** An ISO 8601 instant; null for what is none or lies before `earliest` (ms), when nothing of the kind can have happened. */
export function instant(text: string | null | undefined, earliest: number): Date | null {
  if (!text || !/^\d{4}-\d\d-\d\dT/.test(text)) return null;
  const date = new Date(text);
  return date.getTime() >= earliest ? date : null;
}

/** The meaning of a time that may be missing, and may be another's: `own` is whether the person acted. */
export function meaningOf(occurredAt: Date | null, own: boolean): TimeMeaning {
  if (occurredAt === null) return 'snapshot';
  return own ? 'user_act' : 'content';
}
