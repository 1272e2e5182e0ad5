import { z } from 'zod';

/** Entries of a list that the provider counts and does not show. */
export const hiddenSchema = z.strictObject({ entries: z.number().int().positive(), since: z.iso.datetime() });
export type Hidden = z.infer<typeof hiddenSchema>;

/**
 * What is known of a list of which a whole reading showed fewer entries than the provider counts; undefined if it showed
 * them all. An answer that was cut short looks so, and also a list whose provider counts what it shows to nobody (closed
 * channels). So as many as were missing are taken for hidden only once they were for `relistMs`.
 */
export function hiddenAfter(known: Hidden | undefined, missing: number, startedAt: Date): Hidden | undefined {
  if (missing <= 0) return undefined;
  const isKnown = known !== undefined && missing <= known.entries;
  return { entries: missing, since: isKnown ? known.since : startedAt.toISOString() };
}

/** Whether the missing entries were missing for long enough to be taken for hidden. */
export function isHiddenForLong({ since }: Hidden, startedAt: Date, relistMs: number): boolean {
  return startedAt.getTime() - Date.parse(since) >= relistMs;
}
