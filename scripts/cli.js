/** Runs the command line, building it first where that has not been done. */
import { execSync } from 'node:child_process';
import { existsSync } from 'node:fs';

if (!existsSync(new URL('../dist/cli/cli.js', import.meta.url))) {
  execSync('npm run --silent build', { stdio: ['ignore', 'ignore', 'inherit'] });
}
await import('../dist/cli/cli.js');
