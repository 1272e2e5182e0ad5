import { execFileSync } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CACHE = 'node_modules/.cache/soul-signature';
const MIGRATIONS = 'src/database/migrations';

/**
 * A folder with what takes seconds to make, to be copied: it is made once for each name and state of migrations and
 * packages, and kept beside the installed packages. Processes that come at the same time each make it, and one result is
 * kept.
 * @param make fills an empty folder
 */
export async function prepared(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const kept = join(CACHE, `${name}-${digest()}`);
  if (existsSync(kept)) return kept;
  const folder = mkdtempSync(join(tmpdir(), 'soul-prepare-'));
  try {
    await make(folder);
    keep(folder, kept);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return kept;
}

/** Whoever is first gives it its name, as a whole. */
function keep(folder: string, kept: string): void {
  const copied = `${kept}.${randomUUID()}`;
  copyFolder(folder, copied);
  try {
    renameSync(copied, kept);
  } catch (error) {
    rmSync(copied, { recursive: true, force: true });
    if (!existsSync(kept)) throw error;
  }
}

/** With owners and modes: PostgreSQL refuses a folder that is not its user's own. */
export function copyFolder(from: string, to: string): void {
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
