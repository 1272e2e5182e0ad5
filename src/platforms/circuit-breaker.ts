/** When a platform counts as down, and for how long nothing is then sent to it. */
export interface CircuitLimits {
  /** So many failures without an answer in between… */
  readonly failures: number;
  /** …that befell so many callers: what fails for a single one may be about that one. */
  readonly callers: number;
  /** The first pause in ms; it doubles while the platform stays down. */
  readonly pauseMs: number;
  readonly maxPauseMs: number;
}

const DEFAULT_LIMITS: CircuitLimits = { failures: 16, callers: 2, pauseMs: 15_000, maxPauseMs: 240_000 };

/**
 * Spares a platform that is down, and the jobs that would wear out their tries on it: while it is open nothing is sent,
 * then one request at a time finds out whether the platform is back.
 */
export class CircuitBreaker {
  readonly #limits: CircuitLimits;
  readonly #now: () => number;
  #failures = 0;
  #failed = new Set<unknown>();
  #pauseMs: number;
  #openUntil: number | null = null;
  #probing = false;

  constructor(limits: Partial<CircuitLimits> = {}, now: () => number = Date.now) {
    this.#limits = { ...DEFAULT_LIMITS, ...limits };
    this.#pauseMs = this.#limits.pauseMs;
    this.#now = now;
  }

  /** Undefined if a request may be sent; else when to ask again. */
  get openUntil(): Date | undefined {
    if (this.#openUntil === null) return undefined;
    // A longer pause is from before the clock stepped back.
    this.#openUntil = Math.min(this.#openUntil, this.#now() + this.#limits.maxPauseMs);
    if (this.#now() < this.#openUntil) return new Date(this.#openUntil);
    return this.#probing ? new Date(this.#now() + this.#limits.pauseMs) : undefined;
  }

  /** The same for a request that is then sent, and must be followed by `leave`. */
  enter(): Date | undefined {
    const until = this.openUntil;
    if (until === undefined) this.#probing = this.#openUntil !== null;
    return until;
  }

  /** @param caller whose request it was; a `given-up` one counts neither as an answer nor as a failure */
  leave(outcome: 'answered' | 'failed' | 'given-up', caller: unknown): void {
    const wasProbe = this.#probing;
    this.#probing = false;
    if (outcome === 'answered') {
      this.#failures = 0;
      this.#failed.clear();
      this.#openUntil = null;
      this.#pauseMs = this.#limits.pauseMs;
    }
    if (outcome !== 'failed') return;
    this.#failures += 1;
    if (this.#failed.size < this.#limits.callers) this.#failed.add(caller);
    const down = this.#failures >= this.#limits.failures && this.#failed.size >= this.#limits.callers;
    if (!down || (this.#openUntil !== null && !wasProbe)) return;
    this.#openUntil = this.#now() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#limits.maxPauseMs);
  }
}
