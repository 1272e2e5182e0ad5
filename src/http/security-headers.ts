import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** The page's own files and nothing else: no script, style or frame of anybody's can get in. */
const PAGE = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'script-src-attr': ["'none'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:'],
  'object-src': ["'none'"],
  'base-uri': ["'none'"],
  'form-action': ["'self'"],
  'frame-ancestors': ["'none'"],
};

/** Swagger's page carries its styles in itself. */
const DOCS = { ...PAGE, 'style-src': ["'self'", "'unsafe-inline'"] };

/**
 * What browsers are asked to enforce. Strict transport only where people come by https; the dashboard sets a policy of
 * its own over this one.
 */
export function securityHeaders(publicUrl: string): RequestHandler[] {
  const headers = (directives: typeof PAGE) =>
    helmet({
      contentSecurityPolicy: { useDefaults: false, directives },
      strictTransportSecurity: publicUrl.startsWith('https:'),
    });
  const [page, docs] = [headers(PAGE), headers(DOCS)];
  return [
    (request, response, next) => {
      (request.path.startsWith('/api/docs') ? docs : page)(request, response, next);
    },
  ];
}
