import { z } from 'zod';
import { understood } from './bounded-array.js';

/**
 * An object of free names, of which values of another type are left out. It is refused by the number of its names before
 * its values are looked at, like `boundedArray`.
 */
export function boundedRecord<T>(value: z.ZodType<T>, max: number): z.ZodType<Record<string, T>> {
  return z
    .custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input), 'no object')
    .refine((input) => Object.keys(input).length <= max, { message: `more than ${max} fields`, abort: true })
    .transform((input) =>
      Object.fromEntries(
        Object.entries(input).flatMap(([name, each]) => understood(value, each).map((data) => [name, data] as const)),
      ),
    );
}
