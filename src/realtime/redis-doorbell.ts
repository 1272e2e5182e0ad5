import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RedisClients } from '../redis/redis-clients.js';
import { Doorbell } from './doorbell.js';
import type { DurableEvent, TransientEvent } from './events.js';

/**
 * In characters. A longer ring is sent without its events, which the processes with sockets of the user then read from
 * the log: every process gets every message.
 */
const LONGEST_MESSAGE = 16_384;

/** Other messages on the channel are ignored. */
const message = z.string().transform((text, context) => {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    context.addIssue('not JSON');
    return z.NEVER;
  }
});

const transient = z.object({ type: z.string() });
const durable = z.object({ seq: z.int().positive(), at: z.string(), type: z.string() });

const ring = z.object({
  userId: z.string(),
  event: z.custom<TransientEvent>((event) => transient.safeParse(event).success).optional(),
  epoch: z.string().optional(),
  events: z.array(z.custom<DurableEvent>((event) => durable.safeParse(event).success)).default([]),
});

const rings = message.pipe(z.object({ from: z.string(), rings: z.array(ring) }));

/**
 * The doorbell across processes: a job runs in one, and its user's socket may be open in another. The rings of one tick of
 * the event loop are sent in one message, because messages cost more than their contents.
 */
export class RedisDoorbell extends Doorbell {
  private readonly self = randomUUID();
  private readonly channel: string;
  /** Rings of this tick of the event loop, as JSON. */
  private readonly unsent: string[] = [];

  /** @param listens whether this process has sockets */
  constructor(
    private readonly redis: Pick<RedisClients, 'prefix' | 'get'>,
    listens: boolean,
  ) {
    super();
    this.channel = `${redis.prefix}:doorbell`;
    if (listens) this.listen();
  }

  override ring(userId: string, events: readonly DurableEvent[], epoch?: string): void {
    super.ring(userId, events, epoch);
    const ring = JSON.stringify({ userId, epoch, events });
    this.send(ring.length <= LONGEST_MESSAGE ? ring : JSON.stringify({ userId }));
  }

  override show(userId: string, event: TransientEvent): void {
    super.show(userId, event);
    this.send(JSON.stringify({ userId, event }));
  }

  private listen(): void {
    const subscriber = this.redis.get('subscriber');
    subscriber.on('message', (channel: string, text: string) => {
      if (channel === this.channel) this.receive(text);
    });
    // It waits until Redis is there; the client subscribes again after every reconnect.
    subscriber.subscribe(this.channel).catch(() => undefined);
  }

  private receive(text: string): void {
    const received = rings.safeParse(text);
    if (!received.success || received.data.from === this.self) return;
    for (const { userId, event, events, epoch } of received.data.rings) {
      if (event) super.show(userId, event);
      else super.ring(userId, events, epoch);
    }
  }

  private send(ring: string): void {
    if (this.unsent.push(ring) === 1) setImmediate(() => this.publishAll());
  }

  private publishAll(): void {
    let together: string[] = [];
    let length = 0;
    for (const ring of this.unsent.splice(0)) {
      if (length + ring.length > LONGEST_MESSAGE) {
        this.publish(together);
        [together, length] = [[], 0];
      }
      together.push(ring);
      length += ring.length;
    }
    this.publish(together);
  }

  /** A message is lost while Redis is away: the gateways find durable events in the log. */
  private publish(together: readonly string[]): void {
    if (together.length === 0) return;
    this.redis
      .get('client')
      .publish(this.channel, `{"from":"${this.self}","rings":[${together.join(',')}]}`)
      .catch(() => undefined);
  }
}
