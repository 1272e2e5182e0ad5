const LIMIT = 5_000;
const WINDOW_MS = 3_600_000;

/** The values of the `X-RateLimit-*` headers. */
export interface Allowance {
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  /** Seconds since the epoch, UTC. */
  readonly reset: number;
}

/** GitHub's primary limit: 5,000 requests an hour per token; the hour begins with the first request. */
export class RateLimit {
  private readonly windows = new Map<string, { used: number; readonly endsAt: number }>();

  left(token: string, now: number): Allowance {
    const { used, endsAt } = this.window(token, now);
    return { limit: LIMIT, remaining: LIMIT - used, used, reset: Math.ceil(endsAt / 1_000) };
  }

  /** Counts one request and returns what is left after it. */
  spend(token: string, now: number): Allowance {
    this.window(token, now).used += 1;
    return this.left(token, now);
  }

  private window(token: string, now: number) {
    const known = this.windows.get(token);
    if (known && known.endsAt > now) return known;
    const begun = { used: 0, endsAt: now + WINDOW_MS };
    this.windows.set(token, begun);
    return begun;
  }
}
