import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/**
 * The metrics of this process for Prometheus. Counters and histograms are updated where things happen; gauges over the
 * whole deployment are read from the ledger at each scrape (`operations/metrics.controller.ts`).
 */
export const registry = new Registry();

// Memory, garbage collection, event loop lag.
collectDefaultMetrics({ register: registry });

const registers = [registry];

/** Runs by how they ended: completed, retry, snooze, hand-back, continue, fail, fenced. */
export const runsEnded = new Counter({
  name: 'soul_job_runs_total',
  help: 'Runs of jobs by outcome',
  labelNames: ['job', 'outcome'] as const,
  registers,
});

export const runSeconds = new Histogram({
  name: 'soul_job_run_seconds',
  help: 'How long runs took',
  labelNames: ['job'] as const,
  buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600],
  registers,
});

/** Seconds from when a job was due to its claim: waiting for a slot, the start limit, dispatch and transport. */
export const startDelaySeconds = new Histogram({
  name: 'soul_job_start_delay_seconds',
  help: 'How long due jobs waited for their start',
  labelNames: ['job'] as const,
  buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 1_800],
  registers,
});

/** Seconds the dispatcher needs to choose due jobs and hand them to the queue: database and queue, without waiting. */
export const dispatchSeconds = new Histogram({
  name: 'soul_job_dispatch_seconds',
  help: 'How long choosing and handing over due jobs took',
  labelNames: ['queue'] as const,
  buckets: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5],
  registers,
});

/** Requests to providers; `status` is the HTTP status, or `network` when there was no answer. */
export const providerRequests = new Counter({
  name: 'soul_provider_requests_total',
  help: 'Requests to platforms by status',
  labelNames: ['platform', 'status'] as const,
  registers,
});

export const jobs = new Gauge({
  name: 'soul_jobs',
  help: 'Jobs in the ledger by queue and state',
  labelNames: ['queue', 'state'] as const,
  registers,
});

/** Seconds since the oldest waiting job was due, and since the longest-running one began. */
export const oldestSeconds = new Gauge({
  name: 'soul_job_oldest_seconds',
  help: 'Age of the oldest job that is due (waiting) or running (active)',
  labelNames: ['queue', 'state'] as const,
  registers,
});

export const poolConnections = new Gauge({
  name: 'soul_database_connections',
  help: 'Connections of this process to PostgreSQL',
  labelNames: ['state'] as const,
  registers,
});

export const redisBytes = new Gauge({
  name: 'soul_redis_memory_bytes',
  help: 'Memory of Redis: used, and its maxmemory (0 = no limit)',
  labelNames: ['kind'] as const,
  registers,
});

/** Registered only in a process with Redis: without Redis it would always be down. */
export const redisUp = new Gauge({ name: 'soul_redis_up', help: 'Whether Redis answers', registers: [] });
