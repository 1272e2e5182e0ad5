import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ARCHIVE = join(__dirname, '../fixtures/previous-build.tgz');

/** The built program of the version before this one, which `npm run keep-build` has kept. */
export class PreviousBuild {
  private readonly folder = mkdtempSync(join(tmpdir(), 'soul-previous-'));

  /** Unpacks it. It runs with the packages of this version. */
  constructor() {
    execFileSync('tar', ['-xzf', ARCHIVE, '-C', this.folder]);
    symlinkSync(join(__dirname, '../../node_modules'), join(this.folder, 'node_modules'), 'junction');
  }

  get program(): string {
    return join(this.folder, 'dist/main.js');
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
