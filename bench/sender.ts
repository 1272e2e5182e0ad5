import type { Pool } from 'pg';
import type { Doorbell } from '../src/realtime/doorbell.js';
import type { DurableEvent } from '../src/realtime/events.js';
import type { CommitTimes } from './audience.js';

/** Progress is not stored; durable events are committed to the log before they are sent. */
export type Kind = 'progress' | 'durable';

/** Sends events over Redis at an even pace, as the processes of the product do. */
export class Sender {
  constructor(
    private readonly doorbell: Doorbell,
    private readonly log: Pool,
    private readonly kind: Kind,
    private readonly commits: CommitTimes,
  ) {}

  async send(people: readonly string[], rate: number, seconds: number): Promise<void> {
    const begun = performance.now();
    const sending: Promise<void>[] = [];
    for (let n = 0; n < rate * seconds; n++) {
      const wait = begun + (n * 1000) / rate - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      sending.push(this.sendOne(people[(n * 7) % people.length] ?? ''));
    }
    await Promise.all(sending);
  }

  private async sendOne(userId: string): Promise<void> {
    if (this.kind === 'progress') {
      const progress = { jobId: userId, platform: 'spotify', progress: 42, items: 1_200, step: 'Saved tracks' };
      const marked = { type: 'extraction_progress' as const, ...progress, sentAt: performance.now() };
      this.doorbell.show(userId, marked);
      return;
    }
    const payload = { platform: 'spotify', status: 'connected' };
    const { rows } = await this.log.query<{ seq: number; at: Date; epoch: string }>(
      `WITH last AS (UPDATE users SET seq = seq + 1 WHERE id = $1 RETURNING id, seq)
       INSERT INTO events (user_id, seq, type, payload) SELECT id, seq, 'connection_status', $2 FROM last
       RETURNING seq::int, at, current_event_epoch() AS epoch`,
      [userId, JSON.stringify(payload)],
    );
    for (const { seq, at, epoch } of rows) {
      this.commits.note(userId, seq);
      const event: DurableEvent & typeof payload = { seq, at: at.toISOString(), type: 'connection_status', ...payload };
      this.doorbell.ring(userId, [event], epoch);
    }
  }
}
