import { z } from 'zod';

const SITE = 'http://site.invalid';

/** A path on this site. Anything that a browser resolves to another host is refused, also after dot segments. */
export const sitePath = z
  .string()
  .max(2_000)
  .refine((path) => {
    if (!path.startsWith('/') || /[\\\p{Cc}]/u.test(path) || !URL.canParse(path, SITE)) return false;
    const { origin, pathname } = new URL(path, SITE);
    return origin === SITE && !pathname.startsWith('//');
  }, 'must be a path on this site');
