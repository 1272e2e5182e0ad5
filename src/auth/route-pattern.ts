import type { Request } from 'express';

/**
 * The pattern of a request's route. A path has as many characters as its sender likes.
 * @param mount where a router that is not of Nest is mounted: the patterns of its routes begin there
 */
export function patternOf({ route }: Request, mount = ''): string {
  const { path = '' } = (route ?? {}) as { readonly path?: string }; // Express has no type for it.
  return mount + path;
}
