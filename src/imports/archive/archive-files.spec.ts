import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { ZipFile } from 'yazl';
import { handMadeZip } from '../../../test/support/hand-made-zip.js';
import { type OpenArchive, openArchive } from './archive-files.js';
import { ARCHIVE_BOUNDS, type ArchiveBounds, ArchiveError, type ArchiveFile } from './archive.js';

let folder: string;
const opened: OpenArchive[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'archive-files-'));
});

afterEach(async () => {
  for (const archive of opened.splice(0)) await archive.close();
});

afterAll(() => rm(folder, { recursive: true }));

async function openBytes(bytes: Buffer | string, bounds?: Partial<ArchiveBounds>, name = 'my.zip') {
  const path = join(folder, 'upload');
  await writeFile(path, bytes);
  const archive = await openArchive(path, name, { ...ARCHIVE_BOUNDS, ...bounds });
  opened.push(archive);
  return archive;
}

const textOf = (file: ArchiveFile) => text(file.open());
const textsOf = async ({ files }: OpenArchive) => Promise.all(files.map(textOf));

async function zipOf(contents: Record<string, Buffer | string>, forceZip64Format = false): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, content] of Object.entries(contents)) {
    zip.addBuffer(Buffer.from(content), name, { forceZip64Format });
  }
  zip.end({ forceZip64Format, comment: '' });
  return buffer(zip.outputStream);
}

/** The code with which these bytes are refused, when they are opened or read. */
async function refusalOf(bytes: Buffer, bounds?: Partial<ArchiveBounds>): Promise<{ code: string; at: string }> {
  let at = 'opened';
  try {
    const { files } = await openBytes(bytes, bounds);
    at = 'read';
    for (const file of files) await textOf(file);
  } catch (error) {
    if (error instanceof ArchiveError) return { code: error.code, at };
    throw error;
  }
  return { code: 'none', at };
}

describe('An uploaded file', () => {
  it('that is no archive is itself its only file, whatever its name', async () => {
    const archive = await openBytes('[{"a":1}]', {}, '../my\u202e.zip');
    expect(archive).toMatchObject({ packed: false, files: [{ name: 'my.zip', bytes: 9 }] });
    expect(await textsOf(archive)).toEqual(['[{"a":1}]']);
  });

  it('without a byte is a file of 0 bytes', async () => {
    const archive = await openBytes('');
    expect(archive.files).toMatchObject([{ bytes: 0 }]);
    expect(await textsOf(archive)).toEqual(['']);
  });

  it.each([
    ['gzip', gzipSync('[]')],
    ['tar', Buffer.concat([Buffer.alloc(257, 'a'), Buffer.from('ustar\0')])],
    ['rar', Buffer.from('Rar!\x1a\x07\x01\x00')],
    ['7z', Buffer.from('7z\xbc\xaf\x27\x1c', 'latin1')],
  ])('of kind %s is refused, and its sender told how to go on', async (_kind, bytes) => {
    await expect(openBytes(bytes, {}, 'takeout.tgz')).rejects.toMatchObject({
      code: 'ARCHIVE_NESTED',
      message: expect.stringMatching(/takeout\.tgz.*unpack it and send the files/),
    });
  });
});

describe('A ZIP archive', () => {
  it('gives its files in order, and each can be opened at any time, at once and again', async () => {
    const large = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index).join());
    const archive = await openBytes(await zipOf({ 'a/one.json': '[1]', 'two.csv': large, empty: '' }));
    expect(archive.packed).toBe(true);
    expect(archive.files).toMatchObject([
      { name: 'a/one.json', bytes: 3 },
      { name: 'two.csv', bytes: large.length },
      { name: 'empty', bytes: 0 },
    ]);
    const [one, two] = archive.files;
    const reading = textOf(two!);
    expect(await textOf(one!)).toBe('[1]');
    expect(await textOf(two!)).toBe(large.toString());
    expect(await reading).toBe(large.toString());
    expect(await textsOf(archive)).toEqual(['[1]', large.toString(), '']);
  });

  it('may be of the large form, stored without packing, or empty', async () => {
    expect(await textsOf(await openBytes(await zipOf({ a: 'x', b: '' }, true)))).toEqual(['x', '']);
    expect(await textsOf(await openBytes(handMadeZip([{ name: 'a', content: 'x', method: 0 }])))).toEqual(['x']);
    expect((await openBytes(handMadeZip([]))).files).toEqual([]);
  });

  it('has no files that are folders or of macOS', async () => {
    const names = [
      'a/',
      'a/b.json',
      '__MACOSX/a/._b.json',
      'a/__MACOSX/x',
      '.DS_Store',
      'a/.DS_Store',
      'a\\c\\',
      'a\\d',
    ];
    const archive = await openBytes(handMadeZip(names.map((name) => ({ name }))));
    expect(archive.files.map(({ name }) => name)).toEqual(['a/b.json', 'a/d']);
  });

  it('has names that are shown and are no paths', async () => {
    const names = [
      '../../etc/passwd',
      'C:\\Users\\x.json',
      '/a/./b',
      'a\0b\n\x1b[31m',
      `${'x'.repeat(300)}.json`,
      '..',
    ];
    const archive = await openBytes(handMadeZip(names.map((name) => ({ name }))));
    expect(archive.files.map(({ name }) => name)).toEqual([
      'etc/passwd',
      'C:/Users/x.json',
      'a/b',
      'ab[31m',
      `…${'x'.repeat(194)}.json`,
      'unnamed',
    ]);
  });

  it('has names in UTF-8, marked or not, and else in the alphabet of DOS', async () => {
    const names = [Buffer.from('verlauf ü.json'), Buffer.from('verlauf \x81.json', 'latin1')];
    const archive = await openBytes(handMadeZip(names.map((name) => ({ name }))));
    expect(archive.files.map(({ name }) => name)).toEqual(['verlauf ü.json', 'verlauf ü.json']);
  });

  it('can be left while a file is read, and read no further once it is closed', async () => {
    const archive = await openBytes(await zipOf({ a: Buffer.alloc(1_000_000, 'ab,c') }));
    for await (const chunk of archive.files[0]!.open()) {
      expect(chunk.length).toBeGreaterThan(0);
      break;
    }
    await opened.pop()!.close();
    await expect(textOf(archive.files[0]!)).rejects.toMatchObject({ code: 'EBADF' });
  });
});

describe('A ZIP archive is refused', () => {
  const zeros = Buffer.alloc(3_000_000);
  const random = Buffer.from(Array.from({ length: 5_000 }, (_, index) => (index * index * 7) % 251));

  it.each([
    ['with a strongly encrypted file', [{ name: 'a', flags: 0x41 }], 'ARCHIVE_ENCRYPTED'],
    ['with files that overlap', [{ name: 'a' }, { name: 'b', offset: 0 }], 'ARCHIVE_BROKEN'],
    ['with a file beyond its end', [{ name: 'a', packedBytes: 1_000_000 }], 'ARCHIVE_BROKEN'],
    ['with a file that begins nowhere', [{ name: 'a', offset: 0xfffffff0 }], 'ARCHIVE_BROKEN'],
    [
      'with an encrypted file that overlaps',
      [
        { name: 'a', flags: 1 },
        { name: 'b', offset: 0 },
      ],
      'ARCHIVE_BROKEN',
    ],
  ])('%s as soon as it is opened', async (_name, entries, code) => {
    expect(await refusalOf(handMadeZip(entries))).toEqual({ code, at: 'opened' });
  });

  it.each([
    ['is encrypted', { flags: 1 }, 'ARCHIVE_ENCRYPTED'],
    ['is a link', { mode: 0o120777 }, 'ARCHIVE_BROKEN'],
    ['is a device', { mode: 0o020777 }, 'ARCHIVE_BROKEN'],
    ['is packed in another way', { method: 9 }, 'ARCHIVE_BROKEN'],
    ['is stored with two sizes', { content: 'xy', method: 0, bytes: 1 }, 'ARCHIVE_BROKEN'],
    ['is a bomb', { content: zeros }, 'ARCHIVE_BOMB'],
    ['is too large', { content: 'x', bytes: 257 * 2 ** 20 }, 'ARCHIVE_TOO_LARGE'],
    ['unpacks to more than announced', { content: zeros, bytes: 10 }, 'ARCHIVE_BROKEN'],
    ['unpacks to a little more than announced', { content: 'abc', bytes: 2 }, 'ARCHIVE_BROKEN'],
    ['unpacks to less than announced', { content: 'abc', bytes: 4 }, 'ARCHIVE_BROKEN'],
    ['has another sum', { content: 'abc', crc32: 5 }, 'ARCHIVE_BROKEN'],
    ['is cut short', { content: random, packedBytes: 20 }, 'ARCHIVE_BROKEN'],
    ['is an archive itself', { content: handMadeZip([{ name: 'b' }]) }, 'ARCHIVE_NESTED'],
    ['is a packed file', { content: gzipSync('x'), method: 0 }, 'ARCHIVE_NESTED'],
  ])('where a file %s, when that is read, and gives the others', async (_name, entry, code) => {
    const { files } = await openBytes(
      handMadeZip([{ name: 'a' }, { name: 'b', ...entry }, { name: 'c', content: 'c' }]),
    );
    expect(files.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    await expect(textOf(files[1]!)).rejects.toMatchObject({ code });
    expect(await textOf(files[2]!)).toBe('c');
  });

  it('before a byte is given of a file that is an archive or has more bytes than announced', async () => {
    for (const content of [gzipSync(random), zeros]) {
      const { files } = await openBytes(handMadeZip([{ name: 'a', content, bytes: Math.min(content.length, 1_000) }]));
      const bytes = files[0]!.open()[Symbol.asyncIterator]();
      await expect(bytes.next()).rejects.toThrow(ArchiveError);
    }
  });

  it('with too many files, too large ones, or too much in all', async () => {
    const zip = handMadeZip(['a', 'b', 'c'].map((name) => ({ name, content: 'x'.repeat(10) })));
    expect(await refusalOf(zip, { entries: 2 })).toEqual({ code: 'ARCHIVE_TOO_LARGE', at: 'opened' });
    expect(await refusalOf(zip, { entryBytes: 9 })).toEqual({ code: 'ARCHIVE_TOO_LARGE', at: 'read' });
    expect(await refusalOf(zip, { unpackedBytes: 29 })).toEqual({ code: 'ARCHIVE_TOO_LARGE', at: 'read' });
    expect(await refusalOf(zip, { entries: 3, entryBytes: 10, unpackedBytes: 30 })).toMatchObject({ code: 'none' });
  });

  it('with too much in all only when so much of it is read', async () => {
    const zip = handMadeZip(['a', 'b', 'c'].map((name) => ({ name, content: 'x'.repeat(10) })));
    const { files } = await openBytes(zip, { unpackedBytes: 20 });
    for (const file of [files[0]!, files[2]!, files[0]!, files[2]!]) expect(await textOf(file)).toHaveLength(10);
    await expect(textOf(files[1]!)).rejects.toMatchObject({ code: 'ARCHIVE_TOO_LARGE' });
  });

  it('where its directory says that there are more files than there are', async () => {
    expect(await refusalOf(handMadeZip([{ name: 'a' }], 2))).toMatchObject({ code: 'ARCHIVE_BROKEN' });
  });

  it('where the large form points beyond any file', async () => {
    const zip = await zipOf({ a: 'x' }, true);
    zip.fill(0xff, zip.indexOf('PK\x06\x07') + 8, zip.indexOf('PK\x06\x07') + 16);
    expect(await refusalOf(zip)).toEqual({ code: 'ARCHIVE_BROKEN', at: 'opened' });
  });

  it('wherever it was cut short, and none of its files is then given in part', async () => {
    const zip = await zipOf({ 'a.json': '[1,2,3]', 'b.json': '[4]' });
    for (let length = 4; length < zip.length; length += 1) {
      expect(await refusalOf(zip.subarray(0, length))).toEqual({ code: 'ARCHIVE_BROKEN', at: 'opened' });
    }
  });

  it('with a code whatever of it was changed, or gives the files that it announces', async () => {
    const zip = await zipOf({ 'a.json': '[1,2,3]', 'b.json': 'x'.repeat(500), c: random }, true);
    const change = fc.tuple(fc.nat(zip.length - 1), fc.integer({ min: 0, max: 255 }));
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = Buffer.from(zip);
        for (const [at, byte] of changes) changed[at] = byte;
        const { code } = await refusalOf(changed);
        expect(code).toMatch(/^none$|^ARCHIVE_/);
        await Promise.all(opened.splice(0).map((archive) => archive.close()));
      }),
      { numRuns: 300 },
    );
  });

  it('but not where a short file packs very well', async () => {
    expect(await refusalOf(handMadeZip([{ name: 'a', content: zeros.subarray(0, 1_000_000) }]))).toMatchObject({
      code: 'none',
    });
  });
});
