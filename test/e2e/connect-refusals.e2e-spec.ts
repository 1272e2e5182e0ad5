import { answerIn, ApiClient, decide, Refused } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { RunningApp } from '../support/running-app.js';

describe('a connect that cannot succeed', () => {
  let app: RunningApp;
  let person: ApiClient;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres' });
  });
  beforeEach(async () => {
    await app.spotify.reset();
    person = await ApiClient.signIn(app);
  });
  afterAll(() => app.stop());

  /** The program's answer, which shows that it is still running. */
  async function refusal(attempt: Promise<unknown>): Promise<{ status: number; code: string; message: string }> {
    const error = await attempt.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    if (!(error instanceof Refused)) throw new Error('It was not refused', { cause: error });
    const { status, body } = error.answer;
    expect(body).toMatchObject({ success: false, requestId: expect.any(String) });
    expect(app.isRunning).toBe(true);
    return { status, ...body.error };
  }

  /** A refused connect may leave nothing but its reason. */
  async function expectNothingConnected(connectId?: string, end?: object): Promise<void> {
    expect((await person.get('/connectors/status')).spotify).toMatchObject({ connected: false, items: 0 });
    expect(await person.all('/extraction/jobs')).toEqual([]);
    expect(await person.events()).toEqual([]);
    const rows = await app.database!.query('SELECT 1 FROM connections WHERE user_id = $1', [person.userId]);
    expect(rows).toEqual([]);
    if (connectId !== undefined) {
      expect(await person.get(`/connectors/connects/${connectId}`)).toEqual({
        connectId,
        platform: 'spotify',
        ...end,
      });
    }
  }

  const failed = (code: string) => ({ status: 'failed', error: { code, message: expect.any(String) } });

  it('names the platforms there are when it is asked for another', async () => {
    for (const attempt of [
      person.authorize('myspace'),
      person.callback({ state: 'x', code: 'y' }, 'myspace'),
      person.post('/extraction/myspace'),
    ]) {
      const { status, code, message } = await refusal(attempt);
      expect([status, code]).toEqual([404, 'UNKNOWN_PLATFORM']);
      expect(message).toContain('spotify');
    }
    const { location } = await new BrowserSession().open(`${app.url}/api/connectors/myspace/callback?state=x&code=y`);
    expect(location).toBe(`${app.url}/?error=UNKNOWN_PLATFORM&platform=myspace`);
    await expectNothingConnected();
  });

  it('does not know a made-up state', async () => {
    const { status, code } = await refusal(person.callback({ state: 'made-up', code: 'y' }));
    expect([status, code]).toEqual([400, 'CONNECT_STATE_INVALID']);
    await expectNothingConnected();
  });

  it('uses a state once, and says so the second time', async () => {
    const { authorizationUrl } = await person.authorize();
    const answer = await decide(authorizationUrl, 'newcomer');
    const { jobId } = await person.callback(answer);
    const { status, code } = await refusal(person.callback(answer));
    expect([status, code]).toEqual([409, 'CONNECT_ALREADY_COMPLETED']);
    expect(await person.all('/extraction/jobs')).toMatchObject([{ id: jobId, state: 'completed' }]);
    expect(await app.spotify.countOf('/oauth/token')).toBe(1);
  });

  it("does not end a stranger's connect, and leaves it to its owner", async () => {
    const stranger = await ApiClient.signIn(app);
    const { authorizationUrl } = await stranger.authorize();
    const answer = await decide(authorizationUrl, 'newcomer');
    const { status, code } = await refusal(person.callback(answer));
    expect([status, code]).toEqual([400, 'CONNECT_STATE_INVALID']);
    await expectNothingConnected();
    expect(await stranger.callback(answer)).toMatchObject({ connected: true });
  });

  it('shows nobody the connect of another', async () => {
    const { connectId } = await (await ApiClient.signIn(app)).authorize();
    const { status, code } = await refusal(person.get(`/connectors/connects/${connectId}`));
    expect([status, code]).toEqual([404, 'CONNECT_NOT_FOUND']);
  });

  it('gives up after ten minutes', async () => {
    const { authorizationUrl, connectId } = await person.authorize();
    const answer = await decide(authorizationUrl, 'newcomer');
    await app.database!.query(
      `UPDATE connects SET created_at = created_at - interval '10 minutes', expires_at = expires_at - interval '10 minutes'
       WHERE id = $1`,
      [connectId],
    );
    const { status, code, message } = await refusal(person.callback(answer));
    expect([status, code]).toEqual([400, 'CONNECT_EXPIRED']);
    expect(message).toContain('Start again');
    expect(await app.spotify.countOf('/oauth/token')).toBe(0);
    await expectNothingConnected(connectId, { status: 'expired' });
  });

  it('is finished in the browser in which it began, and in no other', async () => {
    const answer = await person.call('POST', '/connectors/spotify/authorize');
    const { authorizationUrl, connectId, state } = answer.body.data;
    const { code } = await decide(authorizationUrl, 'newcomer');
    const callback = `${app.url}/api/connectors/spotify/callback?code=${code ?? ''}&state=${state}`;
    const [other, mistaken] = [new BrowserSession(), new BrowserSession()];
    const foreign = await person.call('POST', '/connectors/spotify/authorize');
    other.keep(app.url, foreign.headers);
    // The secret of this connect, as the cookie of another.
    const [cookie = ''] = answer.headers.getSetCookie();
    const renamed = cookie.replace(connectId, foreign.body.data.connectId);
    mistaken.keep(app.url, new Headers([['set-cookie', renamed]]));
    for (const browser of [new BrowserSession(), other, mistaken]) {
      const { status, location } = await browser.open(callback);
      expect([status, location]).toEqual([303, `${app.url}/?error=CONNECT_WRONG_BROWSER&platform=spotify`]);
    }
    await expectNothingConnected(connectId, { status: 'pending' });
    const own = new BrowserSession();
    own.keep(app.url, answer.headers);
    own.keep(app.url, foreign.headers);
    expect((await own.open(callback)).location).toBe(`${app.url}/?connected=spotify`);
    expect(own.names).toEqual([`connect_${foreign.body.data.connectId}`]);
    expect((await own.open(callback)).location).toBe(`${app.url}/?error=CONNECT_ALREADY_COMPLETED&platform=spotify`);
  });

  it('sends a browser with half an answer somewhere it can go on from', async () => {
    const { location } = await new BrowserSession().open(`${app.url}/api/connectors/spotify/callback?code=y`);
    expect(location).toBe(`${app.url}/?error=CONNECT_STATE_INVALID&platform=spotify`);
  });

  it("accepts a person's No, in a program and in a browser", async () => {
    const { authorizationUrl, connectId } = await person.authorize();
    const { status, code, message } = await refusal(
      person.callback(await decide(authorizationUrl, 'newcomer', 'deny')),
    );
    expect([status, code]).toEqual([400, 'CONNECT_DENIED']);
    expect(message).toContain('nothing was connected');
    const denied = { status: 'denied', error: { code, message } };
    await expectNothingConnected(connectId, denied);

    const answer = await person.call('POST', '/connectors/spotify/authorize', { body: { returnTo: '/start?a=b' } });
    const browser = new BrowserSession();
    browser.keep(app.url, answer.headers);
    const consent = `${answer.body.data.authorizationUrl}&persona=newcomer&decision=deny`;
    const callback = await browser.follow(consent, `${app.url}/api/`);
    expect(answerIn(callback)).toMatchObject({ error: 'access_denied', code: undefined });
    expect((await browser.open(callback)).location).toBe(`${app.url}/start?a=b&error=CONNECT_DENIED&platform=spotify`);
    await expectNothingConnected(answer.body.data.connectId, denied);
    expect(await app.spotify.countOf('/oauth/token')).toBe(0);
  });

  it('passes on that the provider itself failed, without repeating its words', async () => {
    const { connectId, state } = await person.authorize();
    const { status, code, message } = await refusal(
      person.callback({ state, error: '<script>temporarily_unavailable</script>' }),
    );
    expect([status, code]).toEqual([502, 'PROVIDER_REFUSED']);
    expect(message).not.toContain('script');
    await expectNothingConnected(connectId, failed(code));
  });

  it('needs a code', async () => {
    const { connectId, state } = await person.authorize();
    const { status, code } = await refusal(person.callback({ state }));
    expect([status, code]).toEqual([400, 'CONNECT_CODE_MISSING']);
    await expectNothingConnected(connectId, failed(code));
  });

  it('says when the provider refuses the code', async () => {
    const { connectId, state } = await person.authorize();
    const { status, code } = await refusal(person.callback({ state, code: 'made-up' }));
    expect([status, code]).toEqual([400, 'CONNECT_CODE_REFUSED']);
    await expectNothingConnected(connectId, failed(code));
  });

  it("does not take one person's code for another's connect (PKCE)", async () => {
    const stranger = await ApiClient.signIn(app);
    const { code: stolen } = await decide((await stranger.authorize()).authorizationUrl, 'night-owl');
    const { connectId, state } = await person.authorize();
    const { code } = await refusal(person.callback({ state, code: stolen }));
    expect(code).toBe('CONNECT_CODE_REFUSED');
    await expectNothingConnected(connectId, failed(code));
  });

  it.each([
    ['200 with an error', { body: '{"error":"bad_verification_code"}' }, 400, 'CONNECT_CODE_REFUSED'],
    ['200 with a page', { body: '<html>Sign in</html>', contentType: 'text/html' }, 502, 'PROVIDER_BAD_ANSWER'],
    ['200 with broken JSON', { body: '{"access_token":"a' }, 502, 'PROVIDER_BAD_ANSWER'],
    ['200 without a token', { body: '{"token_type":"bearer"}' }, 502, 'PROVIDER_BAD_ANSWER'],
    ['200 with nothing', { body: '' }, 502, 'PROVIDER_BAD_ANSWER'],
    ['a client it does not know', { status: 401 }, 502, 'PROVIDER_REFUSED_CLIENT'],
    ['500', { status: 500, body: 'oops', contentType: 'text/plain' }, 502, 'PROVIDER_UNAVAILABLE'],
    ['503 and asks to wait', { status: 503, retryAfter: 30 }, 502, 'PROVIDER_UNAVAILABLE'],
  ])('says what is wrong when the token endpoint answers %s', async (_, fault, expectedStatus, expectedCode) => {
    await app.spotify.addFault({ scope: 'token', ...fault });
    const { connectId, authorizationUrl } = await person.authorize();
    const { status, code, message } = await refusal(person.callback(await decide(authorizationUrl, 'newcomer')));
    expect([status, code]).toEqual([expectedStatus, expectedCode]);
    expect(message).toMatch(/again|operator/);
    await expectNothingConnected(connectId, failed(code));
  });

  it('waits ten seconds for a token endpoint that never answers, and not longer', async () => {
    await app.spotify.addFault({ scope: 'token', hang: true });
    const { connectId, authorizationUrl } = await person.authorize();
    const answer = await decide(authorizationUrl, 'newcomer');
    const startedAt = Date.now();
    const { status, code } = await refusal(person.callback(answer));
    expect([status, code]).toEqual([502, 'PROVIDER_UNAVAILABLE']);
    expect(Date.now() - startedAt).toBeLessThan(13_000);
    await expectNothingConnected(connectId, failed(code));
    await app.spotify.reset();
    await person.connect('newcomer');
  });

  it.each([
    'https://evil.example',
    '//evil.example',
    '/\\evil.example',
    '/..//evil.example',
    '/.//evil.example',
    '/a/%2e%2e//evil.example',
    '/\t/evil.example',
    'javascript:alert(1)',
    'evil.example',
    '',
  ])('returns to no other place than this site: %j', async (returnTo) => {
    const { status, code } = await refusal(person.authorize('spotify', { returnTo }));
    expect([status, code]).toEqual([400, 'INVALID_INPUT']);
  });

  it('lets only the named apps end connects at their own address', async () => {
    const { status, code } = await refusal(person.authorize('spotify', { redirectUri: 'https://evil.example/' }));
    expect([status, code]).toEqual([400, 'REDIRECT_URI_NOT_ALLOWED']);
  });

  it('cannot disconnect what is not connected', async () => {
    const { status, code } = await refusal(person.delete('/connectors/spotify'));
    expect([status, code]).toEqual([404, 'NOT_CONNECTED']);
  });
});

describe('without credentials and without a sandbox', () => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start({ database: 'postgres', env: { SANDBOX: 'false' } });
  });
  afterAll(() => app.stop());

  it('offers no platform, and tells the operator which variables are missing', async () => {
    const person = await ApiClient.signIn(app);
    expect(await person.get('/connectors/platforms')).toMatchObject([
      { name: 'spotify', mode: 'unavailable' },
      { name: 'github', mode: 'unavailable' },
      { name: 'youtube', mode: 'unavailable' },
    ]);
    const { status, body } = await person.call('POST', '/connectors/spotify/authorize');
    expect([status, body.error.code]).toEqual([503, 'PLATFORM_NOT_CONFIGURED']);
    expect(body.error.message).toContain('PLATFORM_SPOTIFY_CLIENT_ID');
    const callback = `${app.url}/api/connectors/spotify/callback?state=x&code=y`;
    const { location } = await new BrowserSession().open(callback);
    expect(location).toBe(`${app.url}/?error=PLATFORM_NOT_CONFIGURED&platform=spotify`);
    expect((await person.get('/connectors/status')).spotify).toMatchObject({ status: 'disconnected' });
    await expect(fetch(app.sandboxUrl)).rejects.toThrow();
  });
});
