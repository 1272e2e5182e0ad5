/** BullMQ alone: only what Redis keeps is durable. */
import { Queue, Worker } from 'bullmq';
import { Finish, serve, SLOTS } from './round.js';

const { hostname: host, port } = new URL(process.env['REDIS_URL'] ?? '');
const options = { connection: { host, port: Number(port) }, prefix: process.env['QUEUE_PREFIX'] ?? 'mq' };
const queue = new Queue('extraction', options);
const finish = new Finish();

const worker = new Worker('extraction', () => Promise.resolve({ items: 0 }), { ...options, concurrency: SLOTS });
worker.on('completed', () => finish.one());

await worker.waitUntilReady();
serve({
  life: (jobs) =>
    finish.after(jobs, (index) =>
      queue.add('extract-platform', { userId: `person-${index}` }, { priority: 5, removeOnComplete: 100 }),
    ),
});
