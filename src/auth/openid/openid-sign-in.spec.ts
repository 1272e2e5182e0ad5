import '../../../test/support/own-data-folder.js';
import { openDatabase, type OpenDatabase } from '../../../test/support/open-database.js';
import { parseConfig } from '../../config/config.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { Accounts } from '../accounts/accounts.js';
import { Invitations } from '../accounts/invitations.js';
import { Sessions } from '../sessions/sessions.js';
import { User } from '../user.entity.js';
import { Users } from '../users.js';
import { WaysIn } from '../ways-in.js';
import { OpenIdFlows } from './flows.js';
import { Identities } from './identities.js';
import { OpenIdSignIn } from './openid-sign-in.js';
import type { ProvenPerson } from './person-claims.js';
import { OpenIdProvider } from './provider.js';

const NOBODY: ProvenPerson = {
  issuer: 'https://id.example.org',
  subject: '',
  providerSession: undefined,
  authenticatedAt: new Date(0),
  claims: {},
};

describe('Who may come in with a provider for the first time', () => {
  let open: OpenDatabase;
  let housekeeping: Housekeeping;
  let serial = 0;

  beforeAll(async () => {
    open = await openDatabase({ entities: [User] });
    housekeeping = new Housekeeping(open.database);
  });
  afterAll(() => open.close());

  /** A server whose provider vouches for everybody; test/e2e/openid has a real one. */
  const server = (signUp: 'open' | 'invite' | 'off') => {
    const { database } = open;
    const config = parseConfig({
      SIGN_UP: signUp,
      PUBLIC_URL: 'https://soul.example.org',
      OIDC_ISSUER: NOBODY.issuer,
      OIDC_CLIENT_ID: 'soul',
      OIDC_CLIENT_SECRET: 'a secret',
      OIDC_ALLOWED: 'groups=members',
    });
    const provider = new OpenIdProvider(config);
    provider.reach = () => Promise.resolve();
    provider.authorizationUrl = () => Promise.resolve('https://id.example.org/');
    const invitations = new Invitations(database, config, housekeeping);
    const flows = new OpenIdFlows(database, housekeeping);
    const identities = new Identities(database, new WaysIn(config));
    const signIn = new OpenIdSignIn(
      provider,
      flows,
      identities,
      new Accounts(database),
      invitations,
      new Users(database, housekeeping),
      new Sessions(database, housekeeping),
      database,
      config,
    );
    const come = async (person: Partial<ProvenPerson>, invitation?: string) => {
      provider.identify = () => Promise.resolve({ ...NOBODY, subject: `person-${(serial += 1)}`, ...person });
      const { state, cookie } = await signIn.begin(
        { purpose: 'sign-in', sessionId: null, returnTo: '/', address: undefined },
        invitation,
      );
      const { secret, error } = await signIn.complete(new URLSearchParams({ state }), cookie);
      return error?.code ?? (secret === undefined ? 'nothing' : 'in');
    };
    return { come, invitations, identities };
  };
  const [member, stranger] = [{ claims: { groups: ['members'] } }, { claims: { groups: ['others'] } }];

  it.each([
    ['open', 'in', 'in'],
    ['invite', 'in', 'INVITATION_INVALID'],
    ['off', 'in', 'SIGN_UP_OFF'],
  ] as const)('where SIGN_UP is %s: of those who are allowed %s, of others %s', async (signUp, allowed, other) => {
    const { come } = server(signUp);
    expect([await come(member), await come(stranger)]).toEqual([allowed, other]);
  });

  it.each([
    ['open', 'in', 'INVITATION_INVALID'],
    ['invite', 'in', 'INVITATION_INVALID'],
    ['off', 'SIGN_UP_OFF', 'SIGN_UP_OFF'],
  ] as const)('where SIGN_UP is %s, with an invitation: %s, and with a used one: %s', async (signUp, good, used) => {
    const { url } = await server('invite').invitations.make(open.database, { admin: false });
    const secret = url.split('invitation=')[1]!;
    const { come } = server(signUp);
    expect([await come(stranger, secret), await come(stranger, secret)]).toEqual([good, used]);
  });

  it('and for the second time everybody, whatever has changed', async () => {
    const person = { ...stranger, subject: 'back again' };
    await server('open').come(person);
    expect(await server('off').come(person)).toBe('in');
  });

  it('by their subject at their issuer alone, however these are put together', async () => {
    const { come } = server('open');
    for (const [issuer, subject] of [
      ['https://id.example.org', 'ada'],
      ['https://id.example.org', 'Ada'],
      ['https://id.example.org ', 'ada'],
      ['https://id.example', 'org ada'],
      ['https://other.example.org', 'ada'],
    ] as const) {
      await come({ issuer, subject, claims: { name: 'Ada', email: 'ada@example.org', email_verified: true } });
    }
    expect(
      await open.database.query(`SELECT DISTINCT user_id FROM identities WHERE subject ILIKE '%ada'`),
    ).toHaveLength(5);
  });

  it('except whose account is being deleted just then', async () => {
    const { come } = server('open');
    const person = { subject: 'leaving' };
    await come(person);
    await open.database.query(
      `WITH gone AS (DELETE FROM identities WHERE subject = 'leaving' RETURNING user_id)
       UPDATE users SET erasing_at = now() WHERE id IN (SELECT user_id FROM gone)`,
    );
    expect(await come(person)).toBe('ERASURE_RUNNING');
  });

  it('and nobody by the provider that this server had before, so that it is no way in that could be the last', async () => {
    const { come, identities } = server('open');
    await come({ subject: 'moved' });
    const [{ id, userId }] = (await open.database.query(
      `SELECT id, user_id AS "userId" FROM identities WHERE subject = 'moved'`,
    )) as [{ id: string; userId: string }];
    const remove = () => open.database.transaction((tx) => identities.remove(tx, userId, id));
    const addAt = (issuer: string) =>
      open.database.transaction((tx) => identities.add(tx, userId, { issuer, subject: 'moved' }, false));
    await addAt('https://before.example.org');
    await expect(remove()).rejects.toMatchObject({ status: 409, code: 'LAST_WAY_IN' });
    // A slash at the end makes no difference: providers and settings disagree about it.
    await addAt(`${NOBODY.issuer}/`);
    await remove();
    expect(await identities.list(userId)).toHaveLength(2);
  });

  it('and leaves nothing of sign-ins that are over', async () => {
    await open.database.query(`UPDATE openid_flows SET expires_at = now() - interval '2 days'`);
    await housekeeping.clean();
    expect(await open.database.query('SELECT FROM openid_flows')).toEqual([]);
  });
});
