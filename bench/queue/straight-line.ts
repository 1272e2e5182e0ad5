/** The same durable work in one script with pg and Bull: rows and events in transactions, delivery by Bull. */
import Queue from 'bull';
import { Pool } from 'pg';
import { uuidv7 } from 'uuidv7';
import { Finish, onLanes, serve, SLOTS } from './round.js';

const { DATABASE_URL = '', REDIS_URL = '', QUEUE_PREFIX = '' } = process.env;
const pool = new Pool({ connectionString: DATABASE_URL, max: 10 });
const queue = new Queue('extraction', REDIS_URL, { prefix: QUEUE_PREFIX });
const finish = new Finish();

/** One statement on the job and one for its event, in a transaction. */
async function write(userId: string, type: string, statement: string, parameters: unknown[]): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query(statement, parameters);
    await client.query(
      `WITH next AS (UPDATE users SET seq = seq + 1 WHERE id = $1 RETURNING id, seq)
       INSERT INTO events (user_id, seq, type, payload) SELECT id, seq, $2, $3 FROM next`,
      [userId, type, JSON.stringify({ jobId: parameters[0], platform: 'spotify' })],
    );
    await client.query('COMMIT');
  } finally {
    client.release();
  }
}

async function insert(index: number) {
  const [id, userId] = [uuidv7(), `person-${index}`];
  await write(
    userId,
    'extraction_queued',
    `INSERT INTO jobs (id, name, queue, user_id, platform, data, trigger, max_attempts, priority, run_at)
     VALUES ($1, 'extract-platform', 'extraction', $2, 'spotify', $3, 'manual', 3, 5, now())`,
    [id, userId, JSON.stringify({ userId, platform: 'spotify' })],
  );
  await queue.add('extract-platform', { id, userId }, { jobId: id, priority: 5, removeOnComplete: 100 });
}

void queue.process('extract-platform', SLOTS, async ({ data }: { data: { id: string; userId: string } }) => {
  const { id, userId } = data;
  await write(
    userId,
    'extraction_started',
    `UPDATE jobs SET status = 'active', claim = claim + 1, lease_until = now() + interval '15 s', started_at = now()
     WHERE id = $1 AND status = 'waiting'`,
    [id],
  );
  await write(
    userId,
    'extraction_completed',
    `UPDATE jobs SET status = 'completed', progress = 100, lease_until = NULL, finished_at = now() WHERE id = $1`,
    [id],
  );
  finish.one();
});

await queue.isReady();
serve({
  life: (jobs) => finish.after(jobs, insert),
  async enqueue(jobs) {
    await queue.pause(true, true);
    const began = performance.now();
    await onLanes(jobs, insert);
    const ms = performance.now() - began;
    await queue.empty();
    await pool.query(`DELETE FROM jobs WHERE status = 'waiting'`);
    await queue.resume(true);
    return ms;
  },
});
