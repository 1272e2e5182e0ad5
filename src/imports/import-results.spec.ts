import fc from 'fast-check';
import { handMadeZip } from '../../test/support/hand-made-zip.js';
import { ImportBench, PERSON } from '../../test/support/import-bench.js';
import { inFull } from '../../test/support/length.js';
import { accountRow, extendedRow, HEARD, START, TRACK_MS, type Heard } from '../../test/support/told-listenings.js';
import { REBUILD_STATISTICS } from '../database/migrations/1764400000000-signature-statistics.js';
import { viewTrial } from './import-view.js';
import type { Upload } from './uploads.js';

describe('what imports come to', () => {
  let bench: ImportBench;

  beforeAll(async () => {
    bench = await ImportBench.open();
  });
  afterAll(() => bench.close());
  beforeEach(() => bench.clear());
  afterEach(() => jest.restoreAllMocks());

  /**
   * Every slot has one listening at most: a person hears one thing at a time. A track that is heard again at once is told by
   * the same sources as before: nothing else tells the end of the one from the start of the other.
   */
  const life = fc
    .uniqueArray(
      fc.record({
        slot: fc.nat(60),
        track: fc.nat(3),
        ms: fc.constantFrom(TRACK_MS, TRACK_MS, 5_000),
        byExtended: fc.boolean(),
        byAccount: fc.boolean(),
        byApi: fc.boolean(),
      }),
      { minLength: 1, maxLength: 40, selector: ({ slot }) => slot },
    )
    .map((heard) => {
      const told: typeof heard = [];
      for (const each of heard.sort((one, other) => one.slot - other.slot)) {
        const last = told.at(-1);
        const isAgain = last?.slot === each.slot - 1 && last.track === each.track;
        told.push(isAgain ? { ...last, slot: each.slot, ms: each.ms } : each);
      }
      return told;
    });
  const listen = ({ at = START, title = 'Title 1', album = 'Album' } = {}) => ({
    listened_at: Math.floor(at / 1_000),
    track_metadata: { artist_name: 'Artist 1', track_name: title, release_name: album },
  });

  it('counts a listening once, whoever tells it and in whatever order they come, and undoes it when one goes', async () => {
    await fc.assert(
      fc.asyncProperty(
        life,
        // Both exports may come in one upload.
        fc.shuffledSubarray(['extended', 'account', 'extended account', 'api', 'api'] as const),
        fc.boolean(),
        async (heard, order, fromTheFirst) => {
          for (const table of ['items', 'witnesses', 'imports']) await bench.database.query(`DELETE FROM ${table}`);
          const told = {
            extended: heard.filter(({ byExtended }) => byExtended),
            account: heard.filter(({ byAccount }) => byAccount),
            // The API tells no skips.
            api: heard.filter(({ byApi, ms }) => byApi && ms === TRACK_MS),
          };
          type Source = keyof typeof told;
          let came: { readonly sources: readonly Source[]; readonly importId?: string }[] = [];
          const expectAll = async () => {
            const lists = [...new Set(came.flatMap(({ sources }) => sources))].map((source) => told[source]);
            expect(await bench.items()).toHaveLength(new Set(lists.flat()).size);
            expect([...(await bench.items()), ...(await bench.witnesses())]).toHaveLength(lists.flat().length);
            await bench.expectSettled();
          };
          for (const each of order) {
            const sources = each.split(' ') as Source[];
            if (each === 'api') {
              await bench.poll(told.api);
              came.push({ sources });
            } else {
              const lists = [
                each.includes('extended') ? told.extended.map(extendedRow) : [],
                each.includes('account') ? told.account.map(accountRow) : [],
              ].filter(({ length }) => length > 0);
              if (lists.length > 0) came.push({ sources, importId: await bench.imported(bench.uploadOf(...lists)) });
            }
            await expectAll();
          }
          const kept = await bench.countsOf();
          for (const sql of REBUILD_STATISTICS) await bench.database.query(sql);
          expect(await bench.countsOf()).toEqual(kept);
          for (const gone of fromTheFirst ? [...came] : [...came].reverse()) {
            if (gone.importId === undefined) continue;
            await bench.deleted(gone.importId);
            came = came.filter((each) => each !== gone);
            await expectAll();
          }
        },
      ),
      { numRuns: inFull(60, 8) },
    );
  });

  it('leaves nothing behind of an upload with both exports of Spotify', async () => {
    const id = await bench.imported(bench.uploadOf([extendedRow(HEARD)], [accountRow(HEARD)]));
    expect([await bench.items(), await bench.witnesses()]).toMatchObject([{ length: 1 }, { length: 1 }]);
    await bench.deleted(id);
    expect([await bench.items(), await bench.witnesses()]).toEqual([[], []]);
  });

  it('counts a mix of 90 minutes once, whether the archive or the poll comes first', async () => {
    const mix = { ...HEARD, ms: 90 * 60_000 };
    const archive = () => bench.imported(bench.uploadOf([extendedRow(mix)]));
    for (const come of [
      [() => bench.poll([mix]), archive],
      [archive, () => bench.poll([mix])],
    ]) {
      await bench.database.query('DELETE FROM items');
      await bench.database.query('DELETE FROM witnesses');
      for (const one of come) await one();
      expect([await bench.items(), await bench.witnesses()]).toMatchObject([{ length: 1 }, { length: 1 }]);
    }
  });

  it('counts a song of YouTube Music and its scrobble once, and gives each back as it was', async () => {
    const song = {
      header: 'YouTube Music',
      title: 'Watched Title 1',
      titleUrl: 'https://music.youtube.com/watch?v=-e8Nfjl_AKk',
      subtitles: [{ name: 'Artist 1 - Topic', url: 'https://www.youtube.com/channel/UC0123456789012345678901' }],
      time: new Date(START + 289).toISOString(),
      products: ['YouTube'],
    };
    const [video, scrobble] = [
      await bench.imported(bench.uploadOf([song])),
      await bench.imported(bench.uploadOf([listen()])),
    ];
    expect(await bench.items()).toMatchObject([{ id: expect.stringMatching(/^listenbrainz play /) as string }]);
    await bench.expectSettled();
    await bench.deleted(scrobble);
    expect(await bench.items()).toMatchObject([{ id: expect.stringMatching(/^youtube music-play /) as string }]);
    await bench.deleted(video);
    expect(await bench.items()).toEqual([]);
  });

  it('lets another telling of one source be the witness of a listening when the first one goes', async () => {
    await bench.imported(bench.uploadOf([extendedRow(HEARD)]));
    const first = await bench.imported(bench.uploadOf([listen({ at: START })]));
    await bench.imported(bench.uploadOf([listen({ at: START + 100_000 })]));
    const corrected = await bench.imported(bench.uploadOf([listen({ at: START, album: 'Album (Deluxe)' })]));
    // Heard twice, says the one who tells it twice, but not when the same time is told in other words.
    expect([await bench.items(), await bench.witnesses()]).toMatchObject([{ length: 2 }, { length: 2 }]);
    for (const [id, left] of [
      [first, [2, 1]],
      [corrected, [1, 1]],
    ] as const) {
      await bench.deleted(id);
      expect([(await bench.items()).length, (await bench.witnesses()).length]).toEqual(left);
      await bench.expectSettled();
    }
  });

  it('has a receipt that adds up, and adds nothing when the same comes again under other names and in another order', async () => {
    const heard: Heard[] = Array.from({ length: 2_500 }, (_, slot) => ({
      slot,
      track: slot % 7,
      byExtended: true,
      byAccount: false,
      byApi: slot % 10 === 0,
    }));
    await bench.poll(heard.filter(({ byApi }) => byApi));
    const odd = [
      { ts: 'never', ms_played: 5 },
      { ...extendedRow({ ...heard[0]!, slot: 9_000 }), incognito_mode: true },
      7,
    ];
    const list = heard.map(extendedRow);
    const first = await bench.receiptOf(
      await bench.imported(bench.uploadOf([...list.slice(0, 1_000), ...odd], list.slice(1_000))),
    );
    expect(first).toMatchObject({
      read: 2_503,
      accepted: 2_250,
      alreadyKnown: 0,
      merged: 250,
      skipped: { INCOGNITO: { count: 1, example: { row: 1_002 } } },
      kinds: { play: 2_500 },
    });
    expect(Object.values(first?.unread ?? {}).reduce((sum, { count }) => sum + count, 0)).toBe(2);
    expect(await bench.items()).toHaveLength(2_500);
    const again = await bench.receiptOf(
      await bench.imported(bench.uploadOf([...list.slice(500), ...list.slice(0, 500)])),
    );
    expect(again).toMatchObject({ read: 2_500, accepted: 0, alreadyKnown: 2_500, merged: 0 });
    expect(await bench.items()).toHaveLength(2_500);
    expect(JSON.stringify(await bench.database.query('SELECT * FROM items'))).not.toMatch(/192\.0\.2\.1|"DE"/);
  });

  it('counts as new what is stored without a character that cannot be, and the same without it as known', async () => {
    const sent = (...titles: readonly string[]) =>
      bench.upload(['Title,Date', ...titles.map((title) => `${title},1/31/21`)].join('\n'));
    expect(await bench.receiptOf(await bench.imported(sent('He\0at')))).toMatchObject({ accepted: 1, alreadyKnown: 0 });
    expect(await bench.receiptOf(await bench.imported(sent('Heat')))).toMatchObject({ accepted: 0, alreadyKnown: 1 });
    expect(await bench.receiptOf(await bench.imported(sent('Da\0rk', 'Dark')))).toMatchObject({
      accepted: 1,
      alreadyKnown: 1,
    });
  });

  it('compares the accounts in its files with those that are known of their platform', async () => {
    const heard = { slot: 1, track: 1, byExtended: true, byAccount: false, byApi: false };
    const history = (username: string) => bench.uploadOf([{ ...extendedRow(heard), username }]);
    const scrobbles = (username: string) =>
      bench.upload(`Artist;Album;Track;Date#${username}\n"A";"";"B";"${START}"\n"A";"";"C";"${START}"\n`);
    const isOther = async (sent: Upload) => (await bench.receiptOf(await bench.imported(sent)))?.otherAccount;
    expect(await isOther(history('ana'))).toBe(false);
    expect(await isOther(scrobbles('anafm'))).toBe(false);
    expect(await isOther(history('Ana'))).toBe(false);
    expect(await isOther(scrobbles('bob'))).toBe(true);
  });

  it('comes to the same items and receipt however often its run is broken off', async () => {
    const heard: Heard[] = Array.from({ length: 3_300 }, (_, slot) => ({
      ...{ slot, track: slot % 11, byExtended: true, byAccount: false, byApi: slot % 9 === 0 },
    }));
    const sent = () => bench.uploadOf(heard.slice(0, 1_200).map(extendedRow), heard.slice(1_200).map(extendedRow));
    await bench.poll(heard.filter(({ byApi }) => byApi));
    const undisturbed = await bench.receiptOf(await bench.imported(sent()));
    const [known, told] = [await bench.items(), await bench.witnesses()];
    for (const table of ['items', 'witnesses', 'imports']) await bench.database.query(`DELETE FROM ${table}`);
    await bench.poll(heard.filter(({ byApi }) => byApi));
    const { importId } = await bench.intake.begin(PERSON, sent(), { hold: false });
    let checkpoint: unknown;
    for (let runs = 0, done = false; !done && runs < 20; runs += 1) {
      const { run, state } = bench.runOf<'import-archive'>(importId, 1, checkpoint);
      done = await bench.service.read(run).then(
        () => true,
        () => false,
      );
      ({ checkpoint } = state);
    }
    const names = (receipt: object | undefined) => JSON.stringify(receipt).replace(/file \d+\.json/g, 'file');
    expect(names(await bench.receiptOf(importId))).toBe(names(undisturbed));
    expect(await bench.items()).toEqual(known);
    expect(await bench.witnesses()).toEqual(told);
  });

  it('shows stars and shelves as the newer export has them, and those of the older one without it', async () => {
    const books = (...rows: readonly string[]) =>
      bench.upload(['Book Id,Title,Author,My Rating,Date Read,Exclusive Shelf', ...rows].join('\n'));
    const newer = () => books('1,One,Ann,5,2024/05/05,read', '2,Two,Ann,4,,read', '3,Three,Ann,2,,read');
    await bench.imported(books('1,One,Ann,0,,to-read', '2,Two,Ann,4,,read', '3,Three,Ann,1,,read'));
    const before = await bench.items();
    const { book } = await bench.intake.tryOut(PERSON, newer());
    const id = await bench.imported(newer());
    expect(await bench.receiptOf(id)).toMatchObject({ read: 3, accepted: 2, alreadyKnown: 1, merged: 0 });
    expect(book.receipt).toEqual(await bench.receiptOf(id));
    const rated = await bench.database.query<{ book: string }>(
      `SELECT concat_ws(' ', kind, external_id, payload ->> 'rating', payload ->> 'day') AS book FROM items ORDER BY 1`,
    );
    expect(rated.map((row) => row.book)).toEqual(['read-book 1 5 2024-05-05', 'read-book 2 4', 'read-book 3 2']);
    await bench.deletion.begin(PERSON, id);
    await bench.deletion.delete(bench.runOf<'delete-import'>(id).run);
    expect(await bench.items()).toEqual(before);
  });

  it('tells beforehand what an import would come to, and keeps nothing of it', async () => {
    const heard: Heard[] = Array.from({ length: 1_400 }, (_, slot) => ({
      ...{ slot: slot % 1_200, track: slot % 5, byExtended: true, byAccount: false, byApi: false },
    }));
    const sent = () => bench.uploadOf(heard.slice(0, 300).map(extendedRow), heard.slice(300).map(extendedRow));
    const { book } = await bench.intake.tryOut(PERSON, sent());
    expect(await bench.items()).toEqual([]);
    expect(await bench.rows.list(PERSON, undefined, 10)).toEqual([]);
    const real = await bench.receiptOf(await bench.imported(sent()));
    expect({ ...book.receipt }).toEqual(real);
    expect(real).toMatchObject({ accepted: 1_200, alreadyKnown: 200 });
  });

  it('tells the same beforehand of listenings whose tellings are far apart in the files', async () => {
    const heard: Heard[] = Array.from({ length: 1_000 }, (_, slot) => ({
      ...{ slot, track: slot % 5, byExtended: true, byAccount: slot % 10 === 0, byApi: slot % 50 === 0 },
    }));
    await bench.poll(heard.filter(({ byApi }) => byApi));
    const told = heard.filter(({ byAccount }) => byAccount).map(accountRow);
    const sent = () => bench.uploadOf(heard.map(extendedRow), [...told, ...told]);
    const { book, isEstimate } = await bench.intake.tryOut(PERSON, sent());
    expect(isEstimate).toBe(false);
    const real = await bench.receiptOf(await bench.imported(sent()));
    expect({ ...book.receipt }).toEqual(real);
    expect(real).toMatchObject({ accepted: 980, merged: 20 + 100, alreadyKnown: 100 });
  });

  describe('of an archive with a damaged file', () => {
    // Longer than what a format is recognised by: that one is damaged shows later.
    const plays = (from: number) =>
      JSON.stringify(Array.from({ length: 300 }, (_, n) => extendedRow({ ...HEARD, slot: from + n })));
    const films = [
      'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country',
      'Ann,2026-01-01 20:00:00,00:40:00,,Some Film,,A television,00:40:00,00:40:00,DE (Germany)',
    ].join('\n');
    const damaged = [
      { name: 'plays.json', content: plays(0), crc32: 1 },
      { name: 'ViewingActivity.csv', content: films.padEnd(90_000, '\n'), crc32: 1 },
    ];

    it.each(damaged)('reads the others, and says so beforehand: $name', async (bad) => {
      const sent = () => bench.upload(handMadeZip([bad, { name: 'others.json', content: plays(400) }]));
      const trial = viewTrial(await bench.intake.tryOut(PERSON, sent()));
      const id = await bench.imported(sent());
      expect((await bench.rows.entries(id)).map(({ name, format, reason }) => [name, format, reason])).toEqual([
        [bad.name, null, 'ARCHIVE_BROKEN'],
        ['others.json', 'spotify-extended', null],
      ]);
      expect(trial.files[0]?.entries).toMatchObject([{ reason: 'ARCHIVE_BROKEN' }, { rows: 300, accepted: 300 }]);
      expect(trial.receipt).toMatchObject({ read: 300, accepted: 300 });
      expect(await bench.receiptOf(id)).toMatchObject({ read: 300, accepted: 300 });
    });

    it.each(damaged)('refuses it when there is no other, and keeps nothing: $name', async (bad) => {
      const sent = bench.upload(handMadeZip([bad, { name: 'diary.txt', content: 'hello' }]));
      const refusal = { code: 'ARCHIVE_BROKEN', status: 422 };
      await expect(bench.intake.begin(PERSON, sent, { hold: false })).rejects.toMatchObject(refusal);
      await expect(bench.intake.tryOut(PERSON, sent)).rejects.toMatchObject(refusal);
      expect(await bench.database.query('SELECT FROM imports')).toEqual([]);
      expect(await bench.database.query('SELECT FROM import_pieces')).toEqual([]);
    });
  });
});
