import { ApiError } from '../api-error.js';

/** One of the values a query parameter may have; the first is meant where it is not given. */
export function choice<T extends string>(query: URLSearchParams, name: string, values: readonly [T, ...T[]]): T {
  const text = query.get(name) ?? values[0];
  const chosen = values.find((value) => value === text);
  if (chosen === undefined) throw new ApiError(422, `Validation Failed: ${name} is not one of ${values.join(', ')}`);
  return chosen;
}

/** An ISO 8601 time from the query, in ms since the epoch. */
export function timeFrom(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new ApiError(422, `Validation Failed: ${name} is not a time`);
  return at;
}
