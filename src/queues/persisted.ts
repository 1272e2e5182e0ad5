import { setTimeout as sleep } from 'node:timers/promises';
import { TransientDatabaseError } from '../database/failures.js';

const EVERY_MS = 1_000;
/** As many seconds as a lease has, where the database answers at once that it fails. */
const TRIES = 15;

/**
 * Writes to the ledger, and retries while the database fails for a reason that passes. A write may be committed although
 * its answer is lost, so it must recognize what it has done already.
 */
export async function persisted<Result>(write: () => Promise<Result>): Promise<Result> {
  for (let left = TRIES; ; left--) {
    try {
      return await write();
    } catch (error) {
      if (left <= 0 || !(error instanceof TransientDatabaseError)) throw error;
      await sleep(EVERY_MS);
    }
  }
}
