/** Days of the earth's zones overlap, and a clock change moves one by an hour. */
const MARGIN_MS = 3 * 3_600_000;

/**
 * Merges days, of which each may run on into the next ones, into one order by `at`. Nothing of a day is earlier than its
 * `startsAt` by more than three hours, so only a few days are held at a time.
 */
export function* inOrder<T extends { readonly at: number }>(
  days: Iterable<{ readonly startsAt: number; readonly told: readonly T[] }>,
): Generator<T> {
  let held: T[] = [];
  for (const { startsAt, told } of days) {
    yield* held.filter(({ at }) => at < startsAt - MARGIN_MS);
    held = [...held.filter(({ at }) => at >= startsAt - MARGIN_MS), ...told].sort((a, b) => a.at - b.at);
  }
  yield* held;
}
