const { readFileSync } = require('node:fs');

/** Keeps the suites that are longer in full, for `npm run test:all`; the others would only be repeated. */
module.exports = (paths) => ({
  filtered: paths.filter(
    (path) => path.includes('.long-') || /support\/(length|open-database)\.js'/.test(readFileSync(path, 'utf8')),
  ),
});
