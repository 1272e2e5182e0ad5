import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { ApiClient } from '../support/api-client.js';
import { historyFile, historyRows } from '../support/history-rows.js';
import { RunningApp, type Engines } from '../support/running-app.js';
import { inFull } from '../support/length.js';
import { until } from '../support/until.js';

const ENGINES: readonly Engines[] = inFull(
  [
    { database: 'embedded', redis: false },
    { database: 'postgres', redis: true },
  ],
  [{ database: 'postgres', redis: true }],
);

describe.each(ENGINES)('an archive (on $database, redis: $redis)', (engines) => {
  let app: RunningApp;
  let person: ApiClient;

  beforeAll(async () => {
    app = await RunningApp.start({ ...engines, env: { EXTRACTION_SCHEDULE: 'off' } });
  });
  afterAll(() => app.stop());
  beforeEach(async () => {
    await app.spotify.reset();
    person = await ApiClient.signIn(app, { timeZone: 'Europe/Berlin' });
  });

  const download = async (path: string) => Buffer.from(await (await fetch(`${app.sandboxUrl}${path}`)).arrayBuffer());
  const uploaded = async (...upload: Parameters<ApiClient['upload']>) => {
    const { body } = await person.upload(...upload);
    expect(body).toMatchObject({ success: true });
    return body.data;
  };
  const imported = async (...upload: Parameters<ApiClient['upload']>) => {
    const { importId, jobId } = await uploaded(...upload);
    await person.endOf(jobId);
    return person.get(`/imports/${importId}`);
  };
  const plays = async () => (await person.itemCounts())['play'] ?? 0;
  const evidence = async (key: string) => {
    const { version } = await person.get('/soul-signature');
    return person.get(`/soul-signature/versions/${version}/evidence/${encodeURIComponent(key)}?limit=200`);
  };

  it('of four years makes a signature by itself, agrees with a connection, and goes again', async () => {
    // In short the last year, told by the minute: the API tells more exactly than that.
    const name = inFull('extended', 'account');
    const archive = await download(`/spotify/archive/night-owl/${name}.zip`);
    const done = await imported([{ name: 'my_spotify_data.zip', content: archive }]);
    const { receipt } = done;
    expect(done).toMatchObject({ state: 'completed', progress: 100, error: null });
    const count = (reasons: Record<string, { count: number }>) =>
      Object.values(reasons).reduce((sum, reason) => sum + reason.count, 0);
    expect(receipt.read).toBe(
      receipt.accepted + receipt.alreadyKnown + receipt.merged + count(receipt.skipped) + count(receipt.unread),
    );
    expect(done.files[0].entries.reduce((sum: number, { rows = 0 }: any) => sum + rows, 0)).toBe(receipt.read);
    await person.event('signature_completed');
    const { facets } = await person.get('/soul-signature');
    expect(facets['taste.breadth']).toMatchObject({ status: 'known' });
    expect(facets['rhythms.clock']).toMatchObject({ status: 'known' });
    const told = await plays();
    expect(told).toBe(receipt.kinds.play - inFull(receipt.alreadyKnown, 0));

    const since = (await person.events()).at(-1).seq;
    await person.endOf((await person.connect('night-owl')).jobId);
    await person.event('signature_completed', since);
    // The 50 that the API gives are in the archive already, except what was played since it was made.
    expect(await plays()).toBeLessThanOrEqual(told + 5);
    const items = await evidence('plays_seen@spotify');
    const witnessed = items.filter(({ witnesses }: any) => witnesses.length > 0);
    expect(witnessed.length).toBeGreaterThan(20);
    const [byImport, byApi] = [[done.id], ['connection']];
    expect(witnessed[0]).toMatchObject(
      inFull(
        { sources: byImport, witnesses: [{ sources: byApi, told: 'instant' }] },
        { sources: byApi, witnesses: [{ sources: byImport, told: 'minute' }] },
      ),
    );

    const { jobId } = await person.delete(`/imports/${done.id}`);
    await person.endOf(jobId);
    expect(await plays()).toBe(50);
    expect(await person.get('/imports')).toEqual([]);
    expect((await person.call('GET', `/imports/${done.id}`)).status).toBe(404);
    expect(await evidence('plays_seen@spotify')).toHaveLength(50);
  });

  it('adds nothing when it comes again under another name, and tells beforehand what it would come to', async () => {
    const file = historyFile(1_200);
    const dry = await person.upload([file], '?dryRun=true');
    expect([dry.status, await person.get('/imports')]).toEqual([200, []]);
    const first = await imported([file]);
    expect(dry.body.data.receipt).toEqual(first.receipt);
    expect(first.receipt).toMatchObject({ read: 1_200, accepted: 1_200 });
    const again = await imported([{ ...file, name: 'renamed.json' }]);
    expect(again.receipt).toMatchObject({ read: 1_200, accepted: 0, alreadyKnown: 1_200 });
    const overlapping = await imported([historyFile(1_000, { from: 700 })]);
    expect(overlapping.receipt).toMatchObject({ read: 1_000, accepted: 500, alreadyKnown: 500 });
    expect(await plays()).toBe(1_700);
    // What another import has told too stays.
    await person.endOf((await person.delete(`/imports/${first.id}`)).jobId);
    expect(await plays()).toBe(1_700);
    await person.endOf((await person.delete(`/imports/${again.id}`)).jobId);
    expect(await plays()).toBe(1_000);
  });

  it('is told from others by what is in it, not by an Idempotency-Key', async () => {
    const send = async (from: number, query = '') =>
      (await person.upload([historyFile(5, { from })], query, {}, { 'idempotency-key': 'one' })).body.data;
    expect((await send(0, '?dryRun=true')).receipt).toMatchObject({ accepted: 5 });
    const ids = [];
    for (const from of [0, 5]) {
      const { importId, jobId } = await send(from);
      await person.endOf(jobId);
      ids.push(importId);
    }
    expect(await plays()).toBe(10);
    const listed = await person.get('/imports');
    expect(listed.map(({ id }: any) => id)).toEqual(ids.reverse());
    const formats = [{ format: 'spotify-extended', entries: 1, read: 5, accepted: 5 }];
    expect(listed).toMatchObject([{ formats, entriesLeftOut: 0 }, { formats }]);
  });

  it('is held unread until it is started', async () => {
    const { importId, jobId, queued } = await uploaded([historyFile(10)], '?hold=true');
    expect([jobId, queued]).toEqual([null, false]);
    expect(await person.get(`/imports/${importId}`)).toMatchObject({ state: 'held', progress: 0 });
    expect(await plays()).toBe(0);
    const started = await person.post(`/imports/${importId}/start`);
    await person.endOf(started.jobId);
    expect(await plays()).toBe(10);
    expect((await person.call('POST', `/imports/${importId}/start`)).body.error.code).toBe('IMPORT_STARTED');
  });

  /** An import of which some rows have been read, and not all. */
  const running = async (rows: number) => {
    const { importId } = await uploaded([historyFile(rows)], '?hold=true');
    void person.post(`/imports/${importId}/start`).catch(() => undefined);
    const jobId = await until('the job', async () => (await person.get(`/imports/${importId}`)).jobId ?? undefined);
    await until('some rows', async () => (await person.get(`/imports/${importId}`)).receipt.accepted > 0, {
      everyMs: 5,
    });
    return { importId, jobId };
  };

  it('goes again while it is being read', async () => {
    for (let time = 0; time < inFull(10, 1); time += 1) {
      const { importId, jobId } = await running(12_000);
      const { jobId: deletion } = await person.delete(`/imports/${importId}`);
      expect(await person.job(jobId, ['cancelled'])).toMatchObject({ state: 'cancelled' });
      await person.endOf(deletion);
      expect([await person.get('/imports'), await plays()]).toEqual([[], 0]);
    }
  });

  it('keeps what was accepted when it is cancelled, and says so', async () => {
    const { importId, jobId } = await running(30_000);
    await person.post(`/jobs/${jobId}/cancel`);
    const cancelled = await person.get(`/imports/${importId}`);
    expect(cancelled).toMatchObject({ state: 'cancelled' });
    expect(await plays()).toBe(cancelled.receipt.accepted);
    expect(cancelled.receipt.accepted).toBeLessThan(30_000);
    const event = await person.event('import_cancelled');
    expect(event).toMatchObject({ importId, receipt: { accepted: cancelled.receipt.accepted } });
    await person.event('signature_completed');
  });

  it('tells its life in events', async () => {
    const done = await imported([historyFile(20), { name: 'empty.json', content: '' }]);
    expect(done.files[1].entries).toEqual([{ name: 'empty.json', format: null, reason: 'EMPTY' }]);
    expect((await person.typesOfEvents()).filter((type) => type.startsWith('import_'))).toEqual([
      'import_queued',
      'import_started',
      'import_completed',
    ]);
    expect(await person.event('import_completed')).toMatchObject({
      importId: done.id,
      jobId: done.jobId,
      receipt: { read: 20, accepted: 20, alreadyKnown: 0, merged: 0, skipped: 0, unread: 0 },
    });
  });

  it('of 43 files at once is one import, of 65 none', async () => {
    const files = Array.from({ length: 65 }, (_, n) => historyFile(3, { from: 3 * n }));
    expect((await imported(files.slice(0, 43))).receipt).toMatchObject({ read: 129, accepted: 129 });
    const { status, body } = await person.upload(files);
    expect([status, body.error.code]).toEqual([413, 'TOO_MANY_FILES']);
  });

  it.each([
    ['no file', [], 400, 'FILE_MISSING'],
    ['an empty file', [{ name: 'a.json', content: '' }], 422, 'NOTHING_RECOGNIZED'],
    ['something else', [{ name: 'a.txt', content: 'Dear diary' }], 422, 'NOTHING_RECOGNIZED'],
    ['a broken archive', [{ name: 'a.zip', content: Buffer.from('504b0304', 'hex') }], 422, 'ARCHIVE_BROKEN'],
    [
      'the history as a page',
      [{ name: 'watch-history.html', content: '<html><title>My Activity</title><div class="mdl-grid">YouTube' }],
      422,
      'NOTHING_RECOGNIZED',
    ],
  ] as const)('is refused with a way out: %s', async (_, files, status, code) => {
    const answer = await person.upload(files);
    expect([answer.status, answer.body.error.code]).toEqual([status, code]);
    expect(answer.body.error.message.length).toBeGreaterThan(20);
    expect(await person.get('/imports')).toEqual([]);
    expect(readdirSync(join(app.dataDir, 'uploads'))).toEqual([]);
  });

  it('of several people asks whose it is', async () => {
    const head =
      'Profile Name,Start Time,Duration,Attributes,Title,Supplemental Video Type,Device Type,Bookmark,Latest Bookmark,Country';
    const row = (profile: string, day: number) =>
      `${profile},2026-01-0${day} 20:00:00,00:40:00,,Some Film,,A television,00:40:00,00:40:00,DE (Germany)`;
    const content = [head, row('Ann', 1), row('Ben', 2), row('Ann', 3)].join('\n');
    const refused = await person.upload([{ name: 'ViewingActivity.csv', content }]);
    expect([refused.status, refused.body.error]).toMatchObject([
      422,
      { code: 'PROFILE_NEEDED', details: { profiles: ['Ann', 'Ben'] } },
    ]);
    const done = await imported([{ name: 'ViewingActivity.csv', content }], '', { profile: 'Ann\0' });
    expect(done.receipt).toMatchObject({ read: 3, accepted: 2, skipped: { OTHER_PROFILE: { count: 1 } } });
  });

  it("is nobody else's business, and nobody's without a token", async () => {
    const done = await imported([historyFile(5)]);
    const other = await ApiClient.signIn(app);
    for (const [method, path] of [
      ['GET', `/imports/${done.id}`],
      ['DELETE', `/imports/${done.id}`],
      ['POST', `/imports/${done.id}/start`],
    ] as const) {
      expect((await other.call(method, path)).body.error.code).toBe('IMPORT_NOT_FOUND');
    }
    expect(await other.get('/imports')).toEqual([]);
    expect((await new ApiClient(app, 'none').upload([historyFile(5)])).status).toBe(401);
    expect(await plays()).toBe(5);
  });

  it('that is broken off leaves nothing behind', async () => {
    const content = Buffer.from(JSON.stringify(historyRows(20_000)));
    const sending = request(`${app.url}/api/imports`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': String(content.length * 2),
      },
    });
    sending.on('error', () => undefined);
    sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n');
    sending.write(content);
    const uploads = join(app.dataDir, 'uploads');
    await until('the upload to come', () => readdirSync(uploads).length === 1);
    sending.destroy();
    await until('nothing to be left', () => readdirSync(uploads).length === 0);
    expect(await person.get('/imports')).toEqual([]);
    // Its turn is free again.
    expect((await imported([historyFile(5)])).state).toBe('completed');
  });

  it('of somebody whose account is deleted meanwhile is refused', async () => {
    const sending = request(`${app.url}/api/imports?hold=true`, {
      method: 'POST',
      headers: { authorization: `Bearer ${person.token}`, 'content-type': 'multipart/form-data; boundary=x' },
    });
    sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n');
    await until('the upload to come', () => readdirSync(join(app.dataDir, 'uploads')).length === 1);
    await person.call('DELETE', '/account');
    await until('its deletion', async () => (await person.call('GET', '/me')).status === 401);
    sending.end(`${historyFile(5).content}\r\n--x--\r\n`);
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    expect([answer.statusCode, JSON.parse(await text(answer)).error.code]).toEqual([401, 'ACCOUNT_DELETED']);
  });

  it('gets one turn a person', async () => {
    const sending = request(`${app.url}/api/imports`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${person.token}`,
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': '100000',
      },
    });
    sending.on('error', () => undefined);
    sending.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n[');
    await until('the upload to come', () => readdirSync(join(app.dataDir, 'uploads')).length === 1);
    const { status, body } = await person.upload([historyFile(5)]);
    expect([status, body.error.code, body.error.retryAfter]).toEqual([409, 'UPLOAD_RUNNING', 5]);
    sending.destroy();
  });

  it('of another account than before is taken with a warning', async () => {
    const of = (username: string, from: number) => ({
      name: 'history.json',
      content: JSON.stringify(historyRows(5, { from }).map((row) => ({ ...row, username }))),
    });
    expect((await imported([of('ada', 0)])).receipt.warnings).toEqual([]);
    expect((await imported([of('Ada', 5)])).receipt.warnings).toEqual([]);
    const { receipt } = await imported([of('bob', 10)]);
    expect(receipt).toMatchObject({ accepted: 5, warnings: [{ code: 'OTHER_ACCOUNT' }] });
  });

  it('does not keep where it came from, by what, or whose name it was', async () => {
    await imported([historyFile(50)]);
    const held = JSON.stringify((await person.call('GET', '/account/export')).body);
    expect(held).not.toMatch(/192\.0\.2\.7|a telephone|somebody|"DE"/);
  });
});

describe('a disk that is full', () => {
  it('keeps nothing of an upload, and says so', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'soul-disk-'));
    const uploads = join(folder, 'uploads');
    mkdirSync(uploads);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', uploads]);
    const app = await RunningApp.start({
      database: inFull('embedded', 'postgres'),
      env: { UPLOADS_DIR: uploads },
    });
    try {
      const person = await ApiClient.signIn(app);
      const { status, body } = await person.upload([historyFile(5_000)]);
      expect([status, body.error.code]).toEqual([507, 'STORAGE_FULL']);
      expect(readdirSync(uploads)).toEqual([]);
      expect((await person.upload([historyFile(5)])).status).toBe(202);
    } finally {
      await app.stop();
      execFileSync('umount', [uploads]);
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
