/*
 * A real OpenID provider (the package oidc-provider) whose people need no password: who signs in next is whom a test has
 * named. A program of its own: `node openid-provider.js <port> <address of the product> <client secret>`.
 */
import { createServer } from 'node:http';
import Provider from 'oidc-provider';

const [port, product, clientSecret] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

/** Who signs in next; `deny` refuses, `at` is when they showed who they are, in seconds. */
let next = { sub: 'nobody' };
const people = new Map();

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'soul signature',
      client_secret: clientSecret,
      redirect_uris: [`${product}/api/auth/oidc/callback`],
      grant_types: ['authorization_code'],
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_basic',
      backchannel_logout_uri: `${product}/api/auth/oidc/backchannel-logout`,
      backchannel_logout_session_required: true,
    },
  ],
  scopes: ['openid', 'profile', 'email', 'groups'],
  claims: {
    openid: ['sub'],
    profile: ['name', 'preferred_username'],
    email: ['email', 'email_verified'],
    groups: ['groups'],
  },
  pkce: { required: () => true },
  ttl: { AccessToken: 600, IdToken: 600, Grant: 86_400, Interaction: 600, Session: 86_400 },
  cookies: { keys: ['tests only'] },
  features: {
    devInteractions: { enabled: false },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: { enabled: true },
  },
  // Its own way to the network refuses this machine.
  fetch: (url, options) => fetch(url, { ...options, dispatcher: undefined, signal: AbortSignal.timeout(60_000) }),
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ ...people.get(id), sub: id }) }),
});

async function interact(request, response) {
  const { prompt, session, params, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const { sub, deny, at } = next;
    const result = deny
      ? { error: 'access_denied', error_description: 'The person left' }
      : { login: { accountId: sub, ...(at && { ts: at }) } };
    await provider.interactionFinished(request, response, result);
    return;
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  await provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
}

/** What tests do to it; each takes JSON and answers with JSON. */
const CONTROLS = {
  '/test/person': (person) => {
    next = person;
    if (person.sub) people.set(person.sub, person);
    return {};
  },
  /** Tells the product that somebody has signed out here; with `sid` only from that sign-in. */
  '/test/logout': async ({ sub, sid }) => {
    const client = await provider.Client.find('soul signature');
    client.backchannelLogoutSessionRequired = sid !== undefined;
    await client.backchannelLogout(sub, sid).finally(() => (client.backchannelLogoutSessionRequired = true));
    return {};
  },
  /** A token with any claims, signed as those of logouts and sign-ins are. */
  '/test/sign': async ({ sub, claims, use }) => {
    const token = new provider.IdToken({ sub }, { client: await provider.Client.find('soul signature') });
    token.mask = { sub: null };
    for (const [name, value] of Object.entries(claims)) token.set(name, value);
    return { token: await token.issue({ use }) };
  },
};

async function bodyOf(request) {
  let text = '';
  for await (const piece of request) text += piece;
  return text === '' ? {} : JSON.parse(text);
}

const callback = provider.callback();
createServer((request, response) => {
  const path = new URL(request.url, issuer).pathname;
  const answer = async () => {
    if (path in CONTROLS) response.end(JSON.stringify(await CONTROLS[path](await bodyOf(request))));
    else if (path.startsWith('/interaction/')) await interact(request, response);
    else await callback(request, response);
  };
  answer().catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
}).listen(Number(port), '127.0.0.1', () => console.log('listening'));
