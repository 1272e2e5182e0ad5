import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Child, type ChildOptions } from './child.js';

/** The folder of the built program; another build of it can be named to be tested instead. */
const BUILT = dirname(resolve(process.env['TEST_PROGRAM'] ?? join(__dirname, '../../dist/main.js')));

/**
 * Runs `script` (an ES module) in a process of its own, for what only a process can show: a crash, two at once.
 * `built('database/migrate.js')` in it is the address of a built module.
 */
export function runWithBuilt(script: string, options: ChildOptions = {}): Child {
  const prelude = `const built = (path) => new URL(path, ${JSON.stringify(pathToFileURL(`${BUILT}/`).href)}).href;\n`;
  return new Child(process.execPath, ['--input-type=module', '-e', prelude + script], options);
}

/** The path of a built file, to be run as people run it. */
export function builtFile(path: string): string {
  return join(BUILT, path);
}
