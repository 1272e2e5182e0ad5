/**
 * Loaded before a program (`node --import`): answers on MEMORY_PORT with the memory in use after a garbage collection.
 */
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

createServer((_, response) => {
  collect();
  collect(); // Collects what finalizers of the first collection released.
  const { heapUsed, external, rss } = process.memoryUsage();
  response.end(JSON.stringify({ held: heapUsed + external, rss }));
})
  .listen(Number(process.env['MEMORY_PORT']), '127.0.0.1')
  .unref();
