import { Logger } from '@nestjs/common';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { plantPlays, type PlantedItem } from '../../test/support/planted-users.js';
import type { Users } from '../auth/users.js';
import { parseConfig } from '../config/config.js';
import type { CompleteConfig } from '../config/development-secrets.js';
import type { PlatformDirectory } from '../connectors/platform-access.js';
import { ArtistKeys } from '../extraction/artist-keys.js';
import type { JobRun } from '../queues/job-run.js';
import type { SignatureDocument } from './document/signature.js';
import { evidenceOf } from './facets/evidence.js';
import { SoulSignatureService } from './soul-signature.service.js';
import { PopulationTables } from './statistics/population.js';
import { readEvidence } from './statistics/read-evidence.js';

/** The key that earlier versions gave a play: by the id of its artist. */
function formerly(item: PlantedItem): PlantedItem {
  const [artist] = item.payload['artists'] as { id: string }[];
  return { ...item, key: `artist:${artist?.id}` };
}

describe('A signature of items with keys of an earlier version', () => {
  const plays = plantPlays({ seed: 3, days: 200, from: 20_000, artists: 60 });
  let open: OpenDatabase;
  let keys: ArtistKeys;
  let service: SoulSignatureService;

  beforeAll(async () => {
    jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    open = await openDatabase();
    keys = new ArtistKeys(open.database);
    // Nothing else of these is used.
    const users = { find: () => Promise.resolve({ timeZone: 'UTC', sensitiveTopics: false }) } as unknown as Users;
    const directory = { list: () => [] } as unknown as PlatformDirectory;
    const config = parseConfig({}) as unknown as CompleteConfig;
    const population = new PopulationTables(open.database);
    service = new SoulSignatureService(open.database, users, population, directory, keys, config);
    for (const user of ['before', 'midway', 'today']) {
      await open.database.query('INSERT INTO users (id) VALUES ($1)', [user]);
      await open.database.query(
        `INSERT INTO connections (user_id, platform, origin, status, connected_at)
         VALUES ($1, 'spotify', 'sandbox', 'connected', now())`,
        [user],
      );
      await plant(user, user === 'today' ? plays : plays.map(formerly));
    }
  });
  afterAll(async () => {
    jest.restoreAllMocks();
    await open.close();
  });

  const plant = (user: string, items: readonly PlantedItem[]) =>
    open.database.query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
       SELECT $1, platform, kind, "externalId", key, to_timestamp(at / 1000.0), "timeMeaning", payload
       FROM jsonb_to_recordset($2) AS item
         (platform text, kind text, "externalId" text, key text, at float8, "timeMeaning" text, payload jsonb)`,
      [user, JSON.stringify(items)],
    );

  async function built(userId: string): Promise<SignatureDocument> {
    const run = {
      job: { userId },
      signal: new AbortController().signal,
      save: (_piece: unknown, write: Parameters<JobRun['save']>[1]) => open.database.transaction(write),
    } as unknown as JobRun<'build-signature'>; // Nothing else of it is used.
    await service.build(run);
    return (await service.latest(userId))!.document;
  }

  /** Without the instant at which it was built. */
  const lasting = ({ asOf: _asOf, ...document }: SignatureDocument) => document;

  it('is the same before the move, midway and after it, and its evidence stays what it was', async () => {
    const unmoved = 'UPDATE data_moves SET done_at = NULL, position = NULL';
    const today = await built('today');
    // As the version before built it: nothing is moved.
    const former = await built('before');
    const selected = () => evidence('before', former);
    const whatWas = await selected();
    expect(former.facets['taste.breadth']).toMatchObject({
      status: 'known',
      evidence: { top: expect.arrayContaining([expect.objectContaining({ key: 'artist:a0' })]) },
    });

    await open.database.query(unmoved);
    const fresh = new ArtistKeys(open.database);
    Object.assign(service, { artistKeys: fresh });
    const midway = await built('midway');
    expect(lasting(midway)).toEqual(lasting(today));
    expect(await keysOf('before')).toContain('artist:a0');

    await fresh.ofAll();
    expect(await keysOf('before')).not.toContain('artist:a0');
    const after = await built('before');
    expect(after.facets).toEqual(JSON.parse(JSON.stringify(today.facets).replaceAll('/versions/1/', '/versions/2/')));
    expect(after.statsDigest).toBe(today.statsDigest);
    expect(await selected()).toEqual(whatWas);
  });

  const keysOf = async (user: string) =>
    (await open.database.query<{ key: string }>('SELECT DISTINCT key FROM items WHERE user_id = $1', [user])).map(
      ({ key }) => key,
    );

  /** The ids of the items behind each known facet of a stored version. */
  async function evidence(user: string, document: SignatureDocument): Promise<Record<string, string[]>> {
    const found: Record<string, string[]> = {};
    for (const key of Object.keys(document.facets)) {
      const claim = evidenceOf(document, key);
      if (!claim) continue;
      const page = await readEvidence(
        (sql, parameters) => open.database.query(sql, parameters),
        user,
        claim.predicate,
        {
          limit: 100,
        },
      );
      found[key] = page.items.map(({ id }) => id);
      expect(found[key]).toHaveLength(Math.min(100, claim.count));
    }
    expect(Object.keys(found).length).toBeGreaterThan(5);
    return found;
  }
});
