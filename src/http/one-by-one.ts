import { ApiError } from './api-error.js';

/** How many requests of one person may wait for the one before. A page asks for a few at once. */
const MOST_WAITING = 5;

/**
 * Does what reads much one by one for each person, so that nobody uses more of what it reads from than anybody else. Each
 * process counts for itself.
 */
export class OneByOne {
  private readonly lines = new Map<string, { length: number; last: Promise<unknown> }>();

  /** @throws ApiError 429 `TOO_MANY_REQUESTS` when too many of the person's own wait already */
  async do<Result>(userId: string, work: () => Promise<Result>): Promise<Result> {
    const line = this.lines.get(userId) ?? { length: 0, last: Promise.resolve() };
    if (line.length > MOST_WAITING) {
      const message = 'Too many of your requests wait for each other. Wait for their answers, then ask again.';
      throw new ApiError(429, 'TOO_MANY_REQUESTS', message, { retryAfter: 1 });
    }
    this.lines.set(userId, line);
    line.length += 1;
    const result = line.last.then(work);
    line.last = result.catch(() => undefined);
    try {
      return await result;
    } finally {
      line.length -= 1;
      if (line.length === 0) this.lines.delete(userId);
    }
  }
}
