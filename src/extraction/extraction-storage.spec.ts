import '../../test/support/own-data-folder.js';
import fc from 'fast-check';
import { inFull } from '../../test/support/length.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import type { ExtractedItem } from '../platforms/platform.js';
import { FencedError } from '../queues/errors.js';
import type { Job } from '../queues/job.entity.js';
import { JobIntake } from '../queues/job-intake.js';
import { JobLedger } from '../queues/job-ledger.js';
import { JobObservers } from '../queues/job-observers.js';
import { JobSignals } from '../queues/job-signals.js';
import { ItemStore } from './item-store.js';

/** What a provider lists: the content of each thing by its id. A page may name a thing more than once. */
type Page = readonly { readonly id: number; readonly content: string }[];

/** What happens when a run has read a page. */
type Fate = 'stored' | 'crash before the commit' | 'crash after the commit' | 'taken over' | 'the answer is lost';

const pages = fc.array(
  fc.array(fc.record({ id: fc.nat(12), content: fc.string({ unit: 'binary', maxLength: 4 }) }), { maxLength: 6 }),
  { minLength: 1, maxLength: 6 },
);
const fates = fc.array(
  fc.constantFrom<Fate>(
    'stored',
    'stored',
    'crash before the commit',
    'crash after the commit',
    'taken over',
    'the answer is lost',
  ),
  { maxLength: 20 },
);

describe('what is stored of an extraction', () => {
  let open: OpenDatabase;
  let ledger: JobLedger;
  let intake: JobIntake;
  let store: ItemStore;

  beforeAll(async () => {
    open = await openDatabase();
    const [observers, signals] = [new JobObservers(), new JobSignals()];
    ledger = new JobLedger(open.database, observers, signals);
    intake = new JobIntake(observers, signals);
    store = new ItemStore(open.database);
  });
  afterAll(() => open.close());

  const item = (id: number, content: string): ExtractedItem => ({
    kind: 'play',
    externalId: String(id),
    key: null,
    occurredAt: null,
    timeMeaning: 'snapshot',
    payload: { content },
  });

  /** A worker takes the job, whoever had it before. */
  const claim = async (jobId: string): Promise<Job<'extract-platform'>> => {
    const [row] = await open.database.query<{ dispatch: number }>(
      `UPDATE jobs SET status = 'waiting', dispatch = dispatch + 1, dispatched_at = now() WHERE id = $1 RETURNING dispatch`,
      [jobId],
    );
    const job = await ledger.claim('extract-platform', { jobId, dispatch: row?.dispatch ?? 0 });
    if (!job) throw new Error('not claimed');
    return job;
  };

  const save = (job: Job<'extract-platform'>, index: number, page: Page, thenCrash = false) =>
    ledger.saveCheckpoint(job, { checkpoint: { index }, progress: 0, items: page.length, warnings: [] }, async (tx) => {
      await store.upsert(
        tx,
        'ana',
        'spotify',
        page.map(({ id, content }) => item(id, content)),
      );
      if (thenCrash) throw new Error('crash before the commit');
    });

  const extract = async (provider: readonly Page[], fate: Iterator<Fate>) => {
    const { job: queued } = await open.database.transaction((tx) =>
      intake.enqueue(tx, 'extract-platform', { userId: 'ana', platform: 'spotify' }, { trigger: 'manual' }),
    );
    let job = await claim(queued.id);
    let index = 0;
    const begin = async () => {
      job = await claim(queued.id);
      index = ((job.checkpoint as { index: number } | null)?.index ?? -1) + 1;
    };
    while (index < provider.length) {
      const page = provider[index] ?? [];
      switch (fate.next().value ?? 'stored') {
        case 'stored':
          await save(job, index, page);
          index += 1;
          break;
        case 'crash before the commit':
          await expect(save(job, index, page, true)).rejects.toThrow('crash before the commit');
          await begin();
          break;
        case 'crash after the commit':
          await save(job, index, page);
          await begin();
          break;
        case 'taken over': {
          const late = job;
          const lateIndex = index;
          await begin();
          await expect(save(late, lateIndex, [{ id: 99, content: 'late' }])).rejects.toBeInstanceOf(FencedError);
          break;
        }
        case 'the answer is lost':
          // The run does not know that its page is stored, and writes it again.
          await save(job, index, page);
          await save(job, index, page);
          index += 1;
          break;
      }
    }
    await ledger.complete(job, { items: 0 });
  };

  it('is what the provider had, whatever pages, crashes, late writers and repetitions there were', async () => {
    const runs = fc.array(fc.record({ pages, fates }), { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(runs, async (extractions) => {
        await open.database.query('DELETE FROM users');
        await open.database.query(`INSERT INTO users (id) VALUES ('ana')`);
        const model = new Map<string, string>();
        for (const { pages: provider, fates: happening } of extractions) {
          await extract(provider, happening[Symbol.iterator]());
          for (const { id, content } of provider.flat()) {
            model.set(String(id), content.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD'));
          }
          const stored = await store.list('ana', {}, 100);
          expect(new Map(stored.map((row) => [row.externalId, (row.payload as any).content]))).toEqual(model);
        }
      }),
      { numRuns: inFull(60, 8) },
    );
  });
});
