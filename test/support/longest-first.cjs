const { default: Sequencer } = require('@jest/test-sequencer');

/** Where suites take longest, first. A long suite that begins last keeps one worker busy while the others have nothing left. */
const ORDER = ['test/upgrade', 'test/faults', 'test/production', 'test/contract', 'test/e2e', 'test/browser', 'test'];

/** Starts the long suites first. Jest would do so from the second run on; on a fresh machine every run is the first. */
class LongestFirst extends Sequencer {
  sort(suites) {
    const known = super.sort(suites); // By the times of earlier runs, else by size.
    const rank = ({ path }) => {
      const folder = ORDER.findIndex((each) => path.includes(`/${each}/`));
      return folder < 0 ? ORDER.length : folder;
    };
    return [...known].sort((a, b) => rank(a) - rank(b));
  }
}

module.exports = LongestFirst;
