import { Redis } from 'ioredis';

/** Looks into the Redis of a running program, past the program. */
export class QueueSpy {
  readonly redis: Redis;

  constructor(url: string) {
    this.redis = new Redis(url);
  }

  /** Bull's own jobs of one person. */
  async entriesOf(userId: string, platform?: string): Promise<object[]> {
    const entries: { userId: string; platform: string | null }[] = [];
    for (const key of await this.redis.keys('*')) {
      const data = (await this.redis.type(key)) === 'hash' ? await this.redis.hget(key, 'data') : null;
      if (data !== null) entries.push(JSON.parse(data));
    }
    return entries.filter(
      (entry) => entry.userId === userId && (platform === undefined || entry.platform === platform),
    );
  }

  close(): void {
    this.redis.disconnect();
  }
}
