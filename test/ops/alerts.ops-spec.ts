import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';
import { redisUp, registry } from '../../src/metrics/metrics.js';
import { LIMITS } from '../../src/queues/queue-alerts.js';
import { JOB_STATES } from '../../src/queues/job-view.js';
import type { Verdict } from '../../src/queues/retry-policy.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** The values each label can have, as far as rules may ask for them. */
const LABEL_VALUES: Readonly<Record<string, readonly string[]>> = {
  state: JOB_STATES,
  outcome: ['completed', 'fenced', 'retry', 'snooze', 'hand-back', 'continue', 'fail'] satisfies (
    Verdict['kind'] | 'completed' | 'fenced'
  )[],
  kind: ['used', 'max'],
};

/** What is promised: which samples, brought together how, beyond which limit. The overview's alerts have the same ones. */
const PROMISED = [
  {
    alert: 'JobsFailing',
    says: 'more than ten jobs failed within an hour',
    samples: ['soul_job_runs_total{outcome="fail"}'],
    together: 'sum(increase(#[1h]))',
    limit: `> ${LIMITS.failedPerHour}`,
  },
  {
    alert: 'JobsWaiting',
    says: 'more than a hundred jobs wait in a queue',
    samples: ['soul_jobs{state="waiting"}'],
    together: 'max by (queue) (#)',
    limit: `> ${LIMITS.waiting}`,
  },
  {
    alert: 'RedisMemoryHigh',
    says: 'Redis uses more than 80 % of the memory it may use, if that is limited at all',
    samples: ['soul_redis_memory_bytes{kind="used"}', 'soul_redis_memory_bytes{kind="max"}'],
    together: 'max(#) / (max(#) > 0)',
    limit: `> ${LIMITS.redisMemoryShare}`,
  },
  {
    alert: 'JobRunsLong',
    says: 'a job runs for more than five minutes',
    samples: ['soul_job_oldest_seconds{state="active"}'],
    together: 'max by (queue) (#)',
    limit: `> ${LIMITS.activeSeconds}`,
  },
];

const SAMPLES = /\b(soul_\w+)(?:\{([^}]*)\})?/g;

/** How Prometheus names the series of a histogram. */
const SERIES_OF_HISTOGRAM = /_(bucket|sum|count)$/;

const text = readFileSync(resolve('ops/alerts.yml'), 'utf8');
const { groups } = parse(text) as { readonly groups: readonly { readonly name: string; readonly rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** The samples an expression reads, and the expression with a # in place of each. */
function readingOf(expr: string): { samples: string[]; together: string; limit: string } {
  const samples = [...expr.matchAll(SAMPLES)].map(([sample]) => sample);
  const [, together = '', limit = ''] = /^(.*) ((?:>|<|==) [\d.]+)$/.exec(expr.replace(SAMPLES, '#')) ?? [];
  return { samples, together, limit };
}

describe('the alert rules', () => {
  it('have names of their own, and say how bad it is, what it is and what to do', () => {
    expect(rules.length).toBeGreaterThan(0);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const rule of rules) {
      expect([rule.alert, rule.expr]).toEqual([expect.stringMatching(/^[A-Z]\w+$/), expect.stringMatching(/\S/)]);
      expect(['warning', 'critical']).toContain(rule.labels?.['severity']);
      expect(rule.annotations).toEqual({ summary: expect.stringMatching(/\w/), action: expect.stringMatching(/\w/) });
      if (rule.for !== undefined) expect(rule.for).toMatch(/^\d+[smh]$/);
    }
  });

  // As a process with Redis does.
  beforeAll(() => registry.registerMetric(redisUp));

  it.each(rules)('$alert reads metrics that exist, by labels and values that they have', ({ expr, annotations }) => {
    const samples = [...expr.matchAll(SAMPLES)];
    expect(samples).not.toHaveLength(0);
    const shown = new Set<string>();
    for (const [, name = '', matchers = ''] of samples) {
      const metric = registry.getSingleMetric(name) ?? registry.getSingleMetric(name.replace(SERIES_OF_HISTOGRAM, ''));
      expect([name, metric]).toEqual([name, expect.anything()]);
      // Not in the types of prom-client, but what it was made with.
      const { labelNames } = metric as unknown as { readonly labelNames: readonly string[] };
      for (const [, label = '', value = ''] of matchers.matchAll(/(\w+)\s*(?:=|!=)\s*"([^"]*)"/g)) {
        expect(labelNames).toContain(label);
        expect(LABEL_VALUES[label] ?? []).toContain(value);
      }
      for (const label of labelNames) shown.add(label);
    }
    const [, grouping = ''] = /\bby \(([^)]*)\)/.exec(expr) ?? [];
    for (const label of grouping.split(/, */).filter(Boolean)) expect([...shown]).toContain(label);
    // A text may only name labels that are left after grouping.
    for (const [, label = ''] of Object.values(annotations ?? {})
      .join()
      .matchAll(/\$labels\.(\w+)/g)) {
      expect(grouping.split(/, */)).toContain(label);
    }
  });

  it.each(PROMISED)('$alert fires when $says', ({ alert, samples, together, limit }) => {
    const rule = rules.find((each) => each.alert === alert);
    expect(readingOf(rule?.expr ?? '')).toEqual({ samples, together, limit });
  });

  it('has a rule for a Redis that nobody reaches, worse than the others', () => {
    const rule = rules.find(({ alert }) => alert === 'RedisDown');
    expect(readingOf(rule?.expr ?? '')).toEqual({ samples: ['soul_redis_up'], together: 'max(#)', limit: '== 0' });
    expect(rule?.labels).toEqual({ severity: 'critical' });
  });
});
