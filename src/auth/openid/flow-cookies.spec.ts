import type { AddressInfo } from 'node:net';
import express from 'express';
import { FlowCookies } from './flow-cookies.js';

const SECRET = 'S'.repeat(43);

/** What a browser is given, and what is found in what it sends. */
async function exchange(publicUrl: string, value: string, invitation?: string) {
  const cookies = new FlowCookies({ publicUrl });
  const app = express()
    .get('/begin', (_, response) => {
      cookies.set(response, 'state', { secret: SECRET, invitation });
      response.end();
    })
    .get('/end', (request, response) => {
      cookies.clear(response, 'state');
      response.json([cookies.find(request, 'state') ?? null, cookies.find(request, 'other') ?? null]);
    });
  const server = app.listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const [set = ''] = (await fetch(`${url}/begin`)).headers.getSetCookie();
    const name = set.split('=')[0] ?? '';
    const sent = value === '' ? (set.split(';')[0] ?? '') : value.replace('NAME', name);
    const ended = await fetch(`${url}/end`, { headers: { cookie: sent } });
    return { set, cleared: ended.headers.getSetCookie(), found: (await ended.json()) as unknown[] };
  } finally {
    server.close();
  }
}

describe('The cookie of a sign-in with a provider', () => {
  it('is one on https that no other host can set, and tells nothing of the state', async () => {
    const { set, cleared, found } = await exchange('https://soul.example.org', '');
    expect(set).toMatch(
      /^__Host-oidc_[0-9a-f]{16}=S{43}; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
    );
    expect(cleared).toEqual([expect.stringMatching(/^__Host-oidc_[0-9a-f]{16}=; Path=\/; Expires=Thu, 01 Jan 1970/)]);
    expect(found).toEqual([{ secret: SECRET }, null]);
  });

  it('goes to its own routes only without https, where browsers take no prefix', async () => {
    const { set } = await exchange('http://127.0.0.1:3001', '');
    expect(set).toMatch(/^oidc_[0-9a-f]{16}=S{43}; Max-Age=600; Path=\/api\/auth\/oidc; .*HttpOnly; SameSite=Lax$/);
  });

  it('takes an invitation along, whatever that looks like', async () => {
    const { found } = await exchange('https://soul.example.org', '', 'a.b;c=\u00e9 "');
    expect(found[0]).toEqual({ secret: SECRET, invitation: 'a.b;c=\u00e9 "' });
  });

  it.each(['NAME=', 'NAME=short', `NAME=${SECRET}x`, `x${SECRET}`, `oidc_0=${SECRET}`])('is not %s', async (sent) => {
    const { found } = await exchange('https://soul.example.org', sent);
    expect(found[0]).toBeNull();
  });
});
