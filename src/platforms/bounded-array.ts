import { z } from 'zod';

/**
 * An array of which elements of another type, also null, are left out: none of them says what the array's owner is. It
 * is refused by its length before its elements are looked at. Zod keeps an issue for each wrong element: five million of
 * them, which fit the largest body we read, cost 22 s and 3 GB. Every array of an answer uses this or `pageEntries`.
 */
export function boundedArray<T>(element: z.ZodType<T>, max: number): z.ZodType<T[]> {
  const all = z.array(element);
  return z
    .array(z.unknown())
    .max(max)
    .transform((elements) => {
      // Nearly always all are right, and together they are checked faster.
      const { success, data } = all.safeParse(elements);
      return success ? data : elements.flatMap((each) => understood(element, each));
    });
}

/** The value in an array of one; an empty one for a value of another type. */
export function understood<T>(schema: z.ZodType<T>, value: unknown): [T] | [] {
  const result = schema.safeParse(value);
  return result.success ? [result.data] : [];
}
