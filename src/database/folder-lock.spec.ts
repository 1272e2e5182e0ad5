import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runWithBuilt } from '../../test/support/built-program.js';
import { Child } from '../../test/support/child.js';
import { until } from '../../test/support/until.js';
import { lockFolder } from './folder-lock.js';

/** A process that tries to lock a folder, prints the result, and keeps running. */
function holder(folder: string): Child {
  return runWithBuilt(`
    const { lockFolder } = await import(built('database/folder-lock.js'));
    try {
      const release = lockFolder(${JSON.stringify(folder)});
      process.on('SIGTERM', () => { release(); process.exit(0); });
      console.log('took it');
    } catch (error) {
      console.log(error.code);
    }
    setInterval(() => undefined, 1_000);
  `);
}

async function said(child: Child): Promise<string> {
  return until('the process to speak', () => child.lines[0]);
}

describe('The lock of a data folder', () => {
  let parent: string;
  let folder: string;
  const children: Child[] = [];
  const hold = () => {
    const child = holder(folder);
    children.push(child);
    return child;
  };

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'lock-'));
    folder = join(parent, 'data');
  });

  afterEach(async () => {
    for (const child of children.splice(0)) if (child.isRunning) await child.end('SIGKILL');
    rmSync(parent, { recursive: true, force: true });
  });

  it('makes the folder for its owner only, and leaves nothing behind', () => {
    const release = lockFolder(folder);
    expect(readdirSync(folder)).toEqual(['lock']);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('refuses a second process while the first one lives, and names it', async () => {
    const first = hold();
    expect(await said(first)).toBe('took it');

    expect(() => lockFolder(folder)).toThrow(
      expect.objectContaining({ code: 'DATA_FOLDER_LOCKED', message: expect.stringContaining(`process ${first.pid}`) }),
    );

    expect(readdirSync(folder)).toEqual(['lock']);
  });

  it('refuses the same process a second time', () => {
    const release = lockFolder(folder);
    expect(() => lockFolder(folder)).toThrow(expect.objectContaining({ code: 'DATA_FOLDER_LOCKED' }));
    release();
    lockFolder(folder)();
  });

  it('is free again when its holder ends in order', async () => {
    const first = hold();
    await said(first);
    await first.end('SIGTERM');
    expect(existsSync(join(folder, 'lock'))).toBe(false);
    lockFolder(folder)();
  });

  it('is taken over from a holder that was killed', async () => {
    const first = hold();
    await said(first);
    await first.end('SIGKILL');
    expect(existsSync(join(folder, 'lock'))).toBe(true);

    const release = lockFolder(folder);

    expect(readFileSync(join(folder, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    release();
  });

  it('is taken over when the holder is dead and its number belongs to another program', async () => {
    const other = hold();
    await said(other);
    const [pid, startTime] = readFileSync(join(folder, 'lock'), 'utf8').trim().split(' ');
    writeFileSync(join(folder, 'lock'), `${pid} ${Number(startTime) - 1}\n`);
    expect(other.isRunning).toBe(true);

    lockFolder(folder)();
  });

  it.each(['', 'nonsense', '0 0', '-1 5', '999999999 1', 'NaN'])('is taken over when it says %j', (text) => {
    lockFolder(folder)();
    writeFileSync(join(folder, 'lock'), text);
    const release = lockFolder(folder);
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid} `));
    release();
  });

  it('that another process has taken meanwhile is not removed by the former holder', () => {
    const release = lockFolder(folder);
    writeFileSync(join(folder, 'lock'), '1 another\n');
    release();
    expect(readFileSync(join(folder, 'lock'), 'utf8')).toBe('1 another\n');
  });

  it('goes to exactly one of several processes that find a dead one', async () => {
    const dead = hold();
    await said(dead);
    await dead.end('SIGKILL');

    const several = Array.from({ length: 6 }, () => hold());
    const answers = await Promise.all(several.map(said));

    expect([...answers].sort()).toEqual([...Array<string>(5).fill('DATA_FOLDER_LOCKED'), 'took it']);
  });
});
