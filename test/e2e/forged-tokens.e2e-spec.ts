import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CompactEncrypt, SignJWT } from 'jose';
import { ApiClient } from '../support/api-client.js';
import { socketTo } from '../support/live-feed.js';
import { RunningApp } from '../support/running-app.js';

const GOOD = { iss: 'https://issuer.example', aud: 'soul', sub: 'ada', role: 'admin' };
const own = generateKeyPairSync('rsa', { modulusLength: 2048 });
const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });

const inAnHour = () => Math.floor(Date.now() / 1_000) + 3_600;
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token put together by hand, as an attacker would. */
function forge(header: object, sign: (input: string) => string, claims: object = GOOD): string {
  const input = `${encoded(header)}.${encoded({ exp: inAnHour(), ...claims })}`;
  return `${input}.${sign(input)}`;
}

const hmac = (key: string | Buffer) => (input: string) => createHmac('sha256', key).update(input).digest('base64url');

function signed(
  claims: object = {},
  { header = {}, key = own.privateKey }: { header?: object; key?: KeyObject } = {},
): Promise<string> {
  return new SignJWT({ ...GOOD, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: 'one', ...header })
    .setExpirationTime('1h')
    .sign(key);
}

describe('a forged token', () => {
  let issuer: Server;
  let asked: string[];
  let url: string;
  let app: RunningApp;

  beforeAll(async () => {
    const keys = [{ ...own.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256', use: 'sig' }];
    const brought = [{ ...foreign.publicKey.export({ format: 'jwk' }), kid: 'one', alg: 'RS256' }];
    asked = [];
    issuer = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ keys: request.url === '/keys' ? keys : brought }));
    });
    await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(issuer.address() as AddressInfo).port}`;
    app = await RunningApp.start({
      database: 'postgres',
      env: { JWT_JWKS_URL: `${url}/keys`, JWT_ISSUER: GOOD.iss, JWT_AUDIENCE: GOOD.aud },
    });
  });
  afterAll(async () => {
    await app.stop();
    issuer.closeAllConnections();
    await new Promise((resolve) => issuer.close(resolve));
  });

  const pem = () => own.publicKey.export({ type: 'spki', format: 'pem' });

  const FORGED: readonly (readonly [string, () => Promise<string> | string])[] = [
    ['without a signature (alg none)', () => forge({ alg: 'none', typ: 'JWT' }, () => '')],
    ['without a signature, spelled otherwise', () => forge({ alg: 'nOnE', kid: 'one' }, () => '')],
    ['signed with the public key as a secret', () => forge({ alg: 'HS256', kid: 'one' }, hmac(pem()))],
    ['signed with the public key as a secret, without kid', () => forge({ alg: 'HS256' }, hmac(pem()))],
    [
      'of a kid that is a path to a file everybody knows',
      () => forge({ alg: 'HS256', kid: '../../../../dev/null' }, hmac('')),
    ],
    ['of a kid that is SQL', () => signed({}, { key: foreign.privateKey, header: { kid: "' UNION SELECT 'x" } })],
    ['of somebody else’s key', () => signed({}, { key: foreign.privateKey })],
    [
      'that names where its key is (jku)',
      () => signed({}, { key: foreign.privateKey, header: { jku: `${url}/evil` } }),
    ],
    [
      'that names where its key is (x5u)',
      () => signed({}, { key: foreign.privateKey, header: { x5u: `${url}/evil` } }),
    ],
    [
      'that brings its key along (jwk)',
      () => signed({}, { key: foreign.privateKey, header: { jwk: foreign.publicKey.export({ format: 'jwk' }) } }),
    ],
    [
      'with an extension that must be understood',
      () => forge({ alg: 'RS256', kid: 'one', crit: ['x'], x: 1 }, () => 'AAAA'),
    ],
    ['for another audience', () => signed({ aud: 'another-app' })],
    ['of another issuer', () => signed({ iss: 'https://evil.example' })],
    ['made for logging out', () => signed({}, { header: { typ: 'logout+jwt' } })],
    ['made to prove a key (DPoP)', () => signed({}, { header: { typ: 'dpop+jwt' } })],
    [
      'with other claims under an old signature',
      async () => {
        const [header, , signature] = (await signed({ role: 'user' })).split('.');
        return [header, encoded({ ...GOOD, exp: inAnHour() }), signature].join('.');
      },
    ],
    [
      'that is encrypted instead of signed',
      () =>
        new CompactEncrypt(Buffer.from(JSON.stringify(GOOD)))
          .setProtectedHeader({ alg: 'RSA-OAEP-256', enc: 'A256GCM', kid: 'one' })
          .encrypt(own.publicKey),
    ],
    ['that ended more than half a minute ago', async () => forgeExpired()],
  ];

  const forgeExpired = () =>
    new SignJWT(GOOD)
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setExpirationTime(Math.floor(Date.now() / 1_000) - 60)
      .sign(own.privateKey);

  it('is refused where the real one is taken', async () => {
    for (const typ of [undefined, 'JWT', 'at+jwt', 'application/at+jwt']) {
      const ada = new ApiClient(app, await signed({}, { header: typ === undefined ? {} : { typ } }));
      expect([typ, (await ada.call('GET', '/queues/overview')).status]).toEqual([typ, 200]);
    }
  });

  it.each(FORGED)('%s opens neither a route, the dashboard nor a socket', async (_, make) => {
    const token = await make();
    const client = new ApiClient(app, token);
    for (const path of ['/me', '/queues/overview', '/account/export', '/keys']) {
      const { status, body } = await client.call('GET', path);
      expect([path, status]).toEqual([path, 401]);
      expect(['UNAUTHORIZED', 'TOKEN_EXPIRED']).toContain(body.error.code);
    }
    const socket = socketTo(app, token);
    const refused = await new Promise<Error>((resolve) => socket.once('connect_error', resolve));
    expect(['UNAUTHORIZED', 'TOKEN_EXPIRED']).toContain(refused.message);
  });

  it('never makes the server ask elsewhere for keys', () => {
    expect(new Set(asked)).toEqual(new Set(['/keys']));
  });
});
