import { bull, embedded } from './drivers.js';
import { describeQueueContract } from './queue-contract.js';

describeQueueContract('Bull on Redis, on the embedded PostgreSQL', () => bull(embedded));
