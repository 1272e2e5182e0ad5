import '../../../test/support/own-data-folder.js';
import { openDatabase } from '../../../test/support/open-database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { PasskeyChallenges } from './passkey-challenges.js';

describe('Challenges of passkeys', () => {
  it('are deleted once they are too old, and no sooner', async () => {
    const { database, close } = await openDatabase();
    const housekeeping = new Housekeeping(database);
    const challenges = new PasskeyChallenges(database, housekeeping);
    await challenges.make({ purpose: 'sign-in' }, '192.0.2.1');
    await database.query(`UPDATE passkey_challenges SET expires_at = expires_at - interval '6 minutes'`);
    const lasting = await challenges.make({ purpose: 'sign-in' }, '192.0.2.1');
    await database.query(`UPDATE passkey_challenges SET expires_at = expires_at - interval '5 minutes'`);
    await housekeeping.clean();
    expect(await database.query('SELECT network FROM passkey_challenges')).toEqual([{ network: '192.0.2.1' }]);
    const answered = { purpose: 'sign-in' } as const;
    await expect(challenges.use(answered, Buffer.from(lasting).toString('base64url'))).resolves.toMatchObject({
      lasts: true,
    });
    await close();
  });
});
