import type { AddressInfo } from 'node:net';
import express from 'express';
import { ConnectCookies } from './connect-cookies.js';

/** What a browser is given for the attempt `one`, loses with its end, and has at a callback. */
async function exchange(publicUrl: string, cookie: string) {
  const cookies = new ConnectCookies({ publicUrl });
  const app = express()
    .get('/begin', (_, response) => {
      cookies.set(response, 'one', 'secret');
      response.end();
    })
    .get('/end', (request, response) => {
      cookies.clear(response, 'one');
      response.json([...cookies.secretsIn(request)]);
    });
  const server = app.listen(0, '127.0.0.1');
  try {
    await new Promise((resolve) => server.once('listening', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const begun = await fetch(`${url}/begin`);
    const ended = await fetch(`${url}/end`, { headers: { cookie } });
    return {
      set: begun.headers.getSetCookie(),
      cleared: ended.headers.getSetCookie(),
      secrets: await ended.json(),
    };
  } finally {
    server.close();
  }
}

describe('The cookie of a connect', () => {
  it('is one on https that no other host can set, and one that could be set by another is not read', async () => {
    const tossed = 'connect_one=tossed; __Secure-connect_one=tossed; x__Host-connect_one=tossed; other=1';
    const { set, cleared, secrets } = await exchange('https://soul.example.org', `${tossed}; __Host-connect_two=kept`);
    expect(set).toEqual([
      expect.stringMatching(
        /^__Host-connect_one=secret; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/,
      ),
    ]);
    expect(cleared).toEqual([
      expect.stringMatching(/^__Host-connect_one=; Path=\/; Expires=Thu, 01 Jan 1970 .*; Secure/),
    ]);
    expect(secrets).toEqual([['two', 'kept']]);
  });

  it('goes to the connectors only without https, where browsers take no prefix', async () => {
    const { set, secrets } = await exchange(
      'http://127.0.0.1:3001',
      'connect_one=a; connect_two=b; __Host-connect_x=c',
    );
    expect(set).toEqual([
      expect.stringMatching(
        /^connect_one=secret; Max-Age=600; Path=\/api\/connectors; Expires=[^;]+; HttpOnly; SameSite=Lax$/,
      ),
    ]);
    expect(secrets).toEqual([
      ['one', 'a'],
      ['two', 'b'],
    ]);
  });
});
