import { z } from 'zod';

/** An object of free names that is refused by their number before its values are looked at, like `boundedArray`. */
export function boundedRecord<T>(value: z.ZodType<T>, max: number): z.ZodType<Record<string, T>> {
  return z
    .custom<object>((input) => typeof input === 'object' && input !== null && !Array.isArray(input), 'no object')
    .refine((input) => Object.keys(input).length <= max, { message: `more than ${max} fields`, abort: true })
    .pipe(z.record(z.string(), value));
}
