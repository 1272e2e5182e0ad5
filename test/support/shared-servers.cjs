const { chmodSync, mkdtempSync, rmSync, statfsSync } = require('node:fs');
const Module = require('node:module');
const { freemem } = require('node:os');
const { bundleProgram } = require('./bundled-program.cjs');

/** TypeScript imports `./x.js` and means `./x.ts`. In suites Jest's `moduleNameMapper` does this. */
function resolveTypeScript() {
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    try {
      return resolve.call(this, request, ...rest);
    } catch (error) {
      if (!request.startsWith('.')) throw error;
      return resolve.call(this, request.replace(/\.js$/, '.ts'), ...rest);
    }
  };
  return () => (Module._resolveFilename = resolve);
}

const MEMORY = '/dev/shm';
const ROOM_BYTES = 6 * 2 ** 30;

/**
 * What suites write in the short form is kept in memory where there is room: it lives for seconds, and a disk would take a
 * fifth of their processor time. With TESTS=full it is on the disk.
 */
function writeToMemory() {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (Math.min(bavail * bsize, freemem()) < ROOM_BYTES) return;
    const folder = mkdtempSync(`${MEMORY}/soul-tests-`);
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
    chmodSync(folder, 0o1777); // As of /tmp: PostgreSQL runs as a user of its own.
    process.env.TMPDIR = folder;
  } catch {
    // There is no such folder here, or it is not ours to write to.
  }
}

/**
 * Before all suites: one PostgreSQL for those that do not harm it, with a database for each, and the embedded database that
 * is copied by the others. `shared-servers-end.cjs` ends it.
 */
module.exports = async () => {
  if (process.env.TESTS !== 'full') writeToMemory();
  const restore = resolveTypeScript();
  const { PostgresServer } = require('./postgres-server.ts');
  const { prepareEmbeddedDatabase } = require('./embedded-database.ts');
  const [program, server] = await Promise.all([
    process.env.TESTS !== 'full' && !process.env.TEST_PROGRAM ? bundleProgram() : undefined,
    process.env.TEST_DATABASE_URL ? undefined : PostgresServer.start(),
    prepareEmbeddedDatabase(),
  ]);
  // The workers get what is set here from their parent.
  if (program) process.env.TEST_PROGRAM = program;
  if (server) {
    process.env.TEST_DATABASE_URL = server.url;
    process.env.TEST_DATABASE_TEMPLATE = server.template;
    globalThis.sharedPostgres = server;
  }
  restore();
};
