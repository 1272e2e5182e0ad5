import { createHash } from 'node:crypto';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { JobCounts } from '../queues/job-counts.js';
import { JobQueries } from '../queues/job-queries.js';
import { JobSignals } from '../queues/job-signals.js';
import { Scrape } from './scrape.js';

describe('The metrics and the counts', () => {
  let opened: OpenDatabase;
  let readings: jest.SpyInstance;

  beforeAll(async () => {
    opened = await openDatabase({ embedded: false });
    readings = jest.spyOn(opened.bulk, 'snapshot');
  });
  beforeEach(() => readings.mockClear());
  afterAll(() => opened.close());

  const start = () => {
    const counts = new JobCounts(opened.bulk, new Housekeeping(opened.database));
    return { counts, scrape: new Scrape(opened.bulk, new JobQueries(opened.database, new JobSignals()), counts) };
  };
  const digest = (text: string) => createHash('sha256').update(text).digest('hex');

  it('are read once for all who ask at the same time and within seconds', async () => {
    const clock = jest.spyOn(performance, 'now').mockReturnValue(1_000);
    const { scrape, counts } = start();
    const texts = await Promise.all(Array.from({ length: 100 }, () => scrape.text()));
    for (let n = 0; n < 100; n += 1) texts.push(await scrape.text());
    expect(new Set(texts.map(digest)).size).toBe(1);
    expect(texts[0]).toContain('soul_jobs{queue="extraction",state="waiting"} 0');
    expect(readings).toHaveBeenCalledTimes(2);
    await Promise.all(Array.from({ length: 100 }, () => counts.recent()));
    await counts.recent();
    expect(readings).toHaveBeenCalledTimes(3);
    clock.mockReturnValue(4_001);
    await Promise.all([counts.recent(), counts.recent()]);
    expect(readings).toHaveBeenCalledTimes(4);
    clock.mockRestore();
  });

  it('are read anew after a failure, and while requests have used up their connections', async () => {
    const { scrape, counts } = start();
    readings.mockRejectedValueOnce(new Error('The database is away'));
    await expect(scrape.text()).rejects.toThrow('away');
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const requests = Array.from({ length: 10 }, () => opened.database.transaction(() => released));
    expect(await scrape.text()).toContain('soul_jobs');
    expect((await counts.recent()).extraction.waiting).toBe(0);
    release();
    await Promise.all(requests);
  });
});
