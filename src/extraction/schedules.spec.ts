import '../../test/support/own-data-folder.js';
import { Logger } from '@nestjs/common';
import { blocksRead } from '../../test/support/blocks-read.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer, type TestDatabase } from '../../test/support/postgres-server.js';
import { parseConfig } from '../config/config.js';
import { findPlatform } from '../platforms/registry.js';
import type { ExtractedItem } from '../platforms/platform.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobObservers } from '../queues/job-observers.js';
import { JobSignals } from '../queues/job-signals.js';
import { CoverageGaps } from './coverage-gaps.js';
import { ItemStore } from './item-store.js';
import { Listenings } from './listenings.js';
import { Schedules } from './schedules.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

interface Run {
  readonly userId: string;
  readonly platform: string;
  readonly at: number;
  readonly poll: boolean;
}

/** On a real server, because several processes plan at once. */
describe('Schedules', () => {
  let server: PostgresServer;
  let fresh: TestDatabase;
  let opens: OpenDatabase[];

  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    fresh = await server.createDatabase();
    opens = [await openDatabase({ url: fresh.url }), await openDatabase({ url: fresh.url })];
  });
  afterEach(async () => {
    for (const open of opens) await open.close();
    await fresh.drop();
  });

  const planners = (environment: Record<string, string> = {}) =>
    opens.map(
      ({ database }) =>
        new Schedules(database, new JobIntake(new JobObservers(), new JobSignals()), parseConfig(environment)),
    );
  const query = <Row = unknown>(sql: string, parameters: unknown[] = []) =>
    opens[0]?.database.query<Row>(sql, parameters) ?? Promise.reject(new Error('closed'));

  const connect = async (userId: string, platforms: readonly string[], timeZone: string | null = null) => {
    await query('INSERT INTO users (id, time_zone) VALUES ($1, $2) ON CONFLICT DO NOTHING', [userId, timeZone]);
    for (const platform of platforms) {
      await query(
        `INSERT INTO connections (user_id, platform, origin, status, connected_at) VALUES ($1, $2, 'real', 'connected', '2026-01-01')`,
        [userId, platform],
      );
    }
  };

  /** Lets all planners plan at once, and runs what they queued, unless it is to stay unfinished. */
  const look = async (all: readonly Schedules[], at: number, finish = true): Promise<Run[]> => {
    await Promise.all(all.map((planner) => planner.start(new Date(at))));
    const jobs = await query<{ userId: string; platform: string; poll: boolean }>(
      `SELECT user_id AS "userId", platform,
         EXISTS (SELECT FROM schedules WHERE poll_job = jobs.id) AS poll
       FROM jobs WHERE status = 'waiting'`,
    );
    if (finish) await query(`UPDATE jobs SET status = 'completed', finished_at = now() WHERE status = 'waiting'`);
    return jobs.map((job) => ({ ...job, at }));
  };

  const simulate = async (all: readonly Schedules[], from: number, until: number, everyMs = 20 * MINUTE) => {
    const runs: Run[] = [];
    for (let at = from; at < until; at += everyMs) runs.push(...(await look(all, at)));
    return runs;
  };

  it('start exactly one run a day and connection in a week with a clock change, over two processes', async () => {
    const zones = ['Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', null, 'Pacific/Apia', 'Australia/Lord_Howe'];
    for (const [index, zone] of zones.entries()) await connect(`user-${index}`, ['spotify', 'github', 'youtube'], zone);
    // Berlin's clocks go back on 25 October 2026, at 03:00.
    const from = Date.parse('2026-10-21T12:00:00Z');
    const runs = (await simulate(planners(), from, from + 7 * DAY)).filter(({ poll }) => !poll);
    for (const [index, zone] of zones.entries()) {
      for (const platform of ['spotify', 'github', 'youtube']) {
        const own = runs.filter((run) => run.userId === `user-${index}` && run.platform === platform);
        const day = new Intl.DateTimeFormat('en-CA', { timeZone: zone ?? 'UTC' });
        const hour = new Intl.DateTimeFormat('en-GB', { timeZone: zone ?? 'UTC', hour: '2-digit' });
        expect(own).toHaveLength(7);
        expect(new Set(own.map(({ at }) => day.format(at))).size).toBe(7);
        for (const { at } of own) expect(['02', '03']).toContain(hour.format(at));
      }
    }
  });

  it('put nobody last every night', async () => {
    const all = planners({ EXTRACTION_SCHEDULE: '0 3 * * *' });
    const people = ['ana', 'bo', 'cem', 'dia', 'eva'];
    for (const person of people) await connect(person, ['github']);
    const from = Date.parse('2026-03-01T00:00:00Z');
    await look(all, from);
    const nights = [];
    for (let night = 0; night < 5; night++) {
      const begin = from + night * DAY + 3 * HOUR;
      nights.push(await simulate(all.slice(0, 1), begin, begin + HOUR, 2 * MINUTE));
    }
    expect(nights.map((runs) => runs.length)).toEqual(Array(5).fill(people.length));
    expect(new Set(nights.map((runs) => runs.at(-1)?.userId)).size).toBeGreaterThan(1);
  });

  it('lose none of the plays of somebody who plays 150 songs a day, half of them in one go', async () => {
    await connect('listener', ['spotify'], 'Europe/Berlin');
    const from = Date.parse('2026-11-02T00:00:00Z');
    const until = from + 7 * DAY;
    const plays: number[] = [];
    for (let day = from; day < until; day += DAY) {
      for (let song = 0; song < 75; song += 1) plays.push(day + 18 * HOUR + song * 190_000);
      for (let song = 0; song < 75; song += 1) plays.push(day + 6 * HOUR + song * 9 * MINUTE);
    }
    plays.sort((a, b) => a - b);
    const seen = new Set<number>();
    const runs = await simulate(planners(), from, until + 3 * HOUR, 10 * MINUTE);
    for (const { at } of runs) for (const play of plays.filter((time) => time <= at).slice(-50)) seen.add(play);
    expect(plays.filter((play) => !seen.has(play))).toEqual([]);
    expect(runs.filter(({ poll }) => poll).length).toBeGreaterThan(70);
  });

  it('let the times of somebody pass who is locked, and go on with the next one', async () => {
    for (const person of ['ana', 'bo']) await connect(person, ['spotify']);
    const all = planners();
    const from = Date.parse('2026-11-02T12:00:00Z');
    await look(all, from);
    await query(`UPDATE users SET locked_at = now() WHERE id = 'ana'`);
    const meanwhile = await simulate(all, from, from + 2 * DAY);
    expect(new Set(meanwhile.map(({ userId }) => userId))).toEqual(new Set(['bo']));
    await query('UPDATE users SET locked_at = NULL');
    const own = (await simulate(all, from + 2 * DAY, from + 3 * DAY)).filter(({ userId }) => userId === 'ana');
    expect(own.filter(({ poll }) => !poll)).toHaveLength(1);
    expect(own.length).toBeGreaterThan(2);
  });

  it('make up for all that a stopped server missed with one run', async () => {
    await connect('ana', ['github']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    await look(all, from);
    expect(await look(all, from + 5 * DAY)).toHaveLength(1);
    expect(await simulate(all, from + 5 * DAY + MINUTE, from + 5 * DAY + 13 * HOUR)).toEqual([]);
    expect(await simulate(all, from + 5 * DAY + 13 * HOUR, from + 6 * DAY)).toHaveLength(1);
  });

  it('do not pile up behind a run that is unfinished', async () => {
    await connect('ana', ['spotify', 'github']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    for (let at = from; at < from + 4 * DAY; at += HOUR) await look(all, at, false);
    expect(await query('SELECT count(*) FROM jobs')).toEqual([{ count: 2 }]);
  });

  it('let a whole extraction take the place of a waiting poll, and follow one that runs', async () => {
    await connect('ana', ['spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const [planner] = planners() as [Schedules];
    await look([planner], from);
    const [waiting] = await look([planner], from + 3 * HOUR, false);
    expect(waiting).toMatchObject({ poll: true });
    await query(`UPDATE schedules SET next_at = $1`, [new Date(from + 4 * HOUR)]);
    expect(await look([planner], from + 4 * HOUR, true)).toMatchObject([{ poll: false }]);

    await look([planner], from + 7 * HOUR, false);
    await query(`UPDATE jobs SET status = 'active' WHERE status = 'waiting'`);
    await query(`UPDATE schedules SET next_at = $1`, [new Date(from + 8 * HOUR)]);
    expect(await look([planner], from + 8 * HOUR)).toEqual([]);
    await query(`UPDATE jobs SET status = 'completed' WHERE status = 'active'`);
    expect(await look([planner], from + 8 * HOUR + 2 * MINUTE)).toMatchObject([{ poll: false }]);
  });

  it('give whoever asks meanwhile all that there is: instead of a waiting poll, right after one that runs', async () => {
    await connect('ana', ['spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const [planner] = planners() as [Schedules];
    const database = opens[0]!.database;
    const intake = new JobIntake(new JobObservers(), new JobSignals());
    const asked = async () => {
      const data = { userId: 'ana', platform: 'spotify' };
      const { job, created } = await database.transaction((tx) =>
        intake.enqueue(tx, 'extract-platform', data, { trigger: 'manual' }),
      );
      expect([created, job.trigger]).toEqual([false, 'manual']);
      return job;
    };
    await look([planner], from);
    expect(await look([planner], from + 3 * HOUR, false)).toMatchObject([{ poll: true }]);
    expect(await planner.beginAsPoll(await asked())).toBe(false);
    await query(`UPDATE jobs SET status = 'completed' WHERE status = 'waiting'`);

    expect(await look([planner], from + 7 * HOUR, false)).toMatchObject([{ poll: true }]);
    await query(`UPDATE jobs SET status = 'active' WHERE status = 'waiting'`);
    const job = await asked();
    await query(`UPDATE jobs SET status = 'completed' WHERE status = 'active'`);
    await database.transaction((tx) => planner.followRequest(tx, job));
    expect(await look([planner], Date.now() + MINUTE)).toMatchObject([{ poll: false }]);
  });

  it.each(['needs_reconnect', 'disconnected'])('leave a connection alone that is %s', async (status) => {
    await connect('ana', ['spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    await look(all, from);
    await query('UPDATE connections SET status = $1', [status]);
    expect(await simulate(all, from, from + 2 * DAY, HOUR)).toEqual([]);
  });

  it('do not make up for what was missed before a reconnect, which brings its own extraction', async () => {
    await connect('ana', ['spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    await look(all, from);
    await query(`UPDATE connections SET status = 'needs_reconnect'`);
    expect(await look(all, from + 2 * DAY)).toEqual([]);
    await query(`UPDATE connections SET status = 'connected', connected_at = $1`, [new Date(from + 2 * DAY + MINUTE)]);
    expect(await look(all, from + 2 * DAY + 2 * MINUTE)).toEqual([]);
    const runs = await simulate(all, from + 2 * DAY + 2 * MINUTE, from + 3 * DAY);
    expect(runs.filter(({ poll }) => !poll)).toHaveLength(1);
    expect(runs.filter(({ poll }) => poll).length).toBeGreaterThan(5);
  });

  it('go on in UTC for a time zone that no longer exists, with a warning, and for everybody else', async () => {
    const warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    await connect('ana', ['github'], 'US/Pacific-Old');
    await connect('bo', ['github'], '<script>');
    await connect('cy', ['github'], 'Asia/Tokyo');
    const from = Date.parse('2026-11-02T12:00:00Z');
    const runs = await simulate(planners(), from, from + DAY);
    for (const userId of ['ana', 'bo']) {
      expect(warn.mock.calls.join()).toContain(`github of ${userId} is planned in UTC`);
    }
    warn.mockRestore();
    const hourOf = (userId: string) =>
      runs.filter((run) => run.userId === userId).map(({ at }) => new Date(at).getUTCHours());
    for (const userId of ['ana', 'bo']) expect([[2], [3]]).toContainEqual(hourOf(userId));
    expect([[17], [18]]).toContainEqual(hourOf('cy'));
  });

  it('leave a platform alone that this version does not have, and start all others', async () => {
    await connect('ana', ['myspace', 'github']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const runs = await simulate(planners(), from, from + DAY);
    expect(runs.map(({ platform }) => platform)).toEqual(['github']);
  });

  it('leave the times of such a platform to a version that has it', async () => {
    await connect('ana', ['myspace']);
    await connect('bo', ['myspace']);
    const [planner] = planners() as [Schedules];
    const times = `next_at = '2026-11-01', poll_at = '2026-11-01', planned_by = 'UTC 0 2 * * *'`;
    await query(`UPDATE schedules SET ${times} WHERE user_id = 'ana'`);
    const rows = () => query('SELECT * FROM schedules ORDER BY user_id');
    const before = await rows();
    expect(await look([planner], Date.parse('2026-11-02T12:00:00Z'))).toEqual([]);
    expect(await rows()).toEqual(before);
  });

  it('make up for what a former version has put to rest meanwhile, which had no such platform', async () => {
    await connect('ana', ['github']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    expect(await look(all, from)).toEqual([]);
    await query(`UPDATE schedules SET next_at = NULL, poll_at = NULL, planned_by = ''`);
    expect(await look(all, from + MINUTE)).toMatchObject([{ userId: 'ana', platform: 'github', poll: false }]);
    await query(`UPDATE schedules SET next_at = NULL, poll_at = NULL, planned_by = ''`);
    expect(await look(planners(), from + MINUTE)).toHaveLength(1);
    expect(await simulate(all, from + 2 * MINUTE, from + DAY)).toHaveLength(1);
  });

  it('leave out an account that is being deleted, and start all others', async () => {
    await connect('ana', ['github']);
    await connect('bo', ['github']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    await look(all, from);
    await query(`UPDATE users SET erasing_at = now() WHERE id = 'ana'`);
    const runs = await simulate(all, from, from + DAY);
    expect(runs.map(({ userId }) => userId)).toEqual(['bo']);
  });

  it('can be switched off for one connection, and on again', async () => {
    await connect('ana', ['spotify', 'github']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    expect(await all[0]?.set('ana', 'spotify', false)).toBe(true);
    expect(await all[0]?.set('ana', 'youtube', false)).toBe(false);
    const runs = await simulate(all, from, from + 2 * DAY, HOUR);
    expect(runs.map(({ platform }) => platform)).toEqual(['github', 'github']);
    await all[0]?.set('ana', 'spotify', true);
    const again = await simulate(all, from + 2 * DAY, from + 3 * DAY, HOUR);
    expect(again.filter(({ platform, poll }) => platform === 'spotify' && !poll)).toHaveLength(1);
  });

  it('follow a person to another time zone, and the server to another pattern', async () => {
    await connect('ana', ['github'], 'Europe/Berlin');
    const from = Date.parse('2026-11-02T12:00:00Z');
    const next = async (environment: Record<string, string> = {}) => {
      const [planner] = planners(environment) as [Schedules];
      expect(await look([planner], from)).toEqual([]);
      const [row] = await query<{ hour: number }>(
        `SELECT date_part('hour', next_at AT TIME ZONE 'UTC') AS hour FROM schedules`,
      );
      return row?.hour;
    };
    expect(await next()).toBe(1);
    await query(`UPDATE users SET time_zone = 'Asia/Tokyo'`);
    expect(await next()).toBe(17);
    expect(await next({ EXTRACTION_SCHEDULE: '0 5 * * *' })).toBe(20);
    expect(await next()).toBe(17);
  });

  it('cost a look nothing that are not due, of connections that live or not', async () => {
    const from = Date.parse('2026-11-02T12:00:00Z');
    const [planner] = planners() as [Schedules];
    const fill = async (low: number, high: number) => {
      await query(`INSERT INTO users (id) SELECT 'u' || n FROM generate_series($1::int, $2::int - 1) AS n`, [
        low,
        high,
      ]);
      await query(
        `INSERT INTO connections (user_id, platform, origin, status, connected_at)
         SELECT 'u' || n, 'github', 'real', CASE n % 2 WHEN 0 THEN 'connected' ELSE 'needs_reconnect' END, '2026-01-01'
         FROM generate_series($1::int, $2::int - 1) AS n`,
        [low, high],
      );
      await query(`INSERT INTO schedules SELECT user_id, platform FROM connections ON CONFLICT DO NOTHING`);
      await query(`UPDATE schedules SET planned_by = 'UTC 0 2 * * *', next_at = $1 WHERE planned_by IS NULL`, [
        new Date(from + DAY),
      ]);
      await query('VACUUM ANALYZE schedules');
      await query('VACUUM ANALYZE connections');
      await query('VACUUM ANALYZE users');
    };
    const cost = () => blocksRead((opens[0] as OpenDatabase).database, () => planner.start(new Date(from)));
    await fill(0, 200);
    const few = await cost();
    await fill(200, 10_000);
    const many = await cost();
    expect(many).toBeLessThan(few * 1.5);
  });

  it('put to rest what is due and may not run, until it may', async () => {
    await connect('ana', ['github', 'spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const all = planners();
    await look(all, from);
    await query(`UPDATE connections SET status = 'needs_reconnect' WHERE platform = 'github'`);
    await all[0]?.set('ana', 'spotify', false);
    expect(await look(all, from + 2 * DAY)).toEqual([]);
    const times = () =>
      query(`SELECT platform, next_at IS NULL AND poll_at IS NULL AS rests FROM schedules ORDER BY 1`);
    expect(await times()).toEqual([
      { platform: 'github', rests: true },
      { platform: 'spotify', rests: false },
    ]);
    await look(all, from + 4 * DAY);
    expect(await times()).toEqual([
      { platform: 'github', rests: true },
      { platform: 'spotify', rests: true },
    ]);
    await query(`UPDATE connections SET status = 'connected'`);
    await all[0]?.set('ana', 'spotify', true);
    await look(all, from + 4 * DAY);
    expect(await times()).toEqual([
      { platform: 'github', rests: false },
      { platform: 'spotify', rests: false },
    ]);
  });

  it('lead from a poll to a signature when none was queued for a day, however many jobs are kept', async () => {
    await connect('ana', ['spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    const [planner] = planners() as [Schedules];
    const { database } = opens[0] as OpenDatabase;
    const ended = (name: string, count: number, age: string) =>
      query(
        `INSERT INTO jobs (id, name, queue, user_id, data, priority, trigger, status, max_attempts, run_at, created_at)
         SELECT overlay(overlay(gen_random_uuid()::text PLACING left(ms, 8) FROM 1) PLACING right(ms, 4) FROM 10)::uuid, $1, 'extraction', 'ana', '{}', 5,
           'manual', 'completed', 3, now(), at
         FROM generate_series(1, $2::int) AS n CROSS JOIN LATERAL (SELECT now() - $3::interval - n * interval '1 s' AS at) AS added
         CROSS JOIN LATERAL (SELECT lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') AS ms) AS time`,
        [name, count, age],
      );
    await look([planner], from);
    await look([planner], from + 3 * HOUR);
    const [poll] = await query<Job>(`SELECT * FROM jobs JOIN schedules ON poll_job = id`);
    const leads = () => database.transaction((tx) => planner.leadsToSignature(tx, poll as Job));
    expect(await leads()).toBe(true);
    await ended('build-signature', 1, '25 hours');
    await ended('extract-platform', 12, '1 hour');
    await ended('extract-platform', 500, '2 days');
    await query('VACUUM ANALYZE jobs');
    const few = await blocksRead(database, leads);
    await ended('extract-platform', 5_000, '2 days');
    await query('VACUUM ANALYZE jobs');
    expect(await blocksRead(database, leads)).toBeLessThan(few * 2);
    expect(await leads()).toBe(true);
    await ended('build-signature', 1, '23 hours');
    expect(await leads()).toBe(false);
  });

  it('are all off with EXTRACTION_SCHEDULE=off', async () => {
    await connect('ana', ['spotify']);
    const from = Date.parse('2026-11-02T12:00:00Z');
    expect(await simulate(planners({ EXTRACTION_SCHEDULE: 'off' }), from, from + 2 * DAY, HOUR)).toEqual([]);
  });

  it.each(['sometimes', '* * *', '99 2 * * *'])('refuse %s as a pattern', (pattern) => {
    expect(() => parseConfig({ EXTRACTION_SCHEDULE: pattern })).toThrow('EXTRACTION_SCHEDULE');
  });

  it('note what a provider forgot between two polls, and nothing where they join', async () => {
    await connect('ana', ['spotify']);
    const spotify = findPlatform('spotify');
    if (!spotify) throw new Error('no Spotify');
    const { database } = opens[0] as OpenDatabase;
    const [store, gaps, listenings] = [new ItemStore(database), new CoverageGaps(), new Listenings()];
    const play = (minute: number, told: 'instant' | 'span' = 'instant'): ExtractedItem => {
      const from = Date.parse('2026-11-02T12:00:00Z') + minute * MINUTE;
      const of = { kind: 'play', key: null, payload: {}, timeMeaning: 'user_act' } as const;
      const listening = { title: `title ${minute}`, from, to: from, told };
      return { ...of, externalId: `${told}@${from}`, occurredAt: new Date(from), listening };
    };
    const poll = (from: number) =>
      database.transaction(async (tx) => {
        const items = Array.from({ length: 50 }, (_, index) => play(from + index));
        await store.upsert(tx, 'ana', 'spotify', items);
        await listenings.settle(tx, 'ana', items);
        await gaps.note(tx, 'ana', spotify, items);
      });
    const bring = (source: string, ...minutes: number[]) =>
      database.transaction(async (tx) => {
        const told = minutes.map((minute) => play(minute, 'span'));
        await store.add(tx, { userId: 'ana', platform: 'spotify', source }, told);
        await listenings.settle(tx, 'ana', told);
      });
    await bring('before the first poll', -60, -30);
    for (const from of [0, 30, 79]) await poll(from);
    await bring('of what was polled, and later', ...Array.from({ length: 150 }, (_, minute) => minute));
    await poll(200);
    expect(await query('SELECT from_at, to_at FROM coverage_gaps')).toEqual([
      { from_at: play(128).occurredAt, to_at: play(200).occurredAt },
    ]);
  });
});
