import { onServer, synchronous } from './drivers.js';
import { describeQueueContract } from './queue-contract.js';

describeQueueContract('the synchronous queue, on a PostgreSQL server', () => synchronous(onServer));
