import '../../test/support/own-data-folder.js';
import { blocksRead } from '../../test/support/blocks-read.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { SignatureRetention } from './signature-retention.js';

describe('how long versions of a signature are kept', () => {
  let open: OpenDatabase;

  beforeAll(async () => {
    open = await openDatabase();
  });
  afterAll(() => open.close());

  const person = async (userId: string, versions: readonly [days: number, sensitive?: boolean][]) => {
    await open.database.query('INSERT INTO users (id) VALUES ($1)', [userId]);
    for (const [index, [days, sensitiveTopics = false]] of versions.entries()) {
      await open.database.query(
        `INSERT INTO signatures (user_id, version, built_at, digest, document) VALUES ($1, $2, now() - $3 * interval '1 day', 'x', $4)`,
        [userId, index + 1, days, JSON.stringify({ sensitiveTopics })],
      );
    }
  };

  it('is a year, and for good for the two newest that can be shown', async () => {
    await person('active', [[500], [400], [300], [200], [1]]);
    await person('away', [[900], [800], [700], [600]]);
    await person('new', [[900]]);
    await person('hiding', [[900], [800], [700], [600, true], [500, true]]);
    const processes = [new SignatureRetention(open.database, 365), new SignatureRetention(open.database, 365)];
    await Promise.all(processes.map((process) => process.clean()));
    const left = await open.database.query(
      'SELECT user_id AS "userId", array_agg(version ORDER BY version) AS versions FROM signatures GROUP BY 1 ORDER BY 1',
    );
    expect(left).toEqual([
      { userId: 'active', versions: [3, 4, 5] },
      { userId: 'away', versions: [3, 4] },
      { userId: 'hiding', versions: [2, 3, 4, 5] },
      { userId: 'new', versions: [1] },
    ]);
  });

  it('goes on while much of what it looks at is due', async () => {
    await open.database.query('DELETE FROM signatures');
    await open.database.query(`INSERT INTO users (id) VALUES ('busy')`);
    await open.database.query(
      `INSERT INTO signatures (user_id, version, built_at, digest, document)
       SELECT 'busy', n, now() - interval '3 years' + n * interval '1 s', 'x', '{}' FROM generate_series(1, 5000) AS n`,
    );
    await new SignatureRetention(open.database, 365).clean();
    expect(await open.database.query('SELECT version FROM signatures ORDER BY 1')).toEqual([
      { version: 4_999 },
      { version: 5_000 },
    ]);
  });

  it('costs a look the same however many people went away, and finds what is due among them', async () => {
    await open.database.query('DELETE FROM signatures');
    const away = async (low: number, high: number) => {
      await open.database.query(`INSERT INTO users (id) SELECT 'away-' || n FROM generate_series($1::int, $2) AS n`, [
        low,
        high,
      ]);
      await open.database.query(
        `INSERT INTO signatures (user_id, version, built_at, digest, document)
         SELECT 'away-' || n, version, now() - interval '2 years' + n * interval '1 s' + version * interval '1 ms', 'x', '{}'
         FROM generate_series($1::int, $2) AS n, generate_series(1, 2) AS version`,
        [low, high],
      );
      await open.database.query('VACUUM ANALYZE signatures');
    };
    const retention = new SignatureRetention(open.database, 365);
    const cost = () => blocksRead(open.database, () => retention.clean());
    await away(1, 1_500);
    const few = await cost();
    await away(1_501, 6_000);
    expect(await cost()).toBeLessThan(few * 1.5);
    await person('among-them', [[728], [727], [726], [725]]);
    for (let looks = 0; looks < 7; looks += 1) await retention.clean();
    const left = await open.database.query(`SELECT version FROM signatures WHERE user_id = 'among-them' ORDER BY 1`);
    expect(left).toEqual([{ version: 3 }, { version: 4 }]);
  });
});
