import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Import this before anything of the product that reads the configuration at import: in development that makes secrets
 * in the data folder, and a test leaves nothing behind.
 */
const folder = mkdtempSync(join(tmpdir(), 'soul-data-'));
process.env['DATA_DIR'] = folder;

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});
