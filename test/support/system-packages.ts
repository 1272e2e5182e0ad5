import { execFileSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Held by whoever installs. */
const INSTALLING = join(tmpdir(), 'soul-signature-install.lock');

/** A program of the operating system that tests start. */
export interface SystemProgram {
  /** Names it goes by; the first one found is taken. */
  readonly names: readonly string[];
  /** Where it may be besides the folders of PATH. */
  readonly folders?: () => readonly string[];
  /** What brings it on Debian and Ubuntu. */
  readonly debianPackage: string;
  /** What a person can do instead of installing it. */
  readonly otherwise?: string;
}

/**
 * Where a program is; one that is missing is installed where that is possible without asking (root on Debian or
 * Ubuntu). Tests that need it fail without it: a skipped test proves nothing.
 * @throws Error naming the cure
 */
export function findOrInstall(program: SystemProgram): string {
  const path = find(program) ?? (install(program.debianPackage) ? find(program) : undefined);
  if (path !== undefined) return path;
  const { names, debianPackage, otherwise } = program;
  const cure = [`Install it, on Debian or Ubuntu with: sudo apt-get install ${debianPackage}`, otherwise];
  throw new Error(`The tests need ${names.join(' or ')}, which is not here. ${cure.filter(Boolean).join(', or ')}.`);
}

function find({ names, folders }: SystemProgram): string | undefined {
  const places = [...(process.env['PATH'] ?? '').split(delimiter), ...(folders?.() ?? [])];
  return names.flatMap((name) => places.map((place) => join(place, name))).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether apt did its work; a machine without it, or without the right to use it, is no error here. Suites that run at the
 * same time wait for each other: apt waits for the lock of an installation, but not for that of its lists.
 */
function install(debianPackage: string): boolean {
  if (process.getuid?.() !== 0) return false;
  const apt = 'apt-get -qq -o DPkg::Lock::Timeout=300';
  const commands = `${apt} update; ${apt} install -y --no-install-recommends ${debianPackage}`;
  try {
    execFileSync('flock', [INSTALLING, 'sh', '-c', commands], {
      stdio: 'ignore',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    return true;
  } catch {
    return false;
  }
}
