/** Loaded before a program (`node --import`): answers on MEMORY_PORT how much it holds once everything else is collected. */
import { createServer } from 'node:http';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

createServer((_, response) => {
  collect();
  collect(); // What the first one's finalizers let go.
  const { heapUsed, external, rss } = process.memoryUsage();
  response.end(JSON.stringify({ held: heapUsed + external, rss }));
})
  .listen(Number(process.env['MEMORY_PORT']), '127.0.0.1')
  .unref();
