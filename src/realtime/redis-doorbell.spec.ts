import { Redis } from 'ioredis';
import { RedisServer } from '../../test/support/redis-server.js';
import { until } from '../../test/support/until.js';
import type { DurableEvent } from './events.js';
import { RedisDoorbell } from './redis-doorbell.js';

describe('The doorbell over Redis', () => {
  let server: RedisServer;
  let publisher: Redis;
  let subscribers: Redis[];
  let heard: { userId: string; events: readonly DurableEvent[] }[];
  let rung: typeof heard;
  let sender: RedisDoorbell;

  beforeAll(async () => {
    server = await RedisServer.start();
    publisher = new Redis(server.url);
    subscribers = [new Redis(server.url), new Redis(server.url)];
    const [ours, theirs] = subscribers.map(
      (subscriber) =>
        new RedisDoorbell({ prefix: 'test', get: (use) => (use === 'client' ? publisher : subscriber) }, true),
    );
    sender = ours!;
    sender.onRing((userId, events) => rung.push({ userId, events }));
    theirs!.onRing((userId, events) => heard.push({ userId, events }));
    await until('both to listen', async () => {
      const [, count] = (await publisher.pubsub('NUMSUB', 'test:doorbell')) as [string, number];
      return count === 2;
    });
  });
  beforeEach(() => {
    heard = [];
    rung = [];
  });
  afterAll(async () => {
    for (const client of [publisher, ...subscribers]) client.disconnect();
    await server.stop();
  });

  const event = (seq: number, status = 'connected') =>
    ({ seq, at: '2026-11-24T12:00:00.000Z', type: 'connection_status', platform: 'spotify', status }) as DurableEvent;
  /** Redis keeps the order of one publisher: when this has come, everything before it has. */
  const lastWord = async () => {
    sender.ring('the end', []);
    await until('the last word', () => heard.at(-1)?.userId === 'the end');
    return heard.slice(0, -1);
  };

  it('carries events to other processes, and rings once in its own', async () => {
    sender.ring('ana', [event(1), event(2)]);
    const ring = { userId: 'ana', events: [event(1), event(2)] };
    expect(await lastWord()).toEqual([ring]);
    expect(rung).toEqual([ring, { userId: 'the end', events: [] }]);
  });

  it('tells in one message what fits in it, in order', async () => {
    const messages = jest.spyOn(publisher, 'publish');
    const names = Array.from({ length: 30 }, (_, n) => `person ${n}`);
    for (const name of names) sender.ring(name, [event(1, 'x'.repeat(1_000))]);
    expect((await lastWord()).map(({ userId }) => userId)).toEqual(names);
    const lengths = messages.mock.calls.map(([, text]) => String(text).length);
    messages.mockRestore();
    expect(lengths.length).toBeLessThan(5);
    expect(Math.max(...lengths)).toBeLessThan(17_000);
  });

  it('carries no more than a message may hold, and rings all the same', async () => {
    const long = event(1, 'x'.repeat(20_000));
    sender.ring('ana', [long]);
    expect(await lastWord()).toEqual([{ userId: 'ana', events: [] }]);
    expect(rung[0]).toEqual({ userId: 'ana', events: [long] });
  });

  it('hears a ring of a process that knows of no events, and nothing that is none', async () => {
    const strange = [
      '{',
      'null',
      '{"from":"x"}',
      '{"from":"x","rings":{}}',
      '{"from":"x","rings":[{"userId":"ana","events":{}}]}',
      '{"from":"x","rings":[{"userId":"ana","events":[{"type":"a","at":"b"}]}]}',
      '{"from":"x","rings":[{"userId":"ana","events":[{"type":"a","at":"b","seq":"1"}]}]}',
      '{"from":"x","rings":[{"userId":"ana","event":{}}]}',
    ];
    for (const text of strange) await publisher.publish('test:doorbell', text);
    await publisher.publish('test:doorbell', '{"from":"x","rings":[{"userId":"bo"}]}');
    expect(await lastWord()).toEqual([{ userId: 'bo', events: [] }]);
  });
});
