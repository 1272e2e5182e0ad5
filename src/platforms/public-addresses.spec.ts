import type { lookup, LookupAddress } from 'node:dns';
import { createServer } from 'node:http';
import type { AddressInfo, LookupFunction } from 'node:net';
import { exchange } from './http-exchange.js';
import { isPublicAddress, publicLookup } from './public-addresses.js';

const LIMITS = { headersMs: 2_000, idleMs: 2_000, totalMs: 4_000, bodyBytes: 1_000 };

test.each([
  '93.184.216.34',
  '8.8.8.8',
  '172.32.0.1',
  '223.255.255.255',
  '2606:4700::6810:84e5',
  '2a00:1450:4001::1',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));

test.each([
  '0.0.0.0',
  '10.1.2.3',
  '100.64.0.1',
  '127.0.0.1',
  '127.255.255.254',
  '169.254.169.254',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.1.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::',
  '::1',
  'fe80::1',
  'fc00::1',
  'fd12:3456::1',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:7f00:1',
  '0:0:0:0:0:ffff:c0a8:101',
  '64:ff9b::a00:1',
  '::127.0.0.1',
  '2001:db8::1',
  '2002:7f00:1::',
  '2001:0:4136::1',
  'fe80::1%lo',
  'localhost',
  '',
])('%s is not', (address) => expect(isPublicAddress(address)).toBe(false));

describe('a lookup', () => {
  const answering = (...addresses: LookupAddress[]) =>
    publicLookup(((_name: string, _options: object, done: any) => done(null, addresses)) as unknown as typeof lookup);
  const look = (lookUp: LookupFunction, all: boolean) =>
    new Promise((resolve) => lookUp('api.example', { all }, (error, ...found) => resolve(error ?? found)));

  it('gives what it found, in the form that was asked for', async () => {
    const found = [{ address: '8.8.8.8', family: 4 }];
    expect(await look(answering(...found), true)).toEqual([found]);
    expect(await look(answering(...found), false)).toEqual(['8.8.8.8', 4]);
  });

  it('refuses a name of which one address is private', async () => {
    const lookUp = answering({ address: '8.8.8.8', family: 4 }, { address: '::ffff:10.0.0.1', family: 6 });
    expect(await look(lookUp, true)).toMatchObject({ code: 'PLATFORM_BAD_ANSWER' });
    expect(await look(answering(), true)).toMatchObject({ code: 'PLATFORM_BAD_ANSWER' });
  });
});

describe('an exchange that must stay in public', () => {
  let hits = 0;
  const server = createServer((_request, response) => {
    hits += 1;
    response.end('{}');
  });
  let port: number;

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const ask = (host: string, reach: 'public' | 'any') =>
    exchange(new URL(`http://${host}:${port}/`), {}, LIMITS, new AbortController().signal, { reach });

  it.each(['localhost', '127.0.0.1', '[::ffff:127.0.0.1]', '2130706433', '0x7f.1'])(
    'refuses %s before a connection is made',
    async (host) => {
      await expect(ask(host, 'public')).rejects.toMatchObject({ code: 'PLATFORM_BAD_ANSWER' });
      expect(hits).toBe(0);
    },
  );

  it('reaches the same place where that is allowed', async () => {
    expect(await ask('localhost', 'any')).toMatchObject({ status: 200 });
  });
});
