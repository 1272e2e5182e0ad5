import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RedisServer } from '../../test/support/redis-server.js';
import { TcpProxy } from '../../test/support/tcp-proxy.js';
import { until } from '../../test/support/until.js';
import { RedisClients } from './redis-clients.js';

describe('A Redis', () => {
  let server: RedisServer;
  let proxy: TcpProxy;
  let clients: RedisClients;
  let warn: jest.SpyInstance;

  beforeEach(async () => {
    warn = jest.spyOn(Logger.prototype, 'warn').mockReturnValue();
    jest.spyOn(Logger.prototype, 'log').mockReturnValue();
    server = await RedisServer.start();
    proxy = await TcpProxy.start(new URL(server.url));
    clients = new RedisClients({ urls: [`redis://127.0.0.1:${proxy.port}`], prefix: 'spec' });
  });

  afterEach(async () => {
    clients.close();
    await proxy.refuse();
    await server.stop();
    jest.restoreAllMocks();
  });

  it('that vanishes is noticed by subscribers, to which nothing is sent', async () => {
    const outside = new Redis(server.url);
    const received: string[] = [];
    const subscriber = clients.get('subscriber');
    subscriber.on('message', (_, text: string) => received.push(text));
    await subscriber.subscribe('news');

    expect(proxy.silence()).toBe(1);
    await until('the news to arrive', async () => {
      await outside.publish('news', 'new');
      return received.length > 0;
    });
    outside.disconnect();

    expect(warn.mock.calls).toEqual([['Redis (subscriber) was silent for 5 s']]);
  });

  it('that was cut off while it owed an answer is not cut off again', async () => {
    const client = clients.get('subscriber');
    await client.ping();
    let closed = 0;
    client.on('close', () => (closed += 1));
    proxy.silence();
    const late = client.ping();
    await proxy.refuse();
    await proxy.open();
    await until('the connection to be back', () => closed === 1 && client.status === 'ready');
    expect(await late).toBe('PONG');
    await sleep(5_500); // The silence after which the old connection would have been closed.
    expect([closed, client.status]).toEqual([1, 'ready']);
  });
});
