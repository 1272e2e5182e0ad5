import { parseConfig } from '../../src/config/config.js';
import { connectDataSource } from '../../src/database/data-source.js';
import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { RunningApp, type Engines } from '../support/running-app.js';
import { total } from '../support/served-items.js';
import { startStillSandbox } from '../support/still-sandbox.js';
import { PreviousBuild } from './previous-build.js';
import { allEnded, connectAll, controlsOf, leaveWorkUnfinished, PLATFORMS, type People } from './unfinished-work.js';

const ENV = {
  EXTRACTION_RATE_MAX: '0',
  // Nothing comes by itself meanwhile.
  EXTRACTION_SCHEDULE: '0 2 1 1 *',
  PLATFORM_RETRY_BASE_MS: '1',
  RETRY_BASE_MS: '50',
  SIGNATURE_DELAY_MS: '100',
  SYNC_WAIT_MS: '0',
};

/** What an upgrade must not change; checkpoints and cursors may take another form. */
const LASTING = [
  'user',
  'items',
  'itemCounts',
  'events',
  'signatures',
  'connections',
  'connects',
  'schedules',
  'batches',
];

/** How a job can end, as its events name it; a failure can be followed by another try. */
const ENDS = /_(completed|cancelled|expired)$/;

const ALL: readonly Engines[] = [
  { database: 'embedded', redis: false },
  { database: 'postgres', redis: true },
];
const ENGINES = inFull(ALL, ALL.slice(1));

describe.each(ENGINES)('an upgrade in the midst of work on $database (redis: $redis)', (engines) => {
  let previous: PreviousBuild;
  let sandbox: Sandbox;
  let app: RunningApp;
  let people: People;
  /** Somebody with the same accounts who knows only the new version. */
  let eva: ApiClient;
  /** Exports: as the previous version left everybody, as the new one found them, and when all work had ended. */
  let left: Map<ApiClient, any>;
  let found: Map<ApiClient, any>;
  let ended: Map<ApiClient, any>;
  /** Requests to each platform: for what was unfinished, and for one person from the beginning. */
  let rest: number[];
  let whole: number[];

  beforeAll(async () => {
    previous = new PreviousBuild();
    sandbox = await startStillSandbox();
    app = await RunningApp.start({ ...engines, sandboxPort: sandbox.port, program: previous.program, env: ENV });
    people = await leaveWorkUnfinished(app);
    left = await exports();
    await app.kill();
    await resetSandbox();

    await app.upgrade();
    found = await exports();
    const { queues } = await people.operator.get('/queues/health');
    for (const queue of queues) await people.operator.post(`/queues/${queue}/resume`);
    await allEnded(people.operator);
    ended = await exports();
    rest = (await requests()).map(total);

    await resetSandbox();
    eva = await ApiClient.signIn(app, { name: 'eva' });
    await connectAll(eva);
    whole = (await requests()).map(total);
    await allEnded(people.operator);
  }, 400_000);
  afterAll(async () => {
    await app.stop();
    await sandbox.close();
    previous.remove();
  });

  const exports = async () => {
    const exported = new Map<ApiClient, any>();
    for (const person of [people.ana, people.ben, people.cleo, people.dan]) {
      exported.set(person, await person.get('/account/export'));
    }
    return exported;
  };
  const resetSandbox = () => Promise.all(controlsOf(app).map((control) => control.reset()));
  /** Requests to the API of each platform, by path. */
  const requests = () => Promise.all(controlsOf(app).map(async (control) => apiRequests(await control.requests())));
  const itemsOf = async (person: ApiClient, platforms: readonly string[]) =>
    idsOf((await person.all('/extraction/items')).filter(({ platform }) => platforms.includes(platform)));

  it('begins with work of every kind, unfinished', () => {
    const { ana, ben, cleo, dan, hanging, snoozedId, deadId } = people;
    const jobs = [ana, ben, cleo, dan].flatMap((person) => left.get(person).jobs);
    const active = jobs.filter(({ status }) => status === 'active');
    expect(active.map(({ id }) => id).sort()).toEqual([...hanging].sort());
    for (const id of [...hanging, snoozedId, deadId]) {
      expect(jobs.find((job) => job.id === id).checkpoint).not.toBeNull();
    }
    const waiting = jobs.filter(({ status, id }) => status === 'waiting' && id !== snoozedId);
    expect(waiting.map(({ name, platform }) => [name, platform])).toEqual([
      ['build-signature', null],
      ['extract-platform', 'github'],
    ]);
    expect(left.get(ben).batches).toMatchObject([{ open: 3, finishedAt: null }]);
    expect(left.get(ana).cursors.length).toBeGreaterThan(10);
    expect(left.get(ana).schedules).toMatchObject([{ enabled: true }, { enabled: true }, { enabled: false }]);
  });

  it('finds all of everybody as it was left', () => {
    for (const [person, before] of left) {
      const after = found.get(person);
      // A connection that was not planned yet has its schedule by now.
      after.schedules = after.schedules.filter(({ platform }: { platform: string }) =>
        before.schedules.some((schedule: { platform: string }) => schedule.platform === platform),
      );
      for (const title of LASTING) expect([title, after[title]]).toMatchObject([title, before[title]]);
      expect(after.jobs.map(lasting)).toEqual(before.jobs.map(lasting));
    }
  });

  it('ends every unfinished job, once, and adds none but signatures', () => {
    for (const [person, { jobs }] of left) {
      const after = ended.get(person);
      for (const { id, status } of jobs) {
        const failed = status === 'failed';
        expect(after.jobs).toContainEqual(expect.objectContaining({ id, status: failed ? 'failed' : 'completed' }));
        const ends = after.events.filter(({ payload, type }: any) => payload.jobId === id && ENDS.test(type));
        expect(ends.map(({ type }: any) => type)).toEqual(failed ? [] : [expect.stringMatching(/_completed$/)]);
      }
      const added = after.jobs.filter(({ id }: any) => !jobs.some((job: any) => job.id === id));
      expect(added.filter(({ name }: any) => name !== 'build-signature')).toEqual([]);
    }
  });

  it('waits as long as a provider had asked the previous version to', () => {
    const { cleo, snoozedId, snoozedUntil } = people;
    const isStart = ({ payload, type }: any) => payload.jobId === snoozedId && type === 'extraction_started';
    const start = ended.get(cleo).events.findLast(isStart);
    expect(left.get(cleo).events).not.toContainEqual(start);
    expect(Date.parse(start.at)).toBeGreaterThanOrEqual(Date.parse(snoozedUntil));
  });

  it('ends the batch when its last member has ended, with one signature', async () => {
    const { ben, batchId } = people;
    const batch = await ben.get(`/extraction/batches/${batchId}`);
    expect(batch).toMatchObject({ counts: { completed: 3 }, failed: [], signatureVersion: 1 });
    const types = ended.get(ben).events.map(({ type }: any) => type);
    expect(types.filter((type: string) => type === 'batch_completed')).toHaveLength(1);
    expect(types.filter((type: string) => type === 'signature_completed')).toHaveLength(1);
  });

  it('has read what an undisturbed extraction reads', async () => {
    const { ben, cleo, dan } = people;
    expect(await itemsOf(ben, PLATFORMS)).toEqual(await itemsOf(eva, PLATFORMS));
    expect(await itemsOf(cleo, ['spotify', 'github'])).toEqual(await itemsOf(eva, ['spotify', 'github']));
    expect(await itemsOf(dan, ['github', 'youtube'])).toEqual(await itemsOf(eva, ['github', 'youtube']));
  });

  it('asks for no more than if everything had begun anew', () => {
    // Ben and Cleo on Spotify; Ben, Cleo and Dan on GitHub; Ben on YouTube.
    [2, 3, 1].forEach((runs, index) => expect(rest[index]).toBeLessThanOrEqual(runs * whole[index]!));
  });

  it('shows the signature of before, and its evidence', async () => {
    const { ana } = people;
    const { version, facets } = await ana.get('/soul-signature');
    expect(version).toBe(left.get(ana).signatures.at(-1).version);
    const known = Object.entries<any>(facets).filter(([, { status }]) => status === 'known');
    expect(known.length).toBeGreaterThan(8);
    for (const [key, { evidence }] of known) {
      const path = `/soul-signature/versions/${version}/evidence/${encodeURIComponent(key)}`;
      expect([key, (await ana.get(`${path}?limit=50`)).length]).toEqual([key, Math.min(50, evidence.count)]);
    }
  });

  it('retries the dead letter of before', async () => {
    const { operator, cleo, deadId } = people;
    const dead = await operator.all('/queues/extraction/jobs?state=failed');
    expect(dead.map(({ id, userId }) => [id, userId])).toEqual([[deadId, cleo.userId]]);
    expect(await operator.post('/queues/extraction/failed/retry', { all: true })).toEqual({ retried: 1, skipped: [] });
    expect(await cleo.endOf(deadId)).toMatchObject({ state: 'completed', trigger: 'retry' });
    expect(await itemsOf(cleo, PLATFORMS)).toEqual(await itemsOf(eva, PLATFORMS));
  });

  it('goes on from the cursors of before: an unchanged account is read like one it has read itself', async () => {
    const readAgain = async (person: ApiClient) => {
      await resetSandbox();
      const { jobIds } = await person.post('/extraction');
      for (const id of jobIds) expect(await person.endOf(id)).toMatchObject({ state: 'completed' });
      return requests();
    };
    const again = await readAgain(people.ana);
    expect(again).toEqual(await readAgain(eva));
    again.forEach((each, index) => expect(total(each)).toBeLessThan(whole[index]! / 2));
    expect(await itemsOf(people.ana, PLATFORMS)).toEqual(await itemsOf(eva, PLATFORMS));
  });

  it('counts events on without a gap', async () => {
    for (const [person, before] of left) {
      const events = await person.events();
      expect(events.length).toBeGreaterThan(before.events.length);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    }
  });

  it('leaves a database with all migrations, in which nothing is gone or unfinished', async () => {
    await allEnded(people.operator);
    await app.terminate();
    const database = await connectDataSource(
      parseConfig({ DATA_DIR: app.dataDir, DATABASE_URL: app.database?.url }),
      [],
    );
    try {
      expect(await database.showMigrations()).toBe(false); // None is pending.
      const counts = await database.query(
        `SELECT (SELECT count(*) FROM items WHERE gone_at IS NOT NULL) AS gone,
           (SELECT count(*) FROM jobs WHERE status <> 'completed') AS unfinished,
           (SELECT count(*) FROM batches WHERE finished_at IS NULL OR open <> 0) AS batches`,
      );
      expect(counts).toEqual([{ gone: 0, unfinished: 0, batches: 0 }]);
    } finally {
      await database.destroy();
    }
  });
});

/** What of a job outlives its process. */
function lasting({
  id,
  name,
  queue,
  platform,
  batchId,
  trigger,
  priority,
  attemptsMade,
  items,
  progress,
  result,
}: any) {
  return { id, name, queue, platform, batchId, trigger, priority, attemptsMade, items, progress, result };
}

/** Top lists are named after the day and read once on each, so their entries are only counted. */
function idsOf(items: readonly any[]): string[] {
  return items
    .map(({ platform, kind, externalId }) => [platform, kind, kind.startsWith('top-') ? '' : externalId].join(' '))
    .sort();
}

/** Without tokens, which are renewed by time, and without the lists that are read once a day. */
function apiRequests(requests: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(requests).filter(([path]) => !/^\/(oauth|v1\/me\/top)\//.test(path)));
}
