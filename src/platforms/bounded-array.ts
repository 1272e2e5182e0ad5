import { z } from 'zod';

/**
 * An array that is refused by its length before its elements are looked at. Zod collects an issue for each wrong
 * element: five million of them, which fit the largest body we read, cost 22 s and 3 GB. Every array of an answer uses this.
 */
export function boundedArray<T>(element: z.ZodType<T>, max: number): z.ZodType<T[]> {
  return z.array(z.unknown()).max(max).pipe(z.array(element));
}
