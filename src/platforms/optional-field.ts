import type { z } from 'zod';

/** A field that may be absent and identifies nothing: of another type than expected it counts as absent. */
export function optionalField<T>(schema: z.ZodType<T>): z.ZodType<T | null | undefined> {
  return schema.nullish().catch(undefined);
}
