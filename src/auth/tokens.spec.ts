import '../../test/support/own-data-folder.js';
import { createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SignJWT, type JWTPayload } from 'jose';
import { parseConfig } from '../config/config.js';
import { Tokens } from './tokens.js';

const SECRET = 's'.repeat(40);

const now = () => Math.floor(Date.now() / 1000);

/** A token put together by hand, as an attacker would. */
function forge(header: object, payload: object, sign: (input: string) => string): string {
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${input}.${sign(input)}`;
}

const hmac = (key: string | Buffer) => (input: string) => createHmac('sha256', key).update(input).digest('base64url');

describe('Bearer tokens', () => {
  describe('with a shared secret', () => {
    const tokens = new Tokens(parseConfig({ JWT_SECRET: SECRET }));
    const signed = (payload: JWTPayload, secret = SECRET) =>
      new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(secret));

    it('say who somebody is, and what they may', async () => {
      const exp = now() + 60;
      expect(await tokens.verify(await signed({ sub: 'ana', exp }))).toEqual({
        userId: 'ana',
        admin: false,
        premium: false,
        expiresAt: new Date(exp * 1000),
      });
      expect(await tokens.verify(await signed({ sub: '🦄 x', role: 'admin', plan: 'premium' }))).toEqual({
        userId: '🦄 x',
        admin: true,
        premium: true,
        expiresAt: undefined,
      });
      expect(await tokens.verify(await signed({ sub: 'x', role: 'administrator', plan: 'Premium' }))).toMatchObject({
        admin: false,
        premium: false,
      });
    });

    it('that we issue are ones that we accept', async () => {
      const token = await tokens.issue({ userId: "o'hara", admin: true, premium: true }, '1h');
      const identity = await tokens.verify(token);
      expect(identity).toMatchObject({ userId: "o'hara", admin: true, premium: true });
      expect(identity.expiresAt!.getTime() / 1000).toBeCloseTo(now() + 3_600, -1);
    });

    it.each<[string, (payload: object) => Promise<string> | string]>([
      ['another secret', (payload) => signed(payload as JWTPayload, 'x'.repeat(40))],
      ['no signature', (payload) => forge({ alg: 'none' }, payload, () => '')],
      ['no signature, in other letters', (payload) => forge({ alg: 'NoNe' }, payload, () => '')],
      [
        'an empty secret',
        (payload) =>
          forge({ alg: 'HS256' }, payload, (input) => createHmac('sha256', '').update(input).digest('base64url')),
      ],
      [
        'another hash than ours',
        (payload) =>
          forge({ alg: 'HS512' }, payload, (input) => createHmac('sha512', SECRET).update(input).digest('base64url')),
      ],
      ['no algorithm', (payload) => forge({}, payload, hmac(SECRET))],
      [
        'an extension that nobody knows',
        (payload) => forge({ alg: 'HS256', crit: ['x'], x: 1 }, payload, hmac(SECRET)),
      ],
      ['something cut off', async (payload) => (await signed(payload as JWTPayload)).slice(0, -2)],
      [
        'something changed',
        async (payload) => {
          const [header, , signature] = (await signed(payload as JWTPayload)).split('.');
          return `${header}.${Buffer.from('{"sub":"root"}').toString('base64url')}.${signature}`;
        },
      ],
    ])('with %s are refused', async (_, make) => {
      const token = await make({ sub: 'ana', exp: now() + 60 });
      await expect(tokens.verify(token)).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    });

    it.each(['', 'x', '..', 'a.b.c', 'null', `${'A'.repeat(10_000)}.e.e`])('%j are refused', async (token) => {
      await expect(tokens.verify(token)).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    });

    it.each<[string, object]>([
      ['nobody', {}],
      ['an empty name', { sub: '' }],
      ['a number', { sub: 7 }],
      ['a name that is too long', { sub: 'x'.repeat(201) }],
      ['a name with a line break', { sub: 'a\nb' }],
      ['a name with NUL', { sub: 'a\0b' }],
      ['a name that is no text, and would be stored as another', { sub: 'a\uD800' }],
    ])('for %s are refused', async (_, payload) => {
      const token = forge({ alg: 'HS256' }, payload, hmac(SECRET));
      await expect(tokens.verify(token)).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
    });

    it('that have expired say so, and clocks may differ by half a minute', async () => {
      await expect(tokens.verify(await signed({ sub: 'ana', exp: now() - 40 }))).rejects.toMatchObject({
        status: 401,
        code: 'TOKEN_EXPIRED',
      });
      expect(await tokens.verify(await signed({ sub: 'ana', exp: now() - 10 }))).toMatchObject({ userId: 'ana' });
    });

    it('that are not valid yet are refused', async () => {
      await expect(tokens.verify(await signed({ sub: 'ana', nbf: now() + 60 }))).rejects.toMatchObject({
        code: 'UNAUTHORIZED',
      });
    });

    it('that were issued in the future, and would outlive every deletion of their account, are refused', async () => {
      for (const iat of [now() + 60, 1e12, 1e300]) {
        await expect(tokens.verify(await signed({ sub: 'ana', iat }))).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
      }
      expect(await tokens.verify(await signed({ sub: 'ana', iat: now() + 20 }))).toMatchObject({ userId: 'ana' });
    });

    it('are held to an issuer and an audience where these are named', async () => {
      const strict = new Tokens(parseConfig({ JWT_SECRET: SECRET, JWT_ISSUER: 'us', JWT_AUDIENCE: 'soul' }));
      expect(await strict.verify(await signed({ sub: 'ana', iss: 'us', aud: ['other', 'soul'] }))).toBeDefined();
      expect(await strict.verify(await strict.issue({ userId: 'ana' }, '1h'))).toMatchObject({ userId: 'ana' });
      for (const wrong of [{}, { iss: 'us' }, { aud: 'soul' }, { iss: 'them', aud: 'soul' }, { iss: 'us', aud: 'x' }]) {
        await expect(strict.verify(await signed({ sub: 'ana', ...wrong }))).rejects.toMatchObject({
          code: 'UNAUTHORIZED',
        });
      }
    });
  });

  describe("with an issuer's key set", () => {
    let server: Server;
    let url: string;
    let asked: number;
    let answer: { status: number; body: string } | 'drop';
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const next = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const jwk = (key: KeyObject, kid: string, alg: string) => ({
      ...key.export({ format: 'jwk' }),
      kid,
      alg,
      use: 'sig',
    });
    const keySet = (...keys: object[]) => ({ status: 200, body: JSON.stringify({ keys }) });
    const GOOD = { iss: 'https://issuer.example', aud: 'soul' };

    beforeAll(async () => {
      server = createServer((_, response) => {
        asked += 1;
        if (answer === 'drop') response.destroy();
        else response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
    });

    beforeEach(() => {
      asked = 0;
      answer = keySet(jwk(rsa.publicKey, 'one', 'RS256'), jwk(elliptic.publicKey, 'ec', 'ES256'));
    });

    afterAll(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });

    const checking = () => new Tokens(parseConfig({ JWT_JWKS_URL: url, JWT_ISSUER: GOOD.iss, JWT_AUDIENCE: GOOD.aud }));
    const signed = (payload: JWTPayload, { key = rsa.privateKey, alg = 'RS256', kid = 'one' } = {}) =>
      new SignJWT({ ...GOOD, ...payload }).setProtectedHeader({ alg, kid }).sign(key);

    it('are accepted with its signatures, and the keys are asked for once', async () => {
      const tokens = checking();
      expect(await tokens.verify(await signed({ sub: 'ana', role: 'admin' }))).toMatchObject({
        userId: 'ana',
        admin: true,
      });
      const curved = await signed({ sub: 'bo' }, { key: elliptic.privateKey, alg: 'ES256', kid: 'ec' });
      expect(await tokens.verify(curved)).toMatchObject({ userId: 'bo' });
      expect(asked).toBe(1);
    });

    it.each(['local:1', 'oidc:x', 'demo:mira', 'cli'])('are refused for people of this server: %s', async (sub) => {
      await expect(checking().verify(await signed({ sub }))).rejects.toMatchObject({
        status: 401,
        code: 'UNAUTHORIZED',
      });
    });

    it('are refused when signed with the public key as if it were a secret', async () => {
      const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' });
      const der = rsa.publicKey.export({ type: 'spki', format: 'der' });
      const modulus = Buffer.from(rsa.publicKey.export({ format: 'jwk' }).n!, 'base64url');
      for (const key of [pem, der, modulus]) {
        for (const kid of ['one', undefined]) {
          const token = forge({ alg: 'HS256', kid }, { ...GOOD, sub: 'root' }, hmac(key));
          await expect(checking().verify(token)).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
        }
      }
    });

    it('are refused without a signature, with a foreign key, and with a key that they bring along', async () => {
      const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const brought = await new SignJWT({ ...GOOD, sub: 'root' })
        .setProtectedHeader({
          alg: 'RS256',
          kid: 'one',
          jwk: foreign.publicKey.export({ format: 'jwk' }),
          jku: 'http://127.0.0.1:1/',
        })
        .sign(foreign.privateKey);
      for (const token of [
        forge({ alg: 'none', kid: 'one' }, { ...GOOD, sub: 'root' }, () => ''),
        await signed({ sub: 'root' }, { key: foreign.privateKey }),
        await signed({ sub: 'root' }, { key: foreign.privateKey, kid: 'unknown' }),
        brought,
      ]) {
        await expect(checking().verify(token)).rejects.toMatchObject({ status: 401, code: 'UNAUTHORIZED' });
      }
    });

    it('are held to the issuer and the audience', async () => {
      for (const wrong of [{ iss: 'https://evil.example' }, { aud: 'another-app' }]) {
        await expect(checking().verify(await signed({ sub: 'ana', ...wrong }))).rejects.toMatchObject({
          code: 'UNAUTHORIZED',
        });
      }
      await expect(checking().verify(await signed({ sub: 'ana', exp: now() - 60 }))).rejects.toMatchObject({
        code: 'TOKEN_EXPIRED',
      });
    });

    it.each<[string, typeof answer]>([
      ['drops the connection', 'drop'],
      ['has an error', { status: 500, body: 'sorry' }],
      ['has gone', { status: 404, body: '<html>' }],
      ['answers with a page', { status: 200, body: '<html>' }],
      ['answers with something else', { status: 200, body: '{"hello":1}' }],
    ])('cannot be checked while the issuer %s: not the fault of who asks', async (_, fault) => {
      answer = fault;
      const tokens = checking();
      const token = await signed({ sub: 'ana' });
      await expect(tokens.verify(token)).rejects.toMatchObject({
        status: 503,
        code: 'ISSUER_UNAVAILABLE',
        extra: { retryAfter: 5 },
      });
      answer = keySet(jwk(rsa.publicKey, 'one', 'RS256'));
      expect(await tokens.verify(token)).toMatchObject({ userId: 'ana' });
    });

    it('cannot be checked while the issuer is away', async () => {
      const tokens = new Tokens(
        parseConfig({ JWT_JWKS_URL: 'http://127.0.0.1:1/', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' }),
      );
      await expect(tokens.verify(await signed({ sub: 'ana' }))).rejects.toMatchObject({ code: 'ISSUER_UNAVAILABLE' });
    });

    it('of a new key are accepted by a process that starts after the change, and the old ones no longer', async () => {
      answer = keySet(jwk(next.publicKey, 'two', 'RS256'));
      const tokens = checking();
      const fresh = await signed({ sub: 'ana' }, { key: next.privateKey, kid: 'two' });
      expect(await tokens.verify(fresh)).toMatchObject({ userId: 'ana' });
      await expect(tokens.verify(await signed({ sub: 'ana' }))).rejects.toMatchObject({ code: 'UNAUTHORIZED' });
    });

    it('are not made by us', () => {
      expect(() => checking().issue({ userId: 'ana' }, '1h')).toThrow(
        expect.objectContaining({ code: 'TOKENS_ISSUED_ELSEWHERE' }),
      );
    });
  });
});
