import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync, linkSync } from 'node:fs';
import { join } from 'node:path';

/** Thrown when another living process holds the data folder. */
class FolderLockedError extends Error {
  override readonly name = 'FolderLockedError';
  readonly code = 'DATA_FOLDER_LOCKED';

  constructor(folder: string, pid: number) {
    super(
      `The data folder ${folder} is in use by process ${pid}. Stop that process, give this one another DATA_DIR, ` +
        `or set DATABASE_URL to a PostgreSQL server that several processes can share.`,
    );
  }
}

/**
 * Locks a folder for this process. The lock holds the pid *and* the start time of its process, so that a lock left by
 * SIGKILL is recognised even when another program has got its pid.
 * @returns a function that releases the lock
 * @throws FolderLockedError while another process has it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lock = join(folder, 'lock');
  const draft = join(folder, `lock.${process.pid}`);
  const mine = `${process.pid} ${startTimeOf(process.pid)}\n`;
  writeFileSync(draft, mine);
  try {
    while (!tryLink(draft, lock)) {
      const found = readIfThere(lock);
      if (found === undefined) continue;
      const [pid = '', ...rest] = found.trim().split(' ');
      if (isAlive(Number(pid)) && startTimeOf(Number(pid)) === rest.join(' ')) {
        throw new FolderLockedError(folder, Number(pid));
      }
      removeStale(lock, found);
    }
  } finally {
    rmSync(draft, { force: true });
  }
  return () => {
    if (readIfThere(lock) === mine) rmSync(lock, { force: true });
  };
}

/** Removes the lock of a dead process. If a third process has taken the lock in the meantime, its lock is put back. */
function removeStale(lock: string, expected: string): void {
  const aside = `${lock}.stale.${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch {
    return; // Another process removed it.
  }
  if (readIfThere(aside) !== expected) tryLink(aside, lock);
  rmSync(aside, { force: true });
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false; // Errors of node:fs carry a code.
    throw error;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'; // Errors of process.kill carry a code.
  }
}

/** The start time of a process as the operating system writes it: the same text as long as the process lives. */
function startTimeOf(pid: number): string {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // Field 22, counted after the command name, which may itself contain spaces and brackets (proc(5)).
      return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
    }
    if (process.platform === 'win32') return '';
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
  } catch {
    return '';
  }
}
