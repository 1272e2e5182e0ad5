import '../support/own-data-folder.js';
import { QUEUE_NAMES } from '../../src/queues/jobs.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { LiveFeed } from '../support/live-feed.js';
import type { RunningApp } from '../support/running-app.js';
import { servedItems, total } from '../support/served-items.js';
import { until } from '../support/until.js';
import { Deployment } from './deployment.js';

const PEOPLE = inFull(200, 30);
/** How many of them watch. */
const WATCHED = inFull(60, 15);
/** Every answer of the platform takes a while, so that processes end in the middle of something. */
const PLATFORM_MS = 40;

const SETTINGS = { EXTRACTION_RATE_MAX: '0', EXTRACTION_CONCURRENCY: '8', SIGNATURE_DELAY_MS: '200' };

describe('two api and two worker processes', () => {
  let deployment: Deployment;
  let apis: RunningApp[];
  let workers: RunningApp[];
  let served: number;
  let people: ApiClient[];
  const feeds = new Map<string, LiveFeed>();

  const completed = async () => (await deployment.extractions())['completed'] ?? 0;
  const completedAtLeast = (count: number) =>
    until(`${count} extractions to be completed`, async () => (await completed()) >= count, {
      limitMs: 300_000,
      everyMs: 200,
    });

  beforeAll(async () => {
    deployment = await Deployment.start({ env: SETTINGS, sandboxProcess: true });
    const first = await deployment.process('api');
    const [second, ...started] = await Promise.all([
      deployment.process('api'),
      deployment.process('worker'),
      deployment.process('worker'),
    ]);
    apis = [first, second];
    workers = started;
    served = total(await servedItems(deployment.spotify.url, 'newcomer'));
    await deployment.spotify.addFault({ path: '/', latencyMs: PLATFORM_MS });
  });
  afterAll(async () => {
    for (const feed of feeds.values()) feed.close();
    await deployment.stop();
  });

  it('knows who works', async () => {
    const rows = await deployment.database.query(
      'SELECT queue, sum(slots)::int AS slots FROM workers GROUP BY queue ORDER BY queue',
    );
    expect(rows.map(({ queue }) => queue)).toEqual([...QUEUE_NAMES].sort());
    expect(rows).toContainEqual({ queue: 'extraction', slots: 16 });
    expect(rows).toContainEqual({ queue: 'soul-signature', slots: 4 });
  });

  it(`serves ${PEOPLE} people who connect at either api while workers end and die`, async () => {
    const begun = performance.now();
    const across = (index: number) => apis[(index + 1) % 2]!;
    people = await Promise.all(
      Array.from({ length: PEOPLE }, (_, index) => deployment.client(apis[index % 2]!, `person-${index}`)),
    );
    for (const [index, person] of people.slice(0, WATCHED).entries()) {
      feeds.set(person.userId, await LiveFeed.open(across(index), person.token!));
    }

    const waiting = people.values();
    const connecting = Promise.all(
      Array.from({ length: 6 }, async () => {
        for (const person of waiting) expect(await person.connect('newcomer')).toMatchObject({ queued: true });
      }),
    );

    // One worker shuts down; another takes its place.
    await completedAtLeast(PEOPLE * 0.15);
    const [ended, killed] = workers as [RunningApp, RunningApp];
    const ending = ended.terminate();
    const replacement = deployment.process('worker');
    expect(await ending).toEqual({ code: 0, signal: null });
    workers.push(await replacement);

    // The other one is killed during its jobs.
    await completedAtLeast(PEOPLE * 0.4);
    const active = await deployment.database.query(`SELECT id FROM jobs WHERE status = 'active'`);
    expect(await killed.kill()).toEqual({ code: null, signal: 'SIGKILL' });
    workers.push(await deployment.process('worker'));

    await connecting;
    await completedAtLeast(PEOPLE);
    const took = (performance.now() - begun) / 1000;
    console.info(`${PEOPLE} people in ${took.toFixed(1)} s, ${active.length} jobs were active at the kill`);
  }, 400_000);

  it('has lost nothing and done nothing twice', async () => {
    expect(await deployment.extractions()).toEqual({ completed: PEOPLE });
    const stored = await deployment.database.query(
      'SELECT user_id, count(*)::int AS count FROM items GROUP BY user_id',
    );
    expect(stored.length).toBe(PEOPLE);
    expect(new Set(stored.map(({ count }) => count))).toEqual(new Set([served]));
    const jobs = await deployment.database.query(
      `SELECT items, attempts_made, claim, crashes FROM jobs WHERE name = 'extract-platform'`,
    );
    expect(new Set(jobs.map(({ items }) => items))).toEqual(new Set([served]));
    const again = jobs.filter(({ claim }) => claim > 1);
    console.info(`${again.length} of ${PEOPLE} extractions were begun more than once`);
    expect(again.length).toBeLessThan(PEOPLE / 2);
  });

  it('has built one signature for each of them', async () => {
    await until(
      'all signatures',
      async () => {
        const [{ count }] = await deployment.database.query('SELECT count(*)::int AS count FROM signatures');
        return count === PEOPLE;
      },
      { everyMs: 200 },
    );
    const versions = await deployment.database.query('SELECT DISTINCT version FROM signatures');
    expect(versions).toEqual([{ version: 1 }]);
  });

  it('has told everybody every step once, numbered without a gap', async () => {
    await until('all signature events', async () => {
      const [{ count }] = await deployment.database.query(
        `SELECT count(*)::int AS count FROM events WHERE type = 'signature_completed'`,
      );
      return count === PEOPLE;
    });
    const rows = await deployment.database.query(
      `SELECT user_id, array_agg(seq::int ORDER BY seq) AS seqs, array_agg(type ORDER BY seq) AS types FROM events GROUP BY user_id`,
    );
    expect(rows.length).toBe(PEOPLE);
    for (const { seqs, types } of rows) {
      expect(seqs).toEqual(seqs.map((_: number, index: number) => index + 1));
      const count = (type: string) => types.filter((each: string) => each === type).length;
      expect([
        types[0],
        count('extraction_queued'),
        count('extraction_completed'),
        count('signature_completed'),
      ]).toEqual(['extraction_queued', 1, 1, 1]);
      expect(types).not.toContain('extraction_failed');
    }
  });

  it('showed each of those who looked on their own events live and in order, at the other api', async () => {
    let late = 0;
    for (const person of people.slice(0, WATCHED)) {
      const feed = feeds.get(person.userId)!;
      await feed.event('signature_completed');
      expect(feed.snapshots).toHaveLength(1);
      expect(feed.snapshots[0].seq).toBe(0);
      expect(feed.events).toEqual(await person.events());
      expect(feed.events.map(({ seq }) => seq)).toEqual(feed.events.map((_, index) => index + 1));
      late += feed.progress.length === 0 ? 1 : 0;
      const [{ id }] = await person.get('/extraction/jobs');
      const progress = feed.progress.filter(({ type }) => type === 'extraction_progress');
      expect(new Set(progress.map(({ jobId }) => jobId))).toEqual(new Set([id]));
      const values = progress.map((event) => event.progress);
      expect(values).toEqual([...values].sort((a, b) => a - b));
      expect(new Set(values).size).toBeGreaterThan(3);
    }
    expect(late).toBe(0);
  });

  it('ends the sockets of a deleted account at both apis, and lets none of them hear the next one of its name', async () => {
    const [here, there] = apis as [RunningApp, RunningApp];
    const person = await ApiClient.signIn(here, { name: 'gone' });
    const old = await Promise.all(apis.map((api) => LiveFeed.open(api, person.token!)));
    const deletion = person.delete('/account');
    await until('the deletion to begin', async () => (await person.call('GET', '/me')).status === 401, { everyMs: 20 });
    const next = await until('a new account', () => ApiClient.signIn(there, { name: 'gone' }), { everyMs: 20 });
    const fresh = await Promise.all(apis.map((api) => LiveFeed.open(api, next.token!)));
    for (const feed of old) await feed.until('the end', () => feed.errors[0], 20_000);
    await next.connect('newcomer');
    for (const feed of fresh) await feed.event('extraction_completed');
    expect(old.map(({ errors }) => errors.map(({ code }) => code))).toEqual([['ACCOUNT_DELETED'], ['ACCOUNT_DELETED']]);
    expect(old.map(({ socket, all, snapshots }) => [socket.connected, all, snapshots.length])).toEqual([
      [false, [], 1],
      [false, [], 1],
    ]);
    for (const feed of fresh) {
      expect(feed.events.map(({ seq }) => seq)).toEqual(feed.events.map((_, index) => index + 1));
      feed.close();
    }
    expect(await deletion).toMatchObject({ deleted: true });
    for (const api of apis) {
      expect((await new ApiClient(api, person.token).call('GET', '/me')).body.error.code).toBe('ACCOUNT_DELETED');
    }
  });

  it('ends its api processes in order too', async () => {
    const seen = () =>
      deployment.database.query("SELECT DISTINCT id FROM workers WHERE seen_at > now() - interval '14 s'");
    const running = workers.slice(2);
    await until('the killed one to be seen no more', async () => (await seen()).length === running.length);
    const endings = await Promise.all([...apis, ...running].map((process) => process.terminate()));
    expect(endings).toEqual(endings.map(() => ({ code: 0, signal: null })));
    expect(await seen()).toEqual([]);
  });
});
