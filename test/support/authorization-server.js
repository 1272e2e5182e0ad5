/*
 * A provider with a real authorization server (the package oidc-provider) and a small API in Spotify's shape that only
 * its tokens open. A program of its own: `node authorization-server.js <port> <redirect URI> <client secret>`.
 */
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, redirectUri, clientSecret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const scopes = [
  'user-read-private',
  'user-read-email',
  'user-read-recently-played',
  'user-top-read',
  'user-library-read',
  'playlist-read-private',
  'playlist-read-collaborative',
  'user-follow-read',
  'user-read-playback-position',
];

/** What was asked for, by what it was. */
const seen = { authorization_code: 0, refresh_token: 0, refused: 0, api: 0, revoked: [] };
const accessTokens = new Set();

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'soul signature',
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  scopes,
  pkce: { required: () => true },
  rotateRefreshToken: true,
  issueRefreshToken: () => true,
  ttl: { AccessToken: 3_600, RefreshToken: 86_400, Grant: 86_400, Interaction: 600, Session: 86_400 },
  cookies: { keys: ['tests only'] },
  features: { devInteractions: { enabled: false }, revocation: { enabled: true } },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.on('grant.success', ({ oidc }) => (seen[oidc.params.grant_type] += 1));
provider.on('refresh_token.destroyed', () => seen.revoked.push('refresh_token'));
provider.on('access_token.destroyed', () => seen.revoked.push('access_token'));
provider.on('grant.error', () => (seen.refused += 1));

/** Ada is always signed in and consents to everything. */
async function interact(request, response) {
  const { prompt, session, params, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    await provider.interactionFinished(request, response, { login: { accountId: 'ada' } });
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

const track = (id) => ({
  added_at: `2026-01-0${id}T20:00:00Z`,
  track: {
    id: `t${id}`,
    type: 'track',
    name: `Track ${id}`,
    uri: `spotify:track:t${id}`,
    artists: [{ id: 'a1', name: 'Ada' }],
  },
});
const ANSWERS = {
  '/v1/me': { id: 'ada', display_name: 'Ada', country: 'GB' },
  '/v1/me/tracks': { items: [track(1), track(2)], total: 3, offset: 0, next: `${issuer}/v1/me/tracks/more` },
  '/v1/me/tracks/more': { items: [track(3)], total: 3, offset: 2, next: null },
  '/v1/me/following': { artists: { items: [], total: 0, next: null } },
};

async function api(request, response, path) {
  seen.api += 1;
  const value = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1];
  const token = value && (await provider.AccessToken.find(value));
  response.setHeader('content-type', 'application/json');
  if (!token?.isValid) {
    response.writeHead(401).end(JSON.stringify({ error: { status: 401, message: 'The access token expired' } }));
    return;
  }
  accessTokens.add(token);
  response.end(JSON.stringify(ANSWERS[path] ?? { items: [], total: 0, next: null }));
}

/** What tests do to it: access tokens end before their time, or the whole grant does. */
const CONTROLS = {
  '/test/end-access-tokens': async () => {
    for (const token of accessTokens) await token.destroy();
    accessTokens.clear();
  },
  '/test/end-grants': async () => {
    for (const { grantId } of accessTokens) {
      for (const kind of ['AccessToken', 'RefreshToken', 'Grant']) {
        await provider[kind].adapter.revokeByGrantId(grantId);
      }
      await provider.Grant.adapter.destroy(grantId);
    }
    accessTokens.clear();
  },
  '/test/seen': () => undefined,
};

const callback = provider.callback();
createServer((request, response) => {
  const path = new URL(request.url, issuer).pathname;
  const answer = async () => {
    if (path in CONTROLS) {
      await CONTROLS[path]();
      response.end(JSON.stringify(seen));
    } else if (path.startsWith('/interaction/')) await interact(request, response);
    else if (path.startsWith('/v1/')) await api(request, response, path);
    else await callback(request, response);
  };
  answer().catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
