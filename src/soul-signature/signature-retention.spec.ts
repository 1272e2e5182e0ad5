import '../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { Housekeeping } from '../database/housekeeping.js';
import { signatureExpiry } from './signature-retention.js';

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
    const housekeeping = new Housekeeping(open.database);
    housekeeping.register(signatureExpiry(365));
    await Promise.all([housekeeping.clean(), housekeeping.clean()]);
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
});
