import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Child } from '../support/child.js';
import { historyFile } from '../support/history-rows.js';

describe('The demo of an archive', () => {
  const folder = mkdtempSync(join(tmpdir(), 'soul-demo-archive-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const demo = async (...args: string[]) => {
    const child = new Child(process.execPath, [resolve('scripts/demo.js'), '--archive', folder, ...args]);
    const { code } = await child.ended;
    return { code, output: child.output };
  };

  it('imports the files of a folder, and prints the receipt and the portrait', async () => {
    const { name, content } = historyFile(3_000);
    writeFileSync(join(folder, name), content);
    writeFileSync(join(folder, 'ReadMe.txt'), 'See the website.');
    const { code, output } = await demo();
    expect([code, output]).toEqual([0, expect.stringContaining('Archive: all read, 3000 rows')]);
    expect(output).toContain('3,000 rows = 3,000 new + 0 already known');
    expect(output).toContain('1 file not looked at, such as ReadMe.txt (NOT_RECOGNIZED)');
    expect(output).toContain('The signature of you, version 1');
    expect(output.indexOf('The receipt')).toBeLessThan(output.indexOf('The signature of you'));
  });

  it('is not one of an invented person too', async () => {
    const { code, output } = await demo('--persona', 'devotee');
    expect([code, output]).toEqual([1, expect.stringContaining('not both')]);
  });
});
