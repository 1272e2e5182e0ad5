import { bull, onServer } from './drivers.js';
import { describeQueueContract } from './queue-contract.js';

describeQueueContract('Bull on Redis, on a PostgreSQL server', () => bull(onServer));
