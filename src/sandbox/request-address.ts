import type { Request } from 'express';

/** The whole address of a request as the client reached it, so that links in answers lead back the same way. */
export function requestAddress(request: Request): URL {
  return new URL(request.originalUrl, `${request.protocol}://${request.get('host') ?? 'localhost'}`);
}

/** The same address with other query parameters. */
export function withQuery(address: URL, parameters: Readonly<Record<string, string | number>>): string {
  const url = new URL(address);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, String(value));
  return url.href;
}
