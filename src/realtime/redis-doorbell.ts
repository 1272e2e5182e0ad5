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

const ring = message.pipe(
  z.object({
    from: z.string(),
    userId: z.string(),
    event: z.custom<TransientEvent>((event) => transient.safeParse(event).success).optional(),
    events: z.array(z.custom<DurableEvent>((event) => durable.safeParse(event).success)).default([]),
  }),
);

/** The doorbell over all processes: a job runs in one, and its user's socket may be open in another. */
export class RedisDoorbell extends Doorbell {
  private readonly self = randomUUID();
  private readonly channel: string;

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
    const message = this.messageOf({ userId, events });
    this.publish(message.length <= LONGEST_MESSAGE ? message : this.messageOf({ userId }));
  }

  override show(userId: string, event: TransientEvent): void {
    super.show(userId, event);
    this.publish(this.messageOf({ userId, event }));
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
    const heard = ring.safeParse(text);
    if (!heard.success || heard.data.from === this.self) return;
    const { userId, event, events } = heard.data;
    if (event) super.show(userId, event);
    else super.ring(userId, events);
  }

  private messageOf(content: object): string {
    return JSON.stringify({ from: this.self, ...content });
  }

  /** Lost when Redis is away: what is durable is in the log, and the gateway looks there anyway. */
  private publish(message: string): void {
    this.redis
      .get('client')
      .publish(this.channel, message)
      .catch(() => undefined);
  }
}
