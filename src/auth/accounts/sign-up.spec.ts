import '../../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';
import { parseConfig } from '../../config/config.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { User } from '../user.entity.js';
import { Users } from '../users.js';
import { Sessions } from '../sessions/sessions.js';
import { Accounts } from './accounts.js';
import { Invitations } from './invitations.js';
import { PasswordHashing } from './password-hashing.js';
import { SignUp } from './sign-up.js';

const PASSWORD = 'seven violet kettles';

describe('Who may make an account', () => {
  let open: OpenDatabase;
  let housekeeping: Housekeeping;

  beforeAll(async () => {
    open = await openDatabase({ entities: [User] });
    housekeeping = new Housekeeping(open.database);
  });
  afterAll(() => open.close());

  const server = (mode: 'open' | 'invite' | 'off') => {
    const { database } = open;
    const config = parseConfig({ SIGN_UP: mode, PUBLIC_URL: 'https://soul.example.org' });
    const invitations = new Invitations(database, config, housekeeping);
    const signUp = new SignUp(
      database,
      new Users(database, housekeeping),
      new Accounts(database),
      invitations,
      new PasswordHashing(),
      new Sessions(database, housekeeping),
      config,
    );
    return {
      invitations,
      make: (username: string, invitation?: string) =>
        signUp.make({ username, password: PASSWORD, invitation }, undefined),
    };
  };
  const secretOf = ({ url }: { url: string }) => url.split('invitation=')[1]!;

  it('is everybody where that is open', async () => {
    expect(await server('open').make('ana')).toMatchObject({ userId: expect.stringMatching(/^local:/) });
  });

  it('is who was invited, within the hour; others do not even learn which names there are', async () => {
    const { invitations, make } = server('invite');
    for (const name of ['ana', 'bo']) {
      await expect(make(name)).rejects.toMatchObject({ status: 403, code: 'INVITATION_INVALID' });
      await expect(make(name, 'made up')).rejects.toMatchObject({ status: 403, code: 'INVITATION_INVALID' });
    }
    const invitation = await invitations.make(open.database, { admin: false });
    expect(invitation.url).toMatch(/^https:\/\/soul\.example\.org\/#invitation=[\w-]{43}$/);
    expect(invitation.expiresAt.getTime() - Date.now()).toBeGreaterThan(3_500_000);
    await make('bo', secretOf(invitation));
    await expect(make('cy', secretOf(invitation))).rejects.toMatchObject({ code: 'INVITATION_INVALID' });
  });

  it('is nobody where it is off, and nobody can be invited', async () => {
    const invitation = secretOf(await server('invite').invitations.make(open.database, { admin: true }));
    const { invitations, make } = server('off');
    await expect(make('dee', invitation)).rejects.toMatchObject({ status: 403, code: 'SIGN_UP_OFF' });
    await expect(invitations.make(open.database, { admin: true })).rejects.toMatchObject({
      status: 409,
      code: 'SIGN_UP_OFF',
    });
  });

  it('leaves nothing of invitations and sessions that are over', async () => {
    await server('invite').invitations.make(open.database, { admin: false });
    await open.database.query(`UPDATE invitations SET expires_at = now() - interval '1 minute'`);
    await open.database.query(`UPDATE sessions SET ended_at = now() - interval '2 days'`);
    await housekeeping.clean();
    for (const table of ['invitations', 'sessions']) {
      expect(await open.database.query(`SELECT FROM ${table}`)).toEqual([]);
    }
  });
});
