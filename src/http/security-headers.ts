import type { RequestHandler } from 'express';
import helmet from 'helmet';

/** Allows the page's own files only: no foreign script, style or frame. */
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

/** Swagger's page has inline styles. */
const DOCS = { ...PAGE, 'style-src': ["'self'", "'unsafe-inline'"] };

/**
 * Sets the security headers. Strict transport only where the public address is https; the dashboard replaces the content
 * policy with its own.
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
