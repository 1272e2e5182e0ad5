const { readFileSync } = require('node:fs');

/** What has a longer form, or starts the program, which `npm test` runs in another (`bundled-program.cjs`). */
const LONGER = /support\/(length|open-database|running-app|built-program)\.js'|\.\/(deployment|crew)\.js'/;

/** Keeps the suites that are longer in full, for `npm run test:all`; the others would only be repeated. */
module.exports = (paths) => ({
  filtered: paths.filter((path) => path.includes('.long-') || LONGER.test(readFileSync(path, 'utf8'))),
});
