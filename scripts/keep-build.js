/** Compiles the checked-out version into the archive from which the upgrade suite starts. See docs/upgrading.md. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const fixtures = join(root, 'test/fixtures');
const folder = mkdtempSync(join(tmpdir(), 'soul-build-'));
const run = (command, ...args) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

try {
  // As `npm run build`, without the source maps.
  const output = ['-d', join(folder, 'dist'), '--strip-leading-paths', '--ignore', '**/*.spec.ts'];
  run('npx', 'swc', 'src', ...output, '--config-file', 'swc.json', '--quiet');
  const commit = run('git', 'rev-parse', '--short', 'HEAD');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module', commit }));
  mkdirSync(fixtures, { recursive: true });
  run('tar', '-czf', join(fixtures, 'previous-build.tgz'), '-C', folder, 'package.json', 'dist');
  console.info(`Kept the build of ${commit}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
