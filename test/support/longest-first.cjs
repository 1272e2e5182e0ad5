const { default: Sequencer } = require('@jest/test-sequencer');

/**
 * Where suites mostly wait: for other processes, and for leases and limits to run out. The longest first; some files are
 * smaller than their suites are long.
 */
const WAITING = [
  ...['test/upgrade/', 'test/contract/', 'test/faults/', 'test/browser/', 'test/production/'],
  ...['test/e2e/crash', 'test/e2e/crowd', 'test/e2e/starts', 'test/e2e/batches', 'test/e2e/'],
];

/**
 * Starts the long suites first: one that begins last keeps one worker busy while the others have nothing left. Jest would do
 * so from the second run on; on a fresh machine every run is the first. Suites that compute are spread evenly among those
 * that wait, so that the processors have work all the time.
 */
class LongestFirst extends Sequencer {
  sort(suites) {
    const known = super.sort(suites); // By the times of earlier runs, else by size.
    const rank = ({ path }) => WAITING.findIndex((start) => path.includes(`/${start}`));
    const waiting = known.filter((suite) => rank(suite) >= 0).sort((a, b) => rank(a) - rank(b));
    const computing = known.filter((suite) => rank(suite) < 0);
    const placed = [waiting, computing].flatMap((group) => group.map((suite, n) => ({ suite, at: n / group.length })));
    return placed.sort((a, b) => a.at - b.at).map(({ suite }) => suite);
  }
}

module.exports = LongestFirst;
