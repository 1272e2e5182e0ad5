/** Bull alone: nothing is durable but what Redis keeps. */
import Queue from 'bull';
import { Finish, onLanes, serve, SLOTS } from './round.js';

const { REDIS_URL = '', QUEUE_PREFIX = '' } = process.env;
const queue = new Queue('extraction', REDIS_URL, { prefix: QUEUE_PREFIX });
const finish = new Finish();

void queue.process('extract-platform', SLOTS, () => Promise.resolve({ items: 0 }));
queue.on('completed', () => finish.one());

await queue.isReady();
serve({
  async life(jobs) {
    const began = performance.now();
    const ended = finish.expect(jobs);
    await onLanes(jobs, (index) =>
      queue.add('extract-platform', { userId: `person-${index}` }, { priority: 5, removeOnComplete: 100 }),
    );
    await ended;
    return performance.now() - began;
  },
});
