import type { NestExpressApplication } from '@nestjs/platform-express';
import { static as files, type NextFunction, type Request, type RequestHandler, type Response } from 'express';
import type { Config } from '../config/config.js';
import { isLoopbackHost } from '../config/environment-values.js';
import { earlyRefusals } from './early-refusals.js';
import { EnvelopeInterceptor } from './envelope.js';
import { ErrorFilter } from './error-filter.js';
import { sendFailure } from './failure.js';
import { jsonBody } from './json-body.js';
import type { OwnSite } from './own-site.js';
import { requestId, type IdentifiedRequest } from './request-id.js';
import { securityHeaders } from './security-headers.js';
import { validation } from './validation.js';

/**
 * Configures HTTP for all routes; a worker serves no page.
 * @param beforeBodies sees every request before its body is read
 */
export function configureHttp(
  app: NestExpressApplication,
  config: Config,
  site: OwnSite,
  pageFolder: string | undefined,
  beforeBodies: RequestHandler,
): void {
  app.disable('x-powered-by');
  app.disable('etag'); // The API's answers change all the time; files get their own ETags.
  // One proxy: only the address that it added to X-Forwarded-For is trusted.
  app.set('trust proxy', config.trustProxy ? 1 : false);
  app.use(
    requestId,
    earlyRefusals(config.corsOrigins),
    ...securityHeaders(config.publicUrl),
    site.refuseOthers,
    beforeBodies,
    ...jsonBody,
  );
  if (!config.production) app.use(toPublicHost(config.publicUrl));
  app.use(healthWithoutPrefix);
  if (pageFolder !== undefined) app.use(page(pageFolder));
  app.setGlobalPrefix('api', { exclude: ['metrics', 'mcp'] });
  if (config.corsOrigins.length > 0) {
    app.enableCors({ origin: [...config.corsOrigins], exposedHeaders: ['Retry-After', 'X-Request-Id'] });
  }
  app.useGlobalPipes(validation);
  app.useGlobalInterceptors(new EnvelopeInterceptor());
  app.useGlobalFilters(new ErrorFilter());
}

/** Answers 404 in the API's form. Nest does so only below its prefix, so this is used after everything else. */
export function nothingHere(request: Request, response: Response): void {
  const failure = { status: 404, code: 'NOT_FOUND', message: `Cannot ${request.method} ${request.path}` };
  sendFailure(response, failure, (request as IdentifiedRequest).id); // Set by the first middleware.
}

/**
 * Redirects pages requested under another name of this machine to the public one: cookies and redirect URIs belong to
 * one host, and providers refuse `localhost`.
 */
function toPublicHost(publicUrl: string) {
  const { host } = new URL(publicUrl);
  return (request: Request, response: Response, next: NextFunction): void => {
    const asked = request.headers.host ?? host;
    const isPage =
      request.method === 'GET' && request.accepts(['json', 'html']) === 'html' && !request.path.startsWith('/api/');
    if (isPage && asked !== host && isLoopbackHost(asked.replace(/:\d+$/, ''))) {
      response.redirect(307, publicUrl + request.originalUrl);
    } else {
      next();
    }
  };
}

/** Serves the page's files. None is below `/api`, so requests to the API do not touch the disk. */
function page(folder: string) {
  const serve = files(folder);
  return (request: Request, response: Response, next: NextFunction): void => {
    if (request.path.startsWith('/api/')) next();
    else serve(request, response, next);
  };
}

/** Probes ask for health at the root, programs under `/api`; both get the same. */
function healthWithoutPrefix(request: Request, _: Response, next: NextFunction): void {
  if (/^\/health\/(live|ready)$/.test(request.path)) request.url = `/api${request.url}`;
  next();
}
