import type { Request } from 'express';
import { isLoopbackHost } from '../config/environment-values.js';
import { isLoopbackRequest } from './loopback.js';

const request = (remoteAddress: string | undefined, headers: Record<string, string> = { host: 'localhost:3001' }) =>
  ({ socket: { remoteAddress }, headers }) as unknown as Request;

describe('A request from this machine', () => {
  it.each([
    ['127.0.0.1', 'localhost:3001'],
    ['127.0.0.1', '127.0.0.1:3001'],
    ['127.8.8.8', 'localhost'],
    ['::1', '[::1]:3001'],
    ['::ffff:127.0.0.1', 'localhost:3001'],
  ])('comes from %s for %s', (peer, host) => {
    expect(isLoopbackRequest(request(peer, { host }))).toBe(true);
  });

  it.each([
    ['192.168.0.7', 'localhost:3001'],
    ['127.0.0.1', 'evil.example'],
    ['127.0.0.1', 'localhost.evil.example:3001'],
    ['127.0.0.1', '127.0.0.1.evil.example'],
    ['::ffff:10.0.0.1', 'localhost'],
    ['127.0.0.1', ''],
  ])('does not come from %s for %s', (peer, host) => {
    expect(isLoopbackRequest(request(peer, { host }))).toBe(false);
  });

  it('names a host', () => {
    expect(isLoopbackRequest(request('127.0.0.1', {}))).toBe(false);
    expect(isLoopbackRequest(request(undefined))).toBe(false);
  });

  it.each(['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-proto', 'x-real-ip', 'via'])(
    'does not carry %s',
    (header) => {
      expect(isLoopbackRequest(request('127.0.0.1', { host: 'localhost', [header]: '127.0.0.1' }))).toBe(false);
    },
  );

  it('is one for hosts that always mean this machine, and for no others', () => {
    for (const host of ['localhost', '127.0.0.1', '127.255.1.2', '::1', '[::1]']) {
      expect(isLoopbackHost(host)).toBe(true);
    }
    for (const host of ['0.0.0.0', '128.0.0.1', '127.0.0.1.nip.io', 'xlocalhost', '127.1', '']) {
      expect(isLoopbackHost(host)).toBe(false);
    }
  });
});
