import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = 'node_modules/.cache/soul-signature';
const MIGRATIONS = 'src/database/migrations';

/**
 * Fills a folder with what takes seconds to make: it is made once for each name and state of migrations and packages,
 * kept beside the installed packages, and copied from there. Processes that come at the same time each make it, and one
 * result is kept.
 * @param make fills an empty folder
 * @param to an empty folder, or none yet
 */
export async function copyPrepared(name: string, make: (folder: string) => Promise<void>, to: string): Promise<void> {
  const prepared = join(CACHE, `${name}-${digest()}`);
  if (!existsSync(prepared)) {
    const folder = mkdtempSync(join(tmpdir(), 'soul-prepare-'));
    try {
      await make(folder);
      keep(folder, prepared);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  copy(prepared, to);
}

/** Whoever is first gives it its name, as a whole. */
function keep(folder: string, prepared: string): void {
  const copied = `${prepared}.${randomUUID()}`;
  copy(folder, copied);
  try {
    renameSync(copied, prepared);
  } catch (error) {
    rmSync(copied, { recursive: true, force: true });
    if (!existsSync(prepared)) throw error;
  }
}

/** With owners and modes: PostgreSQL refuses a folder that is not its user's own. */
function copy(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  execFileSync('cp', ['-a', `${from}/.`, to]);
}

function digest(): string {
  const files = readdirSync(MIGRATIONS)
    .sort()
    .map((name) => join(MIGRATIONS, name));
  const hash = createHash('sha256');
  for (const file of ['package-lock.json', ...files]) hash.update(file).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}
