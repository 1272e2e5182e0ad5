import { ApiError } from './api-error.js';
import { serverBusy } from './server-busy.js';

/**
 * How often something that takes long is done at once: one time for each person, and a few times in all. Each process
 * counts for itself.
 */
export class ConcurrencyLimit {
  private readonly taken = new Set<string>();

  /** @param running the error for a person whose own is not over yet */
  constructor(
    private readonly atOnce: number,
    private readonly running: () => ApiError,
  ) {}

  /**
   * Takes a person's turn.
   * @returns ends it
   * @throws ApiError that of `running`, or 503 `SERVER_BUSY` when others have all turns
   */
  take(userId: string): () => void {
    if (this.taken.has(userId)) throw this.running();
    if (this.taken.size >= this.atOnce) throw serverBusy();
    this.taken.add(userId);
    return () => this.taken.delete(userId);
  }
}
