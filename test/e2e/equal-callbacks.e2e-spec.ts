import { ApiClient, decide } from '../support/api-client.js';
import { RunningApp } from '../support/running-app.js';

const EQUAL = 50;

describe(`${EQUAL} equal callbacks at once`, () => {
  let app: RunningApp;
  let person: ApiClient;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', redis: true });
  });
  beforeEach(async () => {
    await app.spotify.reset();
    person = await ApiClient.signIn(app);
  });
  afterAll(() => app.stop());

  /** What any number of equal answers may cause. */
  async function expectOneConnect(): Promise<void> {
    expect(await app.spotify.countOf('/oauth/token')).toBe(1);
    const rows = await app.database!.query('SELECT status, grant_number FROM connections WHERE user_id = $1', [
      person.userId,
    ]);
    expect(rows).toEqual([{ status: 'connected', grant_number: 1 }]);
    expect(await person.all('/extraction/jobs')).toHaveLength(1);
    const types = await person.typesOfEvents();
    expect(types.filter((type) => type === 'connection_status')).toHaveLength(1);
  }

  it('of a program make one token request, one connection, one job, and 49 clean refusals', async () => {
    const { authorizationUrl } = await person.authorize();
    const body = { platform: 'spotify', ...(await decide(authorizationUrl, 'newcomer')) };
    const answers = await Promise.all(
      Array.from({ length: EQUAL }, () => person.call('POST', '/connectors/callback', { body })),
    );
    const [connected, refused] = [
      answers.filter(({ status }) => status === 200),
      answers.filter(({ status }) => status === 409),
    ];
    expect([connected.length, refused.length]).toEqual([1, EQUAL - 1]);
    for (const answer of refused) expect(answer.body.error.code).toBe('CONNECT_ALREADY_COMPLETED');
    await expectOneConnect();
  });

  it('of a browser do the same, and lead it somewhere each time', async () => {
    const begun = await person.call('POST', '/connectors/spotify/authorize');
    const { authorizationUrl, state } = begun.body.data;
    const { code } = await decide(authorizationUrl, 'newcomer');
    const [cookie = ''] = begun.headers.getSetCookie()[0]!.split(';');
    const places = await Promise.all(
      Array.from({ length: EQUAL }, async () => {
        const callback = `${app.url}/api/connectors/spotify/callback?code=${code ?? ''}&state=${state}`;
        const answer = await fetch(callback, { redirect: 'manual', headers: { cookie } });
        expect([answer.status, answer.headers.get('cache-control')]).toEqual([303, 'no-store']);
        return answer.headers.get('location');
      }),
    );
    expect(places.filter((place) => place === '/?connected=spotify')).toHaveLength(1);
    expect(places.filter((place) => place === '/?error=CONNECT_ALREADY_COMPLETED&platform=spotify')).toHaveLength(
      EQUAL - 1,
    );
    await expectOneConnect();
  });
});
