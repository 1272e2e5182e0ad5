import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { RedisClients } from '../redis/redis-clients.js';
import { Doorbell } from './doorbell.js';
import type { DurableEvent, TransientEvent } from './events.js';

/** In characters. What would be longer is looked up by those who have sockets for it: all hear every message. */
const LONGEST_MESSAGE = 16_384;

/** Whatever else is on the channel is not ours, and is not heard. */
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
  events: z.array(z.custom<DurableEvent>((event) => durable.safeParse(event).success)).default([]),
});

const rings = message.pipe(z.object({ from: z.string(), rings: z.array(ring) }));

/**
 * The doorbell over all processes: a job runs in one, and its user's socket may be open in another. What is told in one
 * turn of the event loop travels together, since a message costs more than what is in it.
 */
export class RedisDoorbell extends Doorbell {
  private readonly self = randomUUID();
  private readonly channel: string;
  /** Rings as JSON. */
  private readonly untold: string[] = [];

  /** @param listens whether this process has sockets to ring for */
  constructor(
    private readonly redis: Pick<RedisClients, 'prefix' | 'get'>,
    listens: boolean,
  ) {
    super();
    this.channel = `${redis.prefix}:doorbell`;
    if (listens) this.listen();
  }

  override ring(userId: string, events: readonly DurableEvent[]): void {
    super.ring(userId, events);
    const ring = JSON.stringify({ userId, events });
    this.tell(ring.length <= LONGEST_MESSAGE ? ring : JSON.stringify({ userId }));
  }

  override show(userId: string, event: TransientEvent): void {
    super.show(userId, event);
    this.tell(JSON.stringify({ userId, event }));
  }

  private listen(): void {
    const subscriber = this.redis.get('subscriber');
    subscriber.on('message', (channel: string, text: string) => {
      if (channel === this.channel) this.hear(text);
    });
    // It waits for Redis as long as it takes, and is renewed by the client after every reconnect.
    subscriber.subscribe(this.channel).catch(() => undefined);
  }

  private hear(text: string): void {
    const heard = rings.safeParse(text);
    if (!heard.success || heard.data.from === this.self) return;
    for (const { userId, event, events } of heard.data.rings) {
      if (event) super.show(userId, event);
      else super.ring(userId, events);
    }
  }

  private tell(ring: string): void {
    if (this.untold.push(ring) === 1) setImmediate(() => this.publishAll());
  }

  private publishAll(): void {
    let together: string[] = [];
    let length = 0;
    for (const ring of this.untold.splice(0)) {
      if (length + ring.length > LONGEST_MESSAGE) {
        this.publish(together);
        [together, length] = [[], 0];
      }
      together.push(ring);
      length += ring.length;
    }
    this.publish(together);
  }

  /** Lost when Redis is away: what is durable is in the log, and the gateway looks there anyway. */
  private publish(together: readonly string[]): void {
    if (together.length === 0) return;
    this.redis
      .get('client')
      .publish(this.channel, `{"from":"${this.self}","rings":[${together.join(',')}]}`)
      .catch(() => undefined);
  }
}
