import { clockDifference } from '../estimators/circular.js';
import { rounded } from '../estimators/confidence.js';
import type { Facet, SignatureDocument } from '../signature.js';
import type { Change, ChangeCause } from './portrait.js';
import { scaled, standardError } from './standard-error.js';

/** Two-sided one in a hundred; that two windows share most of their days makes it rarer still. */
const Z = 2.58;

/** Claims that are laid out on the local calendar. */
const ZONED = /^(rhythms\.|creation\.cadence)/u;
/** Whose data a claim without `@` rests on; all others rest on every platform. */
const OF_PLATFORM: readonly (readonly [RegExp, string])[] = [
  [/^(taste|change)\./u, 'spotify'],
  [/^creation\.(languages|cadence|burstiness)/u, 'github'],
  [/^connection\.organiser/u, 'google-calendar'],
  [/^connection\.reciprocity/u, 'gmail'],
];

/** The platform that a claim rests on; undefined where it rests on all that may be counted together. */
export function platformOf(key: string): string | undefined {
  return key.split('@')[1] ?? OF_PLATFORM.find(([name]) => name.test(key))?.[1];
}

/**
 * What one version says otherwise than an earlier one, and why. A number has changed only if it moved by half of the
 * smallest difference worth mentioning and by 2.58 standard errors. What a new method or zone changed is not the person.
 */
export function diffOf(before: SignatureDocument, after: SignatureDocument): Change[] {
  const keys = [...new Set([...Object.keys(before.facets), ...Object.keys(after.facets)])].sort();
  const changes = keys.flatMap((key): Change[] => {
    const change = facetChange(key, before.facets[key], after.facets[key]);
    return change ? [{ ...change, cause: causeOf(key, before, after) }] : [];
  });
  const [old, now] = [before.archetype, after.archetype].map((one) => (one.status === 'known' ? one.name : null));
  if (old !== now) {
    const cause = before.rules === after.rules ? causeOf('archetype', before, after) : 'method';
    changes.push({ claim: 'archetype', kind: 'archetype', before: old ?? null, after: now ?? null, z: null, cause });
  }
  return changes;
}

function facetChange(key: string, before?: Facet, after?: Facet): Omit<Change, 'cause'> | undefined {
  const [was, is] = [before, after].map((facet) => facet?.status === 'known');
  if (!was && is) return { claim: key, kind: 'appeared', before: null, after: summary(after), z: null };
  if (was && !is) return { claim: key, kind: 'disappeared', before: summary(before), after: null, z: null };
  if (before?.status === 'unknown' && after?.status === 'unknown' && before.reason !== after.reason) {
    return { claim: key, kind: 'unknown_reason', before: before.reason, after: after.reason, z: null };
  }
  const z = significance(before, after);
  return z === undefined
    ? undefined
    : { claim: key, kind: 'changed', before: summary(before), after: summary(after), z: rounded(z, 2) };
}

/** How many standard errors a number moved, if that is far enough to be said. */
function significance(before?: Facet, after?: Facet): number | undefined {
  if (before?.status !== 'known' || after?.status !== 'known') return undefined;
  if (before.shape === 'shares' && after.shape === 'shares') {
    const [a, b] = [before, after].map(({ value, interval }) => ({
      value: value.effective,
      interval: interval.effective,
    }));
    if (!a || !b) return undefined;
    const error = Math.hypot(...[a, b].map((one) => (one.interval[1] - one.interval[0]) / (2 * 1.645)));
    return beyond(b.value - a.value, error, 1);
  }
  if (before.shape !== 'number' || after.shape !== 'number') return undefined;
  const delta = after.period
    ? clockDifference(after.value, before.value)
    : scaled(after, after.value) - scaled(after, before.value);
  return beyond(delta, Math.hypot(standardError(before), standardError(after)), after.confidence.u);
}

function beyond(delta: number, error: number, u: number): number | undefined {
  const z = error === 0 ? (delta === 0 ? 0 : Math.sign(delta) * 100) : delta / error;
  return Math.abs(delta) >= u / 2 && Math.abs(z) > Z ? z : undefined;
}

/** The number that stands for a facet in a list of changes; null where no single one does. */
function summary(facet?: Facet): number | string | null {
  if (facet?.status !== 'known') return null;
  if (facet.shape === 'number') return facet.value;
  if (facet.shape === 'shares') return facet.value.effective;
  if (facet.shape === 'themes') return facet.value.themes[0]?.label ?? null;
  return null;
}

function causeOf(key: string, before: SignatureDocument, after: SignatureDocument): ChangeCause {
  const asked = before.sensitiveTopics !== after.sensitiveTopics;
  const themed = key.startsWith('interests.') && (asked || before.themes !== after.themes);
  if (before.method !== after.method || themed) return 'method';
  const platform = platformOf(key);
  const about = (platforms: readonly string[]) => platforms.some((one) => platform === undefined || one === platform);
  const [old, now] = [Object.keys(before.coverage), Object.keys(after.coverage)];
  const policies = [
    ...before.factsOnly.filter((one) => !after.factsOnly.includes(one)),
    ...after.factsOnly.filter((one) => !before.factsOnly.includes(one)),
  ];
  if (about(policies)) return 'method';
  if (about([...old.filter((one) => !now.includes(one)), ...now.filter((one) => !old.includes(one))]))
    return 'connection';
  const zoned = ZONED.test(key) || key === 'archetype';
  if (zoned && before.zone?.iana !== after.zone?.iana) return 'zone';
  const items = (document: SignatureDocument) =>
    Object.entries(document.coverage)
      .filter(([name]) => about([name]))
      .reduce((sum, [, coverage]) => sum + coverage.items, 0);
  return items(after) < items(before) ? 'data_removed' : 'new_data';
}
