import { embedded, synchronous } from './drivers.js';
import { describeQueueContract } from './queue-contract.js';

describeQueueContract('the synchronous queue, on the embedded PostgreSQL', () => synchronous(embedded));
