/** Prints at the end of a run of several suites where its time went: the longest suites, and the longest tests. */
class TimeReporter {
  onRunComplete(_, { testResults }) {
    if (testResults.length < 2) return;
    const suites = testResults.map(({ testFilePath, perfStats }) => [perfStats.runtime, nameOf(testFilePath)]);
    const tests = testResults.flatMap(({ testFilePath, testResults: results }) =>
      results.map(({ duration, fullName }) => [duration ?? 0, `${nameOf(testFilePath)}: ${fullName}`]),
    );
    print('The longest suites, in seconds:', suites, 20);
    print('The longest tests, in seconds:', tests, 20);
  }
}

function nameOf(path) {
  return path.slice(process.cwd().length + 1);
}

function print(title, times, most) {
  const longest = times.sort(([a], [b]) => b - a).slice(0, most);
  const lines = longest.map(([ms, name]) => `${(ms / 1_000).toFixed(1).padStart(7)}  ${name}`);
  console.info(`\n${title}\n${lines.join('\n')}`);
}

module.exports = TimeReporter;
