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
  /** Allows no request before then, as the provider demanded. */
  block(until: Date): Promise<void>;
}
