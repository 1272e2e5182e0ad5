/** So many requests in any stretch of so many milliseconds. */
export interface Budget {
  readonly requests: number;
  readonly perMs: number;
}

/** Whether a request may be sent now. One budget is shared by all who spend from it, over all processes. */
export interface RequestBudget {
  /**
   * Reserves one request.
   * @returns milliseconds to wait before it is sent; if that is more than `maxWaitMs`, nothing was reserved
   */
  take(maxWaitMs: number): Promise<number>;
  /**
   * Allows no request before then, as the provider demanded.
   * @param why code of the refusal, for those who find the budget blocked; `SLOW_DOWN` without it
   */
  block(until: Date, why?: string): Promise<void>;
  /** Why the provider allows no request now; null if it does, and only the budget is used up. */
  blockedFor(): Promise<string | null>;
}
