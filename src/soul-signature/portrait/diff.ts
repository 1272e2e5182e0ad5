import { clockDifference } from '../estimators/circular.js';
import { rounded } from '../estimators/confidence.js';
import type { Facet } from '../document/facet.js';
import type { SignatureDocument } from '../document/signature.js';
import type { Change, ChangeCause } from '../document/portrait.js';
import type { Ground } from '../document/ground.js';
import { restsOnAny, ZONE } from '../facets/facet.js';
import { ACTS } from '../facets/rhythm-source.js';
import { scaled, standardError } from './standard-error.js';

/** Two-sided one in a hundred; that two windows share most of their days makes it rarer still. */
const Z = 2.58;

/** What the name rests on, and every claim of which it is not known. */
const EVERYTHING: readonly Ground[] = [ACTS, ZONE];

/**
 * In what one version differs from an earlier one, and why. A number has changed only if it moved by half of the
 * smallest difference worth mentioning and by 2.58 standard errors. What a new method or zone changed is not the person.
 */
export function diffOf(before: SignatureDocument, after: SignatureDocument): Change[] {
  const keys = [...new Set([...Object.keys(before.facets), ...Object.keys(after.facets)])].sort();
  const changes = keys.flatMap((key): Change[] => {
    const [was, is] = [before.facets[key], after.facets[key]];
    const change = facetChange(key, was, is);
    const restsOn = was?.restsOn ?? is?.restsOn ?? EVERYTHING;
    return change ? [{ ...change, cause: causeOf(restsOn, before, after) }] : [];
  });
  const [old, now] = [before.archetype, after.archetype].map((one) => (one.status === 'known' ? one.name : null));
  if (old !== now) {
    const cause = before.rules === after.rules ? causeOf(EVERYTHING, before, after) : 'method';
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

/** How many standard errors a number moved, if that is far enough to count as a change. */
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
  const z = error === 0 ? Math.sign(delta) * 100 : delta / error;
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

function causeOf(restsOn: readonly Ground[], before: SignatureDocument, after: SignatureDocument): ChangeCause {
  const themed = restsOn.some(({ what }) => what === 'themes');
  const otherThemes = before.themes !== after.themes || before.sensitiveTopics !== after.sensitiveTopics;
  if (before.method !== after.method || (themed && otherThemes)) return 'method';
  if (restsOnAny(restsOn, difference(before.factsOnly, after.factsOnly))) return 'method';
  if (restsOnAny(restsOn, difference(Object.keys(before.coverage), Object.keys(after.coverage)))) return 'connection';
  const zoned = restsOn.some(({ what }) => what === 'zone');
  if (zoned && before.zone?.iana !== after.zone?.iana) return 'zone';
  return itemsOf(restsOn, after) < itemsOf(restsOn, before) ? 'data_removed' : 'new_data';
}

/** What is in one of two lists only. */
function difference(some: readonly string[], others: readonly string[]): string[] {
  return [...some.filter((one) => !others.includes(one)), ...others.filter((one) => !some.includes(one))];
}

function itemsOf(restsOn: readonly Ground[], { coverage }: SignatureDocument): number {
  return Object.entries(coverage)
    .filter(([platform]) => restsOnAny(restsOn, [platform]))
    .reduce((sum, [, { items }]) => sum + items, 0);
}
