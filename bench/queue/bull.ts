/** Bull alone: only what Redis keeps is durable. */
import Queue from 'bull';
import { Finish, serve, SLOTS } from './round.js';

const { REDIS_URL = '', QUEUE_PREFIX = '' } = process.env;
const queue = new Queue('extraction', REDIS_URL, { prefix: QUEUE_PREFIX });
const finish = new Finish();

void queue.process('extract-platform', SLOTS, () => Promise.resolve({ items: 0 }));
queue.on('completed', () => finish.one());

await queue.isReady();
serve({
  life: (jobs) =>
    finish.after(jobs, (index) =>
      queue.add('extract-platform', { userId: `person-${index}` }, { priority: 5, removeOnComplete: 100 }),
    ),
});
