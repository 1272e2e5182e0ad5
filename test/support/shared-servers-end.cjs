/** After all suites. */
module.exports = () => globalThis.sharedPostgres?.stop();
