import type { RequestHandler } from 'express';

/** Counts requests per path, so that tests can check what was requested and how often. */
export class RequestLog {
  private readonly counts = new Map<string, number>();

  /** Counts under the provider's own path (`/v1/me/tracks`), without the query. */
  readonly record: RequestHandler = (request, _response, next) => {
    this.counts.set(request.path, (this.counts.get(request.path) ?? 0) + 1);
    next();
  };

  list(): Record<string, number> {
    return Object.fromEntries([...this.counts].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  reset(): void {
    this.counts.clear();
  }
}
