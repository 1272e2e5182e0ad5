import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Child, type ChildOptions } from './child.js';

/**
 * The program as `npm run build` leaves it; in the short form the same in few files, which start sooner
 * (`bundled-program.cjs`). Another build of it can be named to be tested instead.
 */
export const PROGRAM = resolve(process.env['TEST_PROGRAM'] ?? join(__dirname, '../../dist/main.js'));

/** The folder of the built program. */
const BUILT = dirname(PROGRAM);

/**
 * In the short form a start costs half: Node compiles the embedded database once, and not a second time for speed, compiles
 * functions when they are called, optimizes only those that are called very often, and collects garbage in one thread. That
 * loses little in the seconds such a process lives.
 */
export const NODE_FLAGS: readonly string[] =
  basename(BUILT) === 'bundle'
    ? ['--liftoff-only', '--max-lazy', '--interrupt-budget=1000000', '--single-threaded-gc']
    : [];

/**
 * Runs `script` (an ES module) in a process of its own, for what only a process can show: a crash, two at once.
 * `built('database/migrate.js')` in it is the address of a built module.
 */
export function runWithBuilt(script: string, options: ChildOptions = {}): Child {
  const prelude = `const built = (path) => new URL(path, ${JSON.stringify(pathToFileURL(`${BUILT}/`).href)}).href;\n`;
  return new Child(process.execPath, [...NODE_FLAGS, '--input-type=module', '-e', prelude + script], options);
}

/** The path of a built file, to be run as people run it. */
export function builtFile(path: string): string {
  return join(BUILT, path);
}

/** The path of a program of the tests' own that uses the built one in the folder `BUILT`; bundled with it, if it is. */
export function testProgram(path: string): string {
  const bundled = builtFile(path);
  return existsSync(bundled) ? bundled : resolve(__dirname, '../..', path);
}
